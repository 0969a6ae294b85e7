//! The words that verdicts are made of: whose grammar, and how bad it can get.

/// The engine whose grammar a text is written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// SQLite 3.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
}

impl Dialect {
    /// Every dialect, in the order in which a portable text is tried.
    pub(crate) const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::MySql];

    /// The name that people know.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::MySql => "MySQL",
        }
    }
}

/// The worst that a statement can do, ordered from harmless to worst.
///
/// [`Class::Read`] is given only when every part of the statement was understood. Calls of functions that aren't known are
/// taken to be pure: see [`crate::Statement::volatile`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Class {
    /// Reads rows and leaves nothing behind.
    Read,
    /// Reads rows and keeps them locked until the transaction ends.
    ReadLock,
    /// Changes rows.
    Write,
    /// Changes the schema, or who may use it.
    Ddl,
    /// Changes the connection it runs on: settings, transactions, table locks, prepared statements, channels.
    Session,
    /// Anything else, and everything that wasn't understood in full.
    Unknown,
}
