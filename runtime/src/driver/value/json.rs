//! Structures stored as JSON documents.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Cell, FromRow, Kind, Param, Row, Value};
use crate::driver::cell::Mismatch;
use crate::driver::sqlx;
use crate::error::{Error, ErrorKind, Result};

/// A structure stored as a JSON document: JSONB on PostgreSQL, JSON on MariaDB, TEXT on SQLite.
///
/// `#[column(json)]` stores a field this way without the wrapper.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl<T: Serialize + DeserializeOwned> Value for Json<T> {
    const KIND: Kind = Kind::Json;

    fn to_param(&self) -> Result<Param<'_>> {
        write(&self.0)
    }

    fn from_cell(cell: Cell<'_>) -> Result<Self> {
        read(cell).map(Self)
    }
}

impl<T: Serialize + DeserializeOwned> FromRow for Json<T> {
    const WIDTH: usize = 1;

    fn from_row(row: &Row<'_>) -> Result<Self> {
        row.get(0)
    }
}

pub(crate) fn write<T: Serialize>(value: &T) -> Result<Param<'static>> {
    serde_json::to_string(value)
        .map(|text| Param::Json(Cow::Owned(text)))
        .map_err(|problem| {
            Error::new(
                ErrorKind::Encode,
                format!("the value can't be written as JSON: {problem}"),
            )
        })
}

fn read<T: DeserializeOwned>(cell: Cell<'_>) -> Result<T> {
    let parse = |text: &[u8]| {
        serde_json::from_slice(text).map_err(|e| {
            Mismatch::Value {
                problem: format!("holds JSON that doesn't fit: {e}"),
            }
            .into()
        })
    };
    let found = match &cell {
        #[cfg(feature = "sqlite")]
        Cell::Sqlite(cell) => {
            super::sqlite_value::<&[u8]>(cell, &["TEXT", "BLOB"]).map(|text| text.and_then(parse))
        }
        #[cfg(feature = "postgres")]
        Cell::Postgres(value) => super::checked::<sqlx::types::Json<T>, sqlx::Postgres>(value)
            .map(|json| json.map(|json| json.0)),
        #[cfg(feature = "mysql")]
        Cell::MySql(value) => super::checked::<sqlx::types::Json<T>, sqlx::MySql>(value)
            .map(|json| json.map(|json| json.0)),
        Cell::Param(Param::Json(text)) => Some(parse(text.as_bytes())),
        Cell::Param(_) => None,
        Cell::Text(text) => Some(parse(text.as_bytes())),
    };
    found.unwrap_or_else(|| Err(cell.mismatch()))
}
