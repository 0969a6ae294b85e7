//! Booleans, integers and floats.

use super::{Cell, Kind, Mismatch, Param, Value, single_column};
use crate::driver::sqlx;
use crate::error::{Error, ErrorKind, Result};

/// Reads an integer of any width.
fn integer(cell: Cell<'_>) -> Result<i64> {
    let found = match &cell {
        #[cfg(feature = "sqlite")]
        Cell::Sqlite(cell) => super::sqlite_value::<i64>(cell, &["INTEGER"]),
        #[cfg(feature = "postgres")]
        Cell::Postgres(value) => super::checked::<i64, sqlx::Postgres>(value)
            .or_else(|| Some(super::checked::<i32, sqlx::Postgres>(value)?.map(i64::from)))
            .or_else(|| Some(super::checked::<i16, sqlx::Postgres>(value)?.map(i64::from))),
        #[cfg(feature = "mysql")]
        Cell::MySql(value) => super::checked::<i64, sqlx::MySql>(value).or_else(|| {
            let unsigned = super::checked::<u64, sqlx::MySql>(value)?;
            Some(unsigned.and_then(|value| {
                value
                    .try_into()
                    .map_err(|_| out_of_range(value, "a 64-bit integer"))
            }))
        }),
        Cell::Param(param) => match param {
            Param::I16(value) => Some(Ok((*value).into())),
            Param::I32(value) => Some(Ok((*value).into())),
            Param::I64(value) => Some(Ok(*value)),
            _ => None,
        },
        Cell::Text(text) => Some(
            text.parse()
                .map_err(|_| super::unreadable(text, "an integer")),
        ),
    };
    found.unwrap_or_else(|| Err(cell.mismatch()))
}

fn out_of_range(value: impl std::fmt::Display, wanted: &str) -> Error {
    Mismatch::Value {
        problem: format!("holds {value}, which is out of range for {wanted}"),
    }
    .into()
}

macro_rules! integers {
    ($($type:ty as $repr:ty, $variant:ident;)+) => {$(
        impl Value for $type {
            const KIND: Kind = Kind::$variant;

            fn to_param(&self) -> Result<Param<'_>> {
                <$repr>::try_from(*self).map(Param::$variant).map_err(|_| {
                    Error::new(ErrorKind::Encode, format!("{self} is more than {} can be", Kind::$variant.name()))
                })
            }

            fn from_cell(cell: Cell<'_>) -> Result<Self> {
                let value = integer(cell)?;
                value.try_into().map_err(|_| out_of_range(value, stringify!($type)))
            }
        }
        single_column!($type);
    )+};
}

// An unsigned type is stored in the next wider signed one, since SQLite and PostgreSQL have no other.
integers! {
    i8 as i16, I16;
    i16 as i16, I16;
    i32 as i32, I32;
    i64 as i64, I64;
    u8 as i16, I16;
    u16 as i32, I32;
    u32 as i64, I64;
    u64 as i64, I64;
}

impl Value for bool {
    const KIND: Kind = Kind::Bool;

    fn to_param(&self) -> Result<Param<'_>> {
        Ok(Param::Bool(*self))
    }

    fn from_cell(cell: Cell<'_>) -> Result<Self> {
        match &cell {
            #[cfg(feature = "postgres")]
            Cell::Postgres(value) => super::checked::<bool, sqlx::Postgres>(value)
                .unwrap_or_else(|| Err(cell.mismatch())),
            Cell::Param(Param::Bool(value)) => Ok(*value),
            // SQLite and MariaDB have no boolean of their own.
            _ => Ok(integer(cell)? != 0),
        }
    }
}

impl Value for f64 {
    const KIND: Kind = Kind::F64;

    fn to_param(&self) -> Result<Param<'_>> {
        Ok(Param::F64(*self))
    }

    fn from_cell(cell: Cell<'_>) -> Result<Self> {
        let found = match &cell {
            #[cfg(feature = "sqlite")]
            Cell::Sqlite(cell) => super::sqlite_value::<f64>(cell, &["REAL", "INTEGER"]),
            #[cfg(feature = "postgres")]
            Cell::Postgres(value) => super::checked::<f64, sqlx::Postgres>(value)
                .or_else(|| Some(super::checked::<f32, sqlx::Postgres>(value)?.map(f64::from))),
            #[cfg(feature = "mysql")]
            Cell::MySql(value) => super::checked::<f64, sqlx::MySql>(value),
            Cell::Param(Param::F64(value)) => Some(Ok(*value)),
            Cell::Param(Param::F32(value)) => Some(Ok((*value).into())),
            Cell::Param(_) => None,
            Cell::Text(text) => Some(
                text.parse()
                    .map_err(|_| super::unreadable(text, "a number")),
            ),
        };
        found.unwrap_or_else(|| Err(cell.mismatch()))
    }
}

impl Value for f32 {
    const KIND: Kind = Kind::F32;

    fn to_param(&self) -> Result<Param<'_>> {
        Ok(Param::F32(*self))
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the column was written as an f32"
    )]
    fn from_cell(cell: Cell<'_>) -> Result<Self> {
        f64::from_cell(cell).map(|value| value as f32)
    }
}

single_column!(bool, f32, f64);
