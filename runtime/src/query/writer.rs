//! Writes one statement's text, and counts its placeholders.
#![deny(clippy::disallowed_methods)]

use super::expr::{Expr, Op};
use super::lists::list_query;
use crate::driver::Dialect;
use crate::entity::Table;

/// One column of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sort {
    pub(crate) column: usize,
    pub(crate) descending: bool,
}

/// Writes one statement's text.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) dialect: Dialect,
    pub(crate) text: String,
    placeholders: usize,
}

impl Writer {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            text: String::with_capacity(128),
            placeholders: 0,
        }
    }

    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(crate) fn name(&mut self, name: &str) -> &mut Self {
        self.dialect.quote(name, &mut self.text);
        self
    }

    /// The next placeholder.
    pub(crate) fn placeholder(&mut self) -> &mut Self {
        self.placeholders += 1;
        self.dialect.placeholder(self.placeholders, &mut self.text);
        self
    }

    fn next_placeholder(&mut self) -> String {
        let mut text = String::new();
        self.placeholders += 1;
        self.dialect.placeholder(self.placeholders, &mut text);
        text
    }

    /// Things with a comma between them.
    pub(crate) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (place, item) in items.into_iter().enumerate() {
            if place > 0 {
                self.push(", ");
            }
            write(self, item);
        }
        self
    }

    /// All columns of a table, after an optional alias.
    pub(crate) fn columns(&mut self, table: &Table, alias: Option<&str>) -> &mut Self {
        self.list(table.columns, |writer, column| {
            if let Some(alias) = alias {
                writer.name(alias).push(".");
            }
            writer.name(column.name);
        })
    }

    /// `SELECT … FROM …`
    pub(crate) fn select(&mut self, table: &Table) -> &mut Self {
        self.push("SELECT ")
            .columns(table, None)
            .push(" FROM ")
            .name(table.name)
    }

    /// `DELETE FROM …`, of rows that may be in a list.
    ///
    /// In this form MariaDB looks up each row of the list. Without the name before `FROM` it reads and locks the whole
    /// table, up to version 11.0, and goes through the list for every row.
    pub(crate) fn delete(&mut self, table: &Table) -> &mut Self {
        self.push("DELETE ");
        if self.dialect == Dialect::MySql {
            self.name(table.name).push(" ");
        }
        self.push("FROM ").name(table.name)
    }

    /// ` WHERE …`, unless every row is meant.
    pub(crate) fn filter(&mut self, table: &Table, expr: &Expr) -> &mut Self {
        if *expr != Expr::All {
            self.push(" WHERE ").expr(table, expr);
        }
        self
    }

    pub(crate) fn expr(&mut self, table: &Table, expr: &Expr) -> &mut Self {
        match expr {
            Expr::All => self.push("TRUE"),
            Expr::Condition {
                column,
                op,
                ignore_case,
            } => self.condition(table, *column, *op, *ignore_case),
            Expr::And(all) => self.junction(table, all, " AND "),
            Expr::Or(any) => self.junction(table, any, " OR "),
            Expr::Not(inner) => {
                self.push("NOT (").expr(table, inner);
                self.push(")")
            }
        }
    }

    fn junction(&mut self, table: &Table, parts: &[Expr], word: &str) -> &mut Self {
        self.push("(");
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                self.push(word);
            }
            self.expr(table, part);
        }
        self.push(")")
    }

    fn condition(&mut self, table: &Table, column: usize, op: Op, ignore_case: bool) -> &mut Self {
        let column = &table.columns[column];
        let (open, close) = if ignore_case {
            ("lower(", ")")
        } else {
            ("", "")
        };
        let compared = |writer: &mut Self, operator: &str| {
            writer
                .push(open)
                .name(column.name)
                .push(close)
                .push(operator)
                .push(open)
                .placeholder()
                .push(close);
        };
        match op {
            Op::Eq => compared(self, " = "),
            Op::Ne => compared(self, " <> "),
            Op::Gt => compared(self, " > "),
            Op::Gte => compared(self, " >= "),
            Op::Lt => compared(self, " < "),
            Op::Lte => compared(self, " <= "),
            Op::Like | Op::StartsWith | Op::EndsWith | Op::Contains => {
                compared(self, " LIKE ");
                self.push(" ESCAPE '!'");
            }
            Op::Between => {
                compared(self, " BETWEEN ");
                self.push(" AND ").push(open).placeholder().push(close);
            }
            Op::In | Op::NotIn => {
                let placeholder = self.next_placeholder();
                let values = list_query(self.dialect, column.kind, &placeholder);
                self.push(open)
                    .name(column.name)
                    .push(close)
                    .push(if op == Op::In { " IN (" } else { " NOT IN (" });
                if ignore_case {
                    // The subquery's only column has no name that all engines agree on, so it gets one.
                    self.push("SELECT lower(v) FROM (")
                        .push(&values)
                        .push(") AS wharf_folded(v)");
                } else {
                    self.push(&values);
                }
                self.push(")");
            }
            Op::IsNull => {
                self.name(column.name).push(" IS NULL");
            }
            Op::IsNotNull => {
                self.name(column.name).push(" IS NOT NULL");
            }
            Op::IsTrue => {
                self.name(column.name).push(" IS TRUE");
            }
            Op::IsFalse => {
                self.name(column.name).push(" IS FALSE");
            }
        }
        self
    }

    /// ` ORDER BY …`; NULLs last, on every engine and in both directions.
    pub(crate) fn order(&mut self, table: &Table, sorts: &[Sort]) -> &mut Self {
        if sorts.is_empty() {
            return self;
        }
        self.push(" ORDER BY ").list(sorts, |writer, sort| {
            let column = &table.columns[sort.column];
            if column.nullable {
                writer.name(column.name).push(" IS NULL, ");
            }
            writer.name(column.name);
            if sort.descending {
                writer.push(" DESC");
            }
        })
    }

    /// ` LIMIT ?`, then ` OFFSET ?`, as arguments, so that a page's number doesn't make another text.
    pub(crate) fn limit(&mut self, limit: bool, offset: bool) -> &mut Self {
        if limit {
            self.push(" LIMIT ").placeholder();
        } else if offset {
            // Only PostgreSQL knows an offset without a limit.
            self.push(match self.dialect {
                Dialect::Postgres => "",
                Dialect::Sqlite => " LIMIT -1",
                Dialect::MySql => " LIMIT 18446744073709551615",
            });
        }
        if offset {
            self.push(" OFFSET ").placeholder();
        }
        self
    }

    pub(crate) fn finish(&mut self) -> String {
        std::mem::take(&mut self.text)
    }
}
