//! One text of a `#[query(..)]`: read, and its mistakes put where they are in the program.

use proc_macro2::Span;
use syn::LitStr;
use wharf_sql::{Dialect, Piece, Statement, SyntaxError, analyze, analyze_portable};

use crate::errors::Errors;

/// A text, and what it does.
pub(super) struct Sql {
    pub(super) literal: LitStr,
    pub(super) statement: Statement,
}

impl Sql {
    /// `None` if it can't be read; why is in `errors`.
    pub(super) fn read(
        dialect: Option<Dialect>,
        literal: &LitStr,
        errors: &mut Errors,
    ) -> Option<Self> {
        let text = literal.value();
        let statement = match dialect {
            Some(dialect) => analyze(&text, dialect),
            None => analyze_portable(&text),
        };
        match statement {
            Ok(statement) => Some(Self {
                literal: literal.clone(),
                statement,
            }),
            Err(error) => {
                errors.at(span_of(literal, &error), describe(&error));
                None
            }
        }
    }

    /// Whether each row is exactly the columns of this entity, in their order.
    ///
    /// `false` when in doubt: then the columns are found by their names, which is always right.
    pub(super) fn is_list_of(&self, wanted: &str) -> bool {
        let is_wanted =
            |piece: &Piece| matches!(piece, Piece::Columns { entity, .. } if entity == wanted);
        match &self.statement.pieces[..] {
            [Piece::Text(select), columns, Piece::Text(from), ..]
                if is_wanted(columns) && select.trim().eq_ignore_ascii_case("select") =>
            {
                let word = from.split_whitespace().next();
                word.is_some_and(|word| word.eq_ignore_ascii_case("from"))
            }
            [.., Piece::Text(change), columns] if is_wanted(columns) => {
                let word = change.split_whitespace().next_back();
                word.is_some_and(|word| word.eq_ignore_ascii_case("returning"))
            }
            _ => false,
        }
    }
}

fn describe(error: &SyntaxError) -> String {
    format!(
        "at line {}, column {}: {}",
        error.line, error.column, error.message
    )
}

/// The place of an error within a literal, where the compiler lets one point there; else the literal.
fn span_of(literal: &LitStr, error: &SyntaxError) -> Span {
    let token = literal.token();
    let source = token.to_string();
    let opened = source.find('"').map(|quote| quote + 1);
    let start = opened
        // An escape makes the text shorter than the literal.
        .filter(|_| source.starts_with('r') || !source.contains('\\'))
        .map(|opened| opened + error.offset);
    start
        .and_then(|start| token.subspan(start..start + 1))
        .unwrap_or_else(|| literal.span())
}
