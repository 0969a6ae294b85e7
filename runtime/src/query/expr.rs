//! Conditions as a tree. The values they compare with lie beside it, in the order in which the tree names them.
#![deny(clippy::disallowed_methods)]

use std::borrow::Cow;

use crate::driver::Param;

/// How a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "the methods of `Column` that carry the same names are documented"
)]
pub enum Op {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    In,
    NotIn,
    Like,
    StartsWith,
    EndsWith,
    Contains,
    Between,
    IsNull,
    IsNotNull,
    IsTrue,
    IsFalse,
}

impl Op {
    /// The argument of a text comparison, with what LIKE would take for a wildcard made literal.
    pub(crate) fn text_param(self, text: &str) -> Param<'_> {
        Param::Text(match self {
            Self::StartsWith => Cow::Owned(escape(text) + "%"),
            Self::EndsWith => Cow::Owned(format!("%{}", escape(text))),
            Self::Contains => Cow::Owned(format!("%{}%", escape(text))),
            _ => Cow::Borrowed(text),
        })
    }
}

/// Makes `%`, `_` and the escape character itself literal.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            escaped.push('!');
        }
        escaped.push(c);
    }
    escaped
}

/// A tree of conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expr {
    /// Every row.
    All,
    Condition {
        column: usize,
        op: Op,
        ignore_case: bool,
    },
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
}

impl Expr {
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, other) => other,
            (own, Self::All) => own,
            (Self::And(mut all), other) => {
                all.push(other);
                Self::And(all)
            }
            (own, other) => Self::And(vec![own, other]),
        }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::Or(mut all), other) => {
                all.push(other);
                Self::Or(all)
            }
            (own, other) => Self::Or(vec![own, other]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_value_are_taken_literally() {
        assert_eq!(
            Op::StartsWith.text_param("50%_!"),
            Param::Text("50!%!_!!%".into())
        );
        assert_eq!(Op::Contains.text_param("a"), Param::Text("%a%".into()));
        assert_eq!(Op::Like.text_param("a%"), Param::Text("a%".into()));
    }
}
