//! Queries whose name says what they do: `find_by_owner_order_by_balance_desc`.

use std::sync::OnceLock;

use super::expr::{Expr, Op};
use super::writer::{Sort, Writer};
use crate::driver::{Dialect, Param};
use crate::entity::Table;

/// A derived query, in the `static` that `#[repository]` makes for its method.
#[derive(Debug)]
pub struct Derived {
    pub(crate) table: &'static Table,
    pub(crate) name: &'static str,
    terms: &'static [&'static [Term]],
    order: &'static [DerivedOrder],
    pub(crate) limit: Option<u64>,
    texts: [OnceLock<&'static str>; 3],
}

/// One condition of a derived query.
#[derive(Debug, Clone, Copy)]
pub struct Term {
    /// The column's place.
    pub column: usize,
    /// How it is compared.
    pub op: Op,
    /// Without regard to upper and lower case.
    pub ignore_case: bool,
}

/// One column of a derived query's order.
#[derive(Debug, Clone, Copy)]
pub struct DerivedOrder {
    /// The column's place.
    pub column: usize,
    /// From the greatest to the least.
    pub descending: bool,
}

impl Derived {
    /// A query on a table; `terms` are joined by `or`, and by `and` within.
    pub const fn new(
        table: &'static Table,
        name: &'static str,
        terms: &'static [&'static [Term]],
        order: &'static [DerivedOrder],
        limit: Option<u64>,
    ) -> Self {
        Self {
            table,
            name,
            terms,
            order,
            limit,
            texts: [const { OnceLock::new() }; 3],
        }
    }

    pub(crate) fn sorts(&self) -> Vec<Sort> {
        self.order
            .iter()
            .map(|order| Sort {
                column: order.column,
                descending: order.descending,
            })
            .collect()
    }

    /// The condition for these values: a comparison with NULL becomes `IS NULL`, and its value goes.
    pub(crate) fn condition<'a>(&self, params: &[Param<'a>]) -> (Expr, Vec<Param<'a>>) {
        let mut left = params.iter();
        let mut kept = Vec::with_capacity(params.len());
        let mut take = |term: &Term| {
            let count = match term.op {
                Op::IsNull | Op::IsNotNull | Op::IsTrue | Op::IsFalse => 0,
                Op::Between => 2,
                _ => 1,
            };
            let values: Vec<&Param<'a>> = left.by_ref().take(count).collect();
            let is_null = values.first().is_some_and(|value| value.is_null());
            let op = match term.op {
                Op::Eq if is_null => Op::IsNull,
                Op::Ne if is_null => Op::IsNotNull,
                op => {
                    kept.extend(values.into_iter().cloned());
                    op
                }
            };
            Expr::Condition {
                column: term.column,
                op,
                ignore_case: term.ignore_case,
            }
        };
        let expr = self
            .terms
            .iter()
            .map(|all| all.iter().map(&mut take).fold(Expr::All, Expr::and))
            .reduce(Expr::or)
            .unwrap_or(Expr::All);
        (expr, kept)
    }

    /// The text for values of which none is NULL: always the same, so it is made once. `write` makes it.
    pub(crate) fn text(
        &'static self,
        dialect: Dialect,
        write: impl FnOnce() -> String,
    ) -> &'static str {
        self.texts[dialect.index()].get_or_init(|| write().leak())
    }

    /// `SELECT …` with this condition, order and limit.
    pub(crate) fn select(&self, dialect: Dialect, expr: &Expr) -> String {
        let mut w = Writer::new(dialect);
        w.select(self.table)
            .filter(self.table, expr)
            .order(self.table, &self.sorts());
        if let Some(limit) = self.limit {
            w.push(&format!(" LIMIT {limit}"));
        }
        w.finish()
    }
}
