//! A list of any length as one argument, so that the text of a statement doesn't depend on the length.
#![deny(clippy::disallowed_methods)]

use crate::driver::{Dialect, Kind};

/// A subquery that yields the values of a list argument.
pub(super) fn list_query(dialect: Dialect, kind: Kind, placeholder: &str) -> String {
    match dialect {
        Dialect::Postgres => format!("SELECT unnest({placeholder})"),
        Dialect::Sqlite => match kind {
            Kind::Bytes | Kind::Uuid => {
                format!("SELECT unhex(value) FROM json_each({placeholder})")
            }
            _ => format!("SELECT value FROM json_each({placeholder})"),
        },
        Dialect::MySql => {
            let value = from_json("wharf_list.v", kind);
            let column = json_type(kind);
            format!(
                "SELECT {value} FROM JSON_TABLE({placeholder}, '$[*]' COLUMNS(v {column} PATH '$')) AS wharf_list"
            )
        }
    }
}

/// The type as which MariaDB takes a value out of JSON.
pub(super) fn json_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "TINYINT",
        Kind::I16 => "SMALLINT",
        Kind::I32 => "INT",
        Kind::I64 => "BIGINT",
        Kind::F32 => "FLOAT",
        Kind::F64 => "DOUBLE",
        Kind::Date => "DATE",
        Kind::Time => "TIME(6)",
        Kind::DateTime => "DATETIME(6)",
        Kind::Decimal => "DECIMAL(38, 18)",
        // A zone at the end of a time is more than DATETIME takes; it is cut off below.
        Kind::Timestamp => "VARCHAR(40)",
        _ => "LONGTEXT",
    }
}

/// Turns a value that came as text back into what the column holds.
pub(super) fn from_json(value: &str, kind: Kind) -> String {
    match kind {
        Kind::Bytes | Kind::Uuid => format!("UNHEX({value})"),
        Kind::Timestamp => format!("CAST(LEFT({value}, 26) AS DATETIME(6))"),
        _ => value.to_owned(),
    }
}
