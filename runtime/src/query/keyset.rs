//! Pages that go on after the last row seen, instead of counting rows from the beginning.
//!
//! "After" is spelt out as a tree of comparisons, since engines differ in row comparison, and none of them mixes
//! directions or NULLs in it. NULLs come last, as everywhere in Wharf. The id is the last key, so that no two rows tie.
#![deny(clippy::disallowed_methods)]

use super::expr::{Expr, Op};
use super::writer::Sort;
use crate::driver::Param;
use crate::entity::Table;
use crate::error::Result;

/// An order in which every row has its own place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keyset {
    pub(crate) sorts: Vec<Sort>,
}

impl Keyset {
    /// The order asked for, made unambiguous by the id.
    pub(crate) fn new(table: &Table, mut sorts: Vec<Sort>) -> Self {
        // What comes after the id decides nothing.
        if let Some(id) = sorts.iter().position(|sort| sort.column == table.id) {
            sorts.truncate(id + 1);
        } else {
            let descending = sorts.last().is_some_and(|sort| sort.descending);
            sorts.push(Sort {
                column: table.id,
                descending,
            });
        }
        Self { sorts }
    }

    /// Tells this order from others, so that a cursor of one isn't taken for a cursor of the other.
    pub(crate) fn fingerprint(&self, table: &Table) -> String {
        let keys = self.sorts.iter().map(|sort| {
            let direction = if sort.descending { "-" } else { "+" };
            format!("{direction}{}", table.columns[sort.column].name)
        });
        format!("{}{}", table.name, keys.collect::<String>())
    }

    /// The place of a row: the texts of its keys, `None` for NULL.
    pub(crate) fn place_of(&self, params: &[Param<'_>]) -> Vec<Option<String>> {
        self.sorts
            .iter()
            .map(|sort| params.get(sort.column).and_then(Param::to_text))
            .collect()
    }

    /// The condition "comes after this place", and its values.
    pub(crate) fn after(
        &self,
        table: &Table,
        place: &[Option<String>],
    ) -> Result<(Expr, Vec<Param<'static>>)> {
        let mut alternatives = Vec::new();
        let mut params = Vec::new();
        for (count, sort) in self.sorts.iter().enumerate() {
            // Beyond NULL there is nothing, so this key can't make the difference.
            let Some(Some(text)) = place.get(count) else {
                continue;
            };
            let mut all = Vec::new();
            for (sort, value) in self.sorts[..count].iter().zip(place) {
                match value {
                    Some(text) => {
                        all.push(condition(sort.column, Op::Eq));
                        params.push((table.columns[sort.column].parse)(text)?);
                    }
                    None => all.push(condition(sort.column, Op::IsNull)),
                }
            }
            let beyond = condition(sort.column, if sort.descending { Op::Lt } else { Op::Gt });
            params.push((table.columns[sort.column].parse)(text)?);
            all.push(if table.columns[sort.column].nullable {
                Expr::Or(vec![beyond, condition(sort.column, Op::IsNull)])
            } else {
                beyond
            });
            alternatives.push(Expr::And(all));
        }
        Ok((Expr::Or(alternatives), params))
    }
}

fn condition(column: usize, op: Op) -> Expr {
    Expr::Condition {
        column,
        op,
        ignore_case: false,
    }
}
