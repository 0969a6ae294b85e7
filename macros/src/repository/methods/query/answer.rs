//! What a query answers, and whether the method can return it.

use syn::Ident;
use wharf_sql::Class;

use crate::{
    errors::Errors,
    repository::methods::{
        shape::{Kind, Shape},
        sql::Sql,
    },
};

/// The function of the runtime that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Answer {
    All,
    Optional,
    One,
    Page,
    Stream,
    /// How many rows were changed.
    Affected,
    /// Whether any row was.
    Changed,
    /// Nothing.
    Run,
}

impl Answer {
    /// `None` if the method returns what the query can't answer; the mistakes are in `errors`.
    pub(super) fn read(
        sqls: &[&Sql],
        method: &Ident,
        shape: &Shape,
        errors: &mut Errors,
    ) -> Option<Self> {
        let (first, others) = sqls.split_first()?;
        let returns_rows = first.statement.returns_rows;
        if let Some(other) = others
            .iter()
            .find(|other| other.statement.returns_rows != returns_rows)
        {
            let (this, that) = if returns_rows {
                ("no rows", "rows")
            } else {
                ("rows", "no rows")
            };
            errors.at(
                other.literal.span(),
                format!("this text returns {this}, and another one returns {that}"),
            );
            return None;
        }
        // What a procedure answers is known to the server alone, so the method says it.
        let is_known =
            first.statement.class != Class::Unknown || first.statement.operation == "SELECT";
        let changes = changes(shape);
        let answer = match changes {
            Some(changes) if !returns_rows || !is_known => Some(changes),
            _ if !returns_rows => None,
            _ => rows(shape),
        };
        if answer.is_none() {
            errors.on(
                &shape.ty,
                if returns_rows {
                    "this statement returns rows: `Vec<T>`, `Option<T>`, `T`, `Page<T>` or `impl Stream`".to_owned()
                } else {
                    "this statement returns no rows: `u64`, `bool` or `()`, or add RETURNING".to_owned()
                },
            );
        }
        if answer == Some(Self::Page) {
            for sql in sqls.iter().filter(|sql| sql.statement.has_limit) {
                errors.at(
                    sql.literal.span(),
                    format!("`{method}` returns a page, which sets the LIMIT: leave it out here"),
                );
            }
        }
        answer
    }
}

fn rows(shape: &Shape) -> Option<Answer> {
    match shape.kind {
        Kind::Many => Some(Answer::All),
        Kind::Optional => Some(Answer::Optional),
        Kind::One => Some(Answer::One),
        Kind::Page => Some(Answer::Page),
        Kind::Stream => Some(Answer::Stream),
        Kind::Nothing => None,
    }
}

fn changes(shape: &Shape) -> Option<Answer> {
    match shape.kind {
        Kind::Nothing => Some(Answer::Run),
        Kind::One if shape.is_one("u64") => Some(Answer::Affected),
        Kind::One if shape.is_one("bool") => Some(Answer::Changed),
        _ => None,
    }
}
