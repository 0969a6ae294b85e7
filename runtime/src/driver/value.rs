//! Which Rust types a column can hold, and how they are written and read.

#[cfg(feature = "chrono")]
pub(super) mod chrono;
#[cfg(feature = "json")]
mod json;
mod numbers;
mod operand;
mod texts;
#[cfg(feature = "time")]
pub(super) mod time;
mod tuples;

#[cfg(feature = "json")]
pub use json::Json;
#[cfg(feature = "json")]
pub(crate) use json::write as json_param;
pub use operand::{Element, Operand, ToParam};

use super::cell::{Cell, Mismatch, Row};
use super::kind::Kind;
use super::param::Param;
use super::sqlx;
use crate::error::{Error, Result};

/// A Rust type that a column can hold.
///
/// Implemented for integers, floats, `bool`, `String`, `Vec<u8>`, `Option`s of these, and, by feature, for the types of
/// `chrono`, `time`, `uuid`, `rust_decimal` and [`Json`]. `#[derive(Value)]` makes one of a newtype or of an enum
/// without fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be stored in a column",
    label = "not a column type",
    note = "derive `Value` for a newtype or an enum, use `#[column(json)]` for a structure, or enable the feature for `chrono`, `time`, `uuid` or `rust_decimal` types"
)]
pub trait Value: Sized {
    /// What the column holds.
    const KIND: Kind;
    /// Whether NULL is one of the values.
    const NULLABLE: bool = false;

    /// The value on its way in.
    ///
    /// # Errors
    /// [`ErrorKind::Encode`](crate::ErrorKind::Encode) when the database can't hold this very value.
    fn to_param(&self) -> Result<Param<'_>>;

    /// The value on its way out; never called with NULL.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the cell holds something else.
    fn from_cell(cell: Cell<'_>) -> Result<Self>;

    /// What NULL becomes: an error, except for `Option`.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) unless the type is nullable.
    fn from_null() -> Result<Self> {
        Err(Mismatch::Null.into())
    }
}

impl<T: Value> Value for Option<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;

    fn to_param(&self) -> Result<Param<'_>> {
        match self {
            Some(value) => value.to_param(),
            None => Ok(Param::Null(T::KIND)),
        }
    }

    fn from_cell(cell: Cell<'_>) -> Result<Self> {
        T::from_cell(cell).map(Some)
    }

    fn from_null() -> Result<Self> {
        Ok(None)
    }
}

/// A type that can be made of a row: an entity, a `#[derive(Row)]` structure, a tuple, or a single value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be made of a row",
    note = "derive `Entity` or `Row` for it, or use a tuple or a single column type"
)]
pub trait FromRow: Sized {
    /// The columns' names, in the order in which [`FromRow::from_row`] reads them; empty if it goes by position alone.
    const COLUMNS: &'static [&'static str] = &[];
    /// How many columns it reads.
    const WIDTH: usize;

    /// Reads one row.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode), with the column's name.
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

/// Reads a value of PostgreSQL or MariaDB after a look at its type: sqlx's decoders trust the caller.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(super) fn checked<'r, T, DB>(value: &DB::ValueRef<'r>) -> Option<Result<T>>
where
    DB: sqlx::Database<ValueRef<'r>: Clone>,
    T: sqlx::Decode<'r, DB> + sqlx::Type<DB>,
{
    use sqlx::ValueRef as _;
    if !T::compatible(&value.type_info()) {
        return None;
    }
    Some(T::decode(value.clone()).map_err(|problem| {
        Mismatch::Value {
            problem: problem.to_string(),
        }
        .into()
    }))
}

/// Reads a value of SQLite. Its types belong to the value and not to the column, so each one is looked at.
#[cfg(feature = "sqlite")]
pub(super) fn sqlite_value<'r, T: sqlx::Decode<'r, sqlx::Sqlite>>(
    cell: &super::cell::SqliteCell<'r>,
    types: &[&str],
) -> Option<Result<T>> {
    use sqlx::{TypeInfo as _, ValueRef as _};
    let value = cell.value();
    if !types.contains(&value.type_info().name()) {
        return None;
    }
    Some(T::decode(value).map_err(|problem| {
        Mismatch::Value {
            problem: problem.to_string(),
        }
        .into()
    }))
}

/// A value that doesn't parse.
pub(super) fn unreadable(text: &str, wanted: &str) -> Error {
    // At most a few words of it: the value may be long, and may be nobody else's business.
    let start: String = text.chars().take(40).collect();
    Mismatch::Value {
        problem: format!("holds `{start}`, which is not {wanted}"),
    }
    .into()
}

/// Says that a column type, read alone, is also a row of one column.
macro_rules! single_column {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::driver::FromRow for $type {
            const WIDTH: usize = 1;
            fn from_row(row: &$crate::driver::Row<'_>) -> $crate::Result<Self> {
                row.get(0)
            }
        }
    )+};
}
use single_column;

/// Makes a column type of a time type of `chrono` or of `time`; each brings its own parameter and its own calendar.
#[cfg(any(feature = "chrono", feature = "time"))]
macro_rules! times {
    ($($type:ty, $kind:ident, $variant:ident, $civil:ident, $parse:path, $make:ident;)+) => {$(
        impl Value for $type {
            const KIND: Kind = Kind::$kind;

            fn to_param(&self) -> Result<Param<'_>> {
                Ok(Param::$variant(*self))
            }

            fn from_cell(cell: Cell<'_>) -> Result<Self> {
                let found = match &cell {
                    #[cfg(feature = "sqlite")]
                    Cell::Sqlite(cell) => super::sqlite_value::<&str>(cell, &["TEXT"]).map(|text| {
                        let text = text?;
                        $parse(text).and_then($make).ok_or_else(|| super::unreadable(text, Kind::$kind.name()))
                    }),
                    #[cfg(feature = "postgres")]
                    Cell::Postgres(value) => super::checked::<$type, sqlx::Postgres>(value),
                    #[cfg(feature = "mysql")]
                    Cell::MySql(value) => super::checked::<$type, sqlx::MySql>(value),
                    // As it is stored: in UTC, and cut to the microsecond.
                    Cell::Param(Param::$variant(value)) => Some(Ok($make($civil(*value)).unwrap_or(*value))),
                    Cell::Param(_) => None,
                    Cell::Text(text) => Some(
                        $parse(text).and_then($make).ok_or_else(|| super::unreadable(text, Kind::$kind.name())),
                    ),
                };
                found.unwrap_or_else(|| Err(cell.mismatch()))
            }
        }
        single_column!($type);
        impl super::operand::Element for $type {}
    )+};
}
#[cfg(any(feature = "chrono", feature = "time"))]
use times;

impl<T: Value> FromRow for Option<T> {
    const WIDTH: usize = 1;

    fn from_row(row: &Row<'_>) -> Result<Self> {
        row.get(0)
    }
}
