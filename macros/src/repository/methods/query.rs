//! A method whose query is SQL: the texts, checked against the method's arguments and what it returns.

mod answer;
mod effect;
mod names;

pub(super) use answer::Answer;
pub(super) use effect::Effect;

use proc_macro2::Span;
use syn::Ident;
use wharf_sql::{Dialect, Piece};

use super::{argument::Argument, attrs::QueryWords, signature::Signature, sql::Sql};
use crate::{errors::Errors, types};

/// A query in SQL.
pub(super) struct Query {
    pub(super) texts: Vec<Text>,
    pub(super) effect: Effect,
    /// The arguments that are bound, in the order in which the pieces number them.
    pub(super) arguments: Vec<Argument>,
    pub(super) answer: Answer,
    /// Whether rows are exactly the columns of the entity that they become.
    pub(super) by_position: bool,
}

/// One text in pieces.
#[derive(Debug)]
pub(super) struct Text {
    /// `None` is for every engine that has no text of its own.
    pub(super) dialect: Option<Dialect>,
    pub(super) pieces: Vec<Piece>,
    /// Where it stands.
    pub(super) span: Span,
}

impl Query {
    /// `None` if it can't be made; the mistakes are in `errors`.
    pub(super) fn read(
        words: &QueryWords,
        method: &syn::Signature,
        signature: &Signature,
        errors: &mut Errors,
    ) -> Option<Self> {
        let given: Vec<_> = words.all().collect();
        let read: Vec<_> = given
            .iter()
            .filter_map(|(dialect, literal)| {
                Some((*dialect, Sql::read(*dialect, literal, errors)?))
            })
            .collect();
        if read.len() < given.len() || read.is_empty() {
            return None;
        }
        let sqls: Vec<_> = read.iter().map(|(_, sql)| sql).collect();
        let names = names::check(&sqls, &signature.arguments, errors);
        let effect = Effect::of(&sqls, signature, errors);
        let answer = Answer::read(&sqls, &method.ident, &signature.shape, errors);
        let answer = answer?;
        let names = names?;
        let arguments: Option<Vec<_>> = names
            .iter()
            .map(|name| {
                signature
                    .arguments
                    .iter()
                    .find(|argument| argument.name == *name)
            })
            .map(|argument| argument.cloned())
            .collect();
        let by_position = types::last_segment(&signature.shape.item).is_some_and(|item| {
            sqls.iter()
                .all(|sql| sql.is_list_of(&item.ident.to_string()))
        });
        let texts = read
            .iter()
            .map(|(dialect, sql)| Text {
                dialect: *dialect,
                pieces: names::renumbered(sql, &names),
                span: sql.literal.span(),
            })
            .collect();
        Some(Self {
            texts,
            effect,
            arguments: arguments?,
            answer,
            by_position,
        })
    }

    /// The text of a dialect: its own, or the one for every engine.
    pub(super) fn text(&self, dialect: Dialect) -> Option<&Text> {
        let own = |text: &&Text| text.dialect == Some(dialect);
        self.texts.iter().find(own).or_else(|| self.default())
    }

    /// The text for every engine.
    pub(super) fn default(&self) -> Option<&Text> {
        self.texts.iter().find(|text| text.dialect.is_none())
    }
}

/// The entity that `{Account}` means, at the text that says so.
pub(super) fn entity_ident(entity: &str, span: Span) -> Option<Ident> {
    let mut ident: Ident = syn::parse_str(entity).ok()?;
    ident.set_span(span);
    Some(ident)
}
