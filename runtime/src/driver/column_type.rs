//! What each engine calls the columns of a kind.
#![deny(clippy::disallowed_methods)]

use super::arguments::unsupported;
use super::dialect::Dialect;
use super::kind::Kind;
use crate::error::Result;

/// The engine's name for the columns of a kind; `indexed` says that a key needs it.
pub(crate) fn column_type(dialect: Dialect, kind: Kind, indexed: bool) -> Result<String> {
    match dialect {
        Dialect::Sqlite => sqlite(kind).map(str::to_owned),
        Dialect::Postgres => Ok(postgres_column_type(kind)),
        Dialect::MySql => mysql(kind, indexed).map(str::to_owned),
    }
}

/// SQLite's name for the columns of a kind.
fn sqlite(kind: Kind) -> Result<&'static str> {
    Ok(match kind {
        Kind::Bool => "BOOLEAN",
        Kind::I16 | Kind::I32 | Kind::I64 => "INTEGER",
        Kind::F32 | Kind::F64 => "REAL",
        Kind::Bytes | Kind::Uuid => "BLOB",
        Kind::Text | Kind::Json | Kind::Timestamp | Kind::DateTime | Kind::Date | Kind::Time => {
            "TEXT"
        }
        Kind::Decimal => {
            return Err(unsupported(
                "exact decimal numbers",
                Dialect::Sqlite,
                "store the smallest unit in an `i64`",
            ));
        }
        Kind::Array(_) => {
            return Err(unsupported(
                "arrays",
                Dialect::Sqlite,
                "use `#[column(json)]`",
            ));
        }
    })
}

/// PostgreSQL's name for the columns of a kind.
pub(crate) fn postgres_column_type(kind: Kind) -> String {
    match kind {
        Kind::Bool => "BOOLEAN".into(),
        Kind::I16 => "SMALLINT".into(),
        Kind::I32 => "INTEGER".into(),
        Kind::I64 => "BIGINT".into(),
        Kind::F32 => "REAL".into(),
        Kind::F64 => "DOUBLE PRECISION".into(),
        Kind::Text => "TEXT".into(),
        Kind::Bytes => "BYTEA".into(),
        Kind::Json => "JSONB".into(),
        Kind::Uuid => "UUID".into(),
        Kind::Timestamp => "TIMESTAMPTZ".into(),
        Kind::DateTime => "TIMESTAMP".into(),
        Kind::Date => "DATE".into(),
        Kind::Time => "TIME".into(),
        Kind::Decimal => "NUMERIC".into(),
        Kind::Array(element) => postgres_column_type(*element) + "[]",
    }
}

/// MariaDB's name for the columns of a kind; a text that is indexed needs a length.
fn mysql(kind: Kind, indexed: bool) -> Result<&'static str> {
    Ok(match kind {
        Kind::Bool => "BOOLEAN",
        Kind::I16 => "SMALLINT",
        Kind::I32 => "INT",
        Kind::I64 => "BIGINT",
        Kind::F32 => "FLOAT",
        Kind::F64 => "DOUBLE",
        // Compared byte by byte, as the other engines do, and not by a collation that takes `a` for `A`.
        Kind::Text if indexed => "VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        Kind::Text => "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        Kind::Bytes if indexed => "VARBINARY(255)",
        Kind::Bytes => "LONGBLOB",
        Kind::Json => "JSON",
        Kind::Uuid => "BINARY(16)",
        Kind::Timestamp => "TIMESTAMP(6)",
        Kind::DateTime => "DATETIME(6)",
        Kind::Date => "DATE",
        Kind::Time => "TIME(6)",
        Kind::Decimal => "DECIMAL(38, 18)",
        Kind::Array(_) => {
            return Err(unsupported(
                "arrays",
                Dialect::MySql,
                "use `#[column(json)]`",
            ));
        }
    })
}
