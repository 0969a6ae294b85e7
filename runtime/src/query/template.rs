//! Queries that a user wrote as SQL: cut into pieces by `#[query]`, put together for each dialect once.

use std::fmt::Write as _;
use std::sync::OnceLock;

use super::lists::list_query;
use super::writer::Writer;
use crate::driver::{By, Dialect, Kind, Operation, Param};
use crate::entity::Table;
use crate::error::{Error, ErrorKind, Result};

/// A query that a user wrote, in the `static` that `#[query]` makes for its method.
#[derive(Debug)]
pub struct Template {
    name: &'static str,
    texts: Texts,
    effect: Effect,
    pub(crate) by: By,
    made: [OnceLock<Made>; 3],
}

/// The pieces of a text.
#[derive(Debug, Clone, Copy)]
pub enum Piece {
    /// SQL as it was written.
    Text(&'static str),
    /// An argument.
    Arg(usize),
    /// A list argument, within `IN (…)`.
    List(usize, Kind),
    /// The columns of an entity, after an optional alias.
    Columns(&'static Table, Option<&'static str>),
}

/// One text for all engines, or one for each.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the engines' names say it")]
pub enum Texts {
    Same(&'static [Piece]),
    Each {
        sqlite: Option<&'static [Piece]>,
        postgres: Option<&'static [Piece]>,
        mysql: Option<&'static [Piece]>,
    },
}

/// What a text does, as its analysis has it.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "as in `Operation`")]
pub struct Effect {
    pub verb: &'static str,
    pub table: &'static str,
    pub writes: bool,
    pub ddl: bool,
}

/// A text in one dialect, and which argument each placeholder takes.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) text: &'static str,
    /// `None` where each argument is bound once, in its own order.
    order: Option<Vec<usize>>,
}

impl Template {
    /// A query in pieces.
    pub const fn new(name: &'static str, texts: Texts, effect: Effect, by: By) -> Self {
        Self {
            name,
            texts,
            effect,
            by,
            made: [const { OnceLock::new() }; 3],
        }
    }

    pub(crate) fn operation(&self) -> Operation {
        let Effect {
            verb,
            table,
            writes,
            ddl,
        } = self.effect;
        Operation {
            name: self.name,
            verb,
            table,
            writes,
            ddl,
        }
    }

    /// The text for an engine.
    pub(crate) fn made(&'static self, dialect: Dialect) -> Result<&'static Made> {
        let pieces = match (self.texts, dialect) {
            (Texts::Same(pieces), _) => Some(pieces),
            (Texts::Each { sqlite, .. }, Dialect::Sqlite) => sqlite,
            (Texts::Each { postgres, .. }, Dialect::Postgres) => postgres,
            (Texts::Each { mysql, .. }, Dialect::MySql) => mysql,
        };
        let pieces = pieces.ok_or_else(|| {
            let message = format!(
                "the query has no text for {}; add one to its `#[query]`",
                dialect.name()
            );
            Error::new(ErrorKind::Unsupported, message).attempting(|| self.name.into())
        })?;
        Ok(self.made[dialect.index()].get_or_init(|| make(pieces, dialect)))
    }
}

impl Made {
    /// The arguments in the order of the placeholders.
    pub(crate) fn arrange<'a>(&self, params: &[Param<'a>]) -> Vec<Param<'a>> {
        match &self.order {
            Some(order) => order
                .iter()
                .filter_map(|place| params.get(*place).cloned())
                .collect(),
            None => params.to_vec(),
        }
    }
}

fn make(pieces: &[Piece], dialect: Dialect) -> Made {
    let mut text = String::new();
    let mut order = Vec::new();
    let mut placeholder = |argument: usize| {
        let mut mark = String::new();
        if dialect.numbers_placeholders() {
            dialect.placeholder(argument + 1, &mut mark);
        } else {
            order.push(argument);
            mark.push('?');
        }
        mark
    };
    for piece in pieces {
        // Writing to a String can't fail.
        let _ = match piece {
            Piece::Text(sql) => text.write_str(sql),
            Piece::Arg(argument) => text.write_str(&placeholder(*argument)),
            Piece::List(argument, kind) => {
                text.write_str(&list_query(dialect, *kind, &placeholder(*argument)))
            }
            Piece::Columns(table, alias) => {
                let mut writer = Writer::new(dialect);
                writer.columns(table, *alias);
                text.write_str(&writer.finish())
            }
        };
    }
    let order = (!dialect.numbers_placeholders()).then_some(order);
    Made {
        text: text.leak(),
        order,
    }
}
