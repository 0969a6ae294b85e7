//! Texts, bytes, arrays, UUIDs and decimals.

use std::borrow::Cow;

use super::{Cell, Kind, Param, Value, single_column};
#[cfg(feature = "postgres")]
use crate::driver::cell::Mismatch;
use crate::driver::sqlx;
use crate::error::Result;

impl Value for String {
    const KIND: Kind = Kind::Text;

    fn to_param(&self) -> Result<Param<'_>> {
        Ok(Param::Text(Cow::Borrowed(self)))
    }

    fn from_cell(cell: Cell<'_>) -> Result<Self> {
        text(cell)
    }
}

impl Value for Vec<u8> {
    const KIND: Kind = Kind::Bytes;

    fn to_param(&self) -> Result<Param<'_>> {
        Ok(Param::Bytes(Cow::Borrowed(self)))
    }

    fn from_cell(cell: Cell<'_>) -> Result<Self> {
        bytes(cell)
    }
}

single_column!(String, Vec<u8>);

/// Reads a text; also the label of an enum type of PostgreSQL.
pub(super) fn text(cell: Cell<'_>) -> Result<String> {
    let found = match &cell {
        #[cfg(feature = "sqlite")]
        Cell::Sqlite(cell) => super::sqlite_value::<String>(cell, &["TEXT"]),
        #[cfg(feature = "postgres")]
        Cell::Postgres(value) => {
            use sqlx::ValueRef as _;
            use sqlx::postgres::PgTypeKind;
            if matches!(value.type_info().kind(), PgTypeKind::Enum(_)) {
                Some(value.as_str().map(str::to_owned).map_err(|e| {
                    Mismatch::Value {
                        problem: e.to_string(),
                    }
                    .into()
                }))
            } else {
                super::checked::<String, sqlx::Postgres>(value)
            }
        }
        #[cfg(feature = "mysql")]
        Cell::MySql(value) => super::checked::<String, sqlx::MySql>(value),
        Cell::Param(Param::Text(value)) => Some(Ok(value.clone().into_owned())),
        Cell::Param(_) => None,
        Cell::Text(text) => Some(Ok((*text).to_owned())),
    };
    found.unwrap_or_else(|| Err(cell.mismatch()))
}

fn bytes(cell: Cell<'_>) -> Result<Vec<u8>> {
    let found = match &cell {
        #[cfg(feature = "sqlite")]
        Cell::Sqlite(cell) => super::sqlite_value::<Vec<u8>>(cell, &["BLOB"]),
        #[cfg(feature = "postgres")]
        Cell::Postgres(value) => super::checked::<Vec<u8>, sqlx::Postgres>(value),
        #[cfg(feature = "mysql")]
        Cell::MySql(value) => super::checked::<Vec<u8>, sqlx::MySql>(value),
        Cell::Param(Param::Bytes(value)) => Some(Ok(value.clone().into_owned())),
        Cell::Param(_) => None,
        Cell::Text(text) => {
            Some(unhex(text).ok_or_else(|| super::unreadable(text, "bytes in hexadecimal")))
        }
    };
    found.unwrap_or_else(|| Err(cell.mismatch()))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let bytes = text.as_bytes();
    bytes.len().is_multiple_of(2).then(|| {
        bytes
            .chunks(2)
            .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
            .collect()
    })?
}

/// Arrays, which only PostgreSQL has.
macro_rules! arrays {
    ($($type:ty, $kind:ident;)+) => {$(
        impl Value for Vec<$type> {
            const KIND: Kind = Kind::Array(&Kind::$kind);

            fn to_param(&self) -> Result<Param<'_>> {
                let values = self.iter().map(Value::to_param).collect::<Result<_>>()?;
                Ok(Param::Array(Kind::$kind, values))
            }

            fn from_cell(cell: Cell<'_>) -> Result<Self> {
                match &cell {
                    #[cfg(feature = "postgres")]
                    Cell::Postgres(value) => super::checked::<Self, sqlx::Postgres>(value)
                        .unwrap_or_else(|| Err(cell.mismatch())),
                    Cell::Param(Param::Array(_, values)) => {
                        values.iter().map(|value| <$type>::from_cell(Cell::Param(value))).collect()
                    }
                    _ => Err(cell.mismatch()),
                }
            }
        }
        single_column!(Vec<$type>);
    )+};
}

arrays! {
    bool, Bool;
    i16, I16;
    i32, I32;
    i64, I64;
    f32, F32;
    f64, F64;
    String, Text;
}

#[cfg(feature = "uuid")]
arrays! { uuid::Uuid, Uuid; }

#[cfg(feature = "uuid")]
impl Value for uuid::Uuid {
    const KIND: Kind = Kind::Uuid;

    fn to_param(&self) -> Result<Param<'_>> {
        Ok(Param::Uuid(*self))
    }

    fn from_cell(cell: Cell<'_>) -> Result<Self> {
        let found = match &cell {
            #[cfg(feature = "sqlite")]
            Cell::Sqlite(cell) => {
                super::sqlite_value::<uuid::Uuid>(cell, &["BLOB"]).or_else(|| {
                    let text = super::sqlite_value::<String>(cell, &["TEXT"])?;
                    Some(text.and_then(|text| {
                        text.parse().map_err(|_| super::unreadable(&text, "a UUID"))
                    }))
                })
            }
            #[cfg(feature = "postgres")]
            Cell::Postgres(value) => super::checked::<uuid::Uuid, sqlx::Postgres>(value),
            #[cfg(feature = "mysql")]
            Cell::MySql(value) => super::checked::<uuid::Uuid, sqlx::MySql>(value),
            Cell::Param(Param::Uuid(value)) => Some(Ok(*value)),
            Cell::Param(_) => None,
            Cell::Text(text) => Some(text.parse().map_err(|_| super::unreadable(text, "a UUID"))),
        };
        found.unwrap_or_else(|| Err(cell.mismatch()))
    }
}

#[cfg(feature = "uuid")]
single_column!(uuid::Uuid);

#[cfg(feature = "rust_decimal")]
impl Value for rust_decimal::Decimal {
    const KIND: Kind = Kind::Decimal;

    fn to_param(&self) -> Result<Param<'_>> {
        Ok(Param::Decimal(*self))
    }

    fn from_cell(cell: Cell<'_>) -> Result<Self> {
        let found = match &cell {
            #[cfg(feature = "postgres")]
            Cell::Postgres(value) => super::checked::<Self, sqlx::Postgres>(value),
            #[cfg(feature = "mysql")]
            Cell::MySql(value) => super::checked::<Self, sqlx::MySql>(value),
            Cell::Param(Param::Decimal(value)) => Some(Ok(*value)),
            Cell::Text(text) => Some(
                text.parse()
                    .map_err(|_| super::unreadable(text, "a decimal number")),
            ),
            _ => None,
        };
        found.unwrap_or_else(|| Err(cell.mismatch()))
    }
}

#[cfg(feature = "rust_decimal")]
single_column!(rust_decimal::Decimal);
