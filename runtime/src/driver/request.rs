//! What is sent: one SQL text with its arguments, and what it is for.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::arguments::Arguments;
use super::dialect::Dialect;
use super::param::Param;
use super::setting::Setting;
use super::sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};
use super::stream::RowSender;
use crate::error::Result;

/// A SQL text that Wharf made or that its caller vouches for. Shared texts are not copied on the way.
#[derive(Debug, Clone)]
pub(crate) enum Sql {
    Static(&'static str),
    Shared(Arc<str>),
}

impl Sql {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Static(text) => text,
            Self::Shared(text) => text,
        }
    }

    /// The one door through which text that isn't `'static` reaches sqlx.
    pub(super) fn into_sqlx(self) -> SqlStr {
        match self {
            Self::Static(text) => text.into_sql_str(),
            Self::Shared(text) => AssertSqlSafe(text).into_sql_str(),
        }
    }
}

impl From<String> for Sql {
    fn from(text: String) -> Self {
        Self::Shared(text.into())
    }
}

/// What a request does to the state of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Begin,
    Statement,
    Savepoint,
    /// Back to a savepoint, which stays.
    RollbackTo,
    /// Back to a savepoint, and away with it.
    Undo,
    Release,
    Commit,
    /// A lone statement that decides what became of a commit.
    Fence,
    Rollback,
    Ping,
    /// Trusted text of any kind.
    Script,
}

impl Command {
    /// Whether it may be stopped once it is out. Half of what rolls back, or of what keeps account of savepoints, would
    /// leave more to undo than it took. A `BEGIN` may have to wait for another owner of its guard row.
    pub(crate) fn may_be_stopped(self) -> bool {
        matches!(self, Self::Begin | Self::Statement | Self::Script)
    }

    /// Whether it decides what becomes of a transaction, so that nobody else may.
    pub(crate) fn decides(self) -> bool {
        matches!(self, Self::Commit | Self::Fence)
    }

    #[cfg(test)]
    pub(crate) const ALL: [Self; 11] = [
        Self::Begin,
        Self::Statement,
        Self::Savepoint,
        Self::RollbackTo,
        Self::Undo,
        Self::Release,
        Self::Commit,
        Self::Fence,
        Self::Rollback,
        Self::Ping,
        Self::Script,
    ];
}

/// What a statement is for, in the terms of traces and errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operation {
    /// Who asked: `Accounts::find`, or `Account.find` for a filter.
    pub(crate) name: &'static str,
    /// OpenTelemetry's `db.operation.name`: `SELECT`.
    pub(crate) verb: &'static str,
    /// OpenTelemetry's `db.collection.name`; empty when it isn't one table.
    pub(crate) table: &'static str,
    /// Whether it may change anything.
    pub(crate) writes: bool,
    /// Whether it changes the schema, which commits a transaction on MariaDB.
    pub(crate) ddl: bool,
}

impl Operation {
    /// Something that only reads one table.
    pub(crate) const fn read(name: &'static str, table: &'static str) -> Self {
        Self {
            name,
            verb: "SELECT",
            table,
            writes: false,
            ddl: false,
        }
    }

    /// Something that writes one table.
    pub(crate) const fn write(name: &'static str, verb: &'static str, table: &'static str) -> Self {
        Self {
            name,
            verb,
            table,
            writes: true,
            ddl: false,
        }
    }
}

/// One SQL text with its encoded arguments. A pointer, since each of the futures that hand it on has room for it twice.
#[derive(Debug)]
pub(crate) struct Request(Box<Parts>);

/// What a request is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) sql: Sql,
    /// `None`: the simple protocol, without a prepared statement.
    pub(crate) arguments: Option<Arguments>,
    pub(crate) command: Command,
    pub(crate) operation: Operation,
    /// Whether the prepared statement is worth keeping.
    pub(crate) persistent: bool,
    /// Where rows go as they come; `None`: into the answer.
    pub(crate) sender: Option<RowSender>,
    /// Whether it answers with one row at most, and nobody asks how many rows it changed. PostgreSQL alone is quicker for it.
    pub(crate) is_one_row: bool,
    /// After how many of its parts it has committed, when a question follows; `None`: nothing follows.
    pub(crate) commits_after: Option<usize>,
    /// What it sets at its beginning and takes back at its end.
    pub(crate) sets: Option<Setting>,
}

impl Request {
    /// A statement with arguments, encoded here, so that what waits for the answer borrows nothing.
    pub(crate) fn statement(
        dialect: Dialect,
        operation: Operation,
        sql: impl Into<Sql>,
        params: &[Param<'_>],
    ) -> Result<Self> {
        let arguments = Arguments::encode(dialect, params)
            .map_err(|error| error.attempting(|| operation.name.into()))?;
        Ok(Self::of(Parts {
            sql: sql.into(),
            arguments: Some(arguments),
            command: Command::Statement,
            operation,
            persistent: true,
            sender: None,
            is_one_row: false,
            commits_after: None,
            sets: None,
        }))
    }

    /// The same once more, for another node. Where rows are handed over as they come, their receiver is told.
    pub(crate) fn copy(&self) -> Self {
        Self::of(Parts {
            sql: self.sql.clone(),
            arguments: self.arguments.clone(),
            sender: self.sender.clone(),
            ..*self.0
        })
    }

    pub(crate) fn into_parts(self) -> Parts {
        *self.0
    }

    fn of(parts: Parts) -> Self {
        Self(Box::new(parts))
    }

    /// Sent once more: what came so far is void.
    pub(crate) async fn start_over(&self) {
        if let Some(sender) = &self.sender {
            sender.start_over().await;
        }
    }

    /// Transaction control, or trusted text.
    pub(crate) fn control(command: Command, sql: impl Into<Sql>, verb: &'static str) -> Self {
        let operation = Operation {
            name: verb,
            verb,
            table: "",
            writes: true,
            ddl: false,
        };
        Self::of(Parts {
            sql: sql.into(),
            arguments: None,
            command,
            operation,
            persistent: false,
            sender: None,
            is_one_row: false,
            commits_after: None,
            sets: None,
        })
    }
}

impl Deref for Request {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl DerefMut for Request {
    fn deref_mut(&mut self) -> &mut Parts {
        &mut self.0
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self::Static(text)
    }
}
