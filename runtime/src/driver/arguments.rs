//! Parameters, encoded for one engine before the first await.

use super::dialect::Dialect;
#[cfg(feature = "mysql")]
use super::mysql;
use super::param::Param;
#[cfg(feature = "postgres")]
use super::postgres;
#[cfg(feature = "sqlite")]
use super::sqlite;
use super::sqlx;
use crate::error::{Error, ErrorKind, Result};

/// Encoded parameters.
#[derive(Debug, Clone)]
pub(crate) enum Arguments {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::sqlite::SqliteArguments),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::postgres::PgArguments),
    #[cfg(feature = "mysql")]
    MySql(sqlx::mysql::MySqlArguments),
}

impl Arguments {
    pub(crate) fn encode(dialect: Dialect, params: &[Param<'_>]) -> Result<Self> {
        match dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => sqlite::encode(params).map(Self::Sqlite),
            #[cfg(feature = "postgres")]
            Dialect::Postgres => postgres::encode(params).map(Self::Postgres),
            #[cfg(feature = "mysql")]
            Dialect::MySql => mysql::encode(params).map(Self::MySql),
            #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            _ => Err(Error::new(
                ErrorKind::Configuration,
                format!("{} isn't compiled in", dialect.name()),
            )),
        }
    }
}

/// What sqlx says when a value can't be encoded.
pub(crate) fn refused(problem: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Encode, problem.to_string())
}

/// A kind of value that the engine hasn't got.
pub(crate) fn unsupported(what: &str, dialect: Dialect, instead: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("{} has no {what}; {instead}", dialect.name()),
    )
}
