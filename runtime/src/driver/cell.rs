//! One value, and one row of values, on their way out of the database.

use std::fmt;

use super::param::Param;
use super::sqlx::{self, Row as _, ValueRef as _};
use super::value::Value;
use crate::error::{Error, ErrorKind, Result};

/// One value of a row, as the engine sent it.
#[derive(Clone)]
#[non_exhaustive]
pub enum Cell<'r> {
    /// From SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteCell<'r>),
    /// From PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(sqlx::postgres::PgValueRef<'r>),
    /// From MariaDB or MySQL.
    #[cfg(feature = "mysql")]
    MySql(sqlx::mysql::MySqlValueRef<'r>),
    /// A value that was just sent, read back without asking the database.
    Param(&'r Param<'r>),
    /// A value in the text form of [`Param::to_text`].
    Text(&'r str),
}

/// One value of an SQLite row; sqlx's own reference to it can be looked at only once.
#[cfg(feature = "sqlite")]
#[derive(Clone, Copy)]
pub struct SqliteCell<'r> {
    row: &'r sqlx::sqlite::SqliteRow,
    place: usize,
}

#[cfg(feature = "sqlite")]
impl<'r> SqliteCell<'r> {
    /// sqlx's own reference to the value.
    pub fn value(self) -> sqlx::sqlite::SqliteValueRef<'r> {
        self.row
            .try_get_raw(self.place)
            .expect("a cell is made only for a column that is there")
    }
}

/// Why a value can't become the Rust type that was asked for.
#[derive(Debug)]
pub(crate) enum Mismatch {
    Null,
    Type { found: String },
    Value { problem: String },
}

impl Cell<'_> {
    /// Whether this is SQL's NULL.
    #[inline]
    pub fn is_null(&self) -> bool {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(cell) => cell.value().is_null(),
            #[cfg(feature = "postgres")]
            Self::Postgres(value) => value.is_null(),
            #[cfg(feature = "mysql")]
            Self::MySql(value) => value.is_null(),
            Self::Param(param) => param.is_null(),
            Self::Text(_) => false,
        }
    }

    /// An error that says what was found instead.
    pub(crate) fn mismatch(&self) -> Error {
        let found = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(cell) => cell.value().type_info().to_string(),
            #[cfg(feature = "postgres")]
            Self::Postgres(value) => value.type_info().to_string(),
            #[cfg(feature = "mysql")]
            Self::MySql(value) => value.type_info().to_string(),
            Self::Param(param) => param.kind().name().to_owned(),
            Self::Text(_) => "a text".to_owned(),
        };
        Mismatch::Type { found }.into()
    }
}

impl From<Mismatch> for Error {
    fn from(mismatch: Mismatch) -> Self {
        Error::new(
            ErrorKind::Decode,
            match mismatch {
                Mismatch::Null => "is NULL, and the Rust type is no `Option`".to_owned(),
                Mismatch::Type { found } => format!("holds {found}"),
                Mismatch::Value { problem } => problem,
            },
        )
    }
}

/// One row of an answer.
#[derive(Clone, Copy)]
pub struct Row<'r> {
    inner: Inner<'r>,
    /// Where the wanted columns are, when they are taken by name.
    places: Option<&'r [usize]>,
}

#[derive(Clone, Copy)]
pub(crate) enum Inner<'r> {
    #[cfg(feature = "sqlite")]
    Sqlite(&'r sqlx::sqlite::SqliteRow),
    #[cfg(feature = "postgres")]
    Postgres(&'r sqlx::postgres::PgRow),
    #[cfg(feature = "mysql")]
    MySql(&'r sqlx::mysql::MySqlRow),
    Params(&'r [Param<'r>]),
}

impl<'r> Row<'r> {
    pub(crate) fn new(inner: Inner<'r>, places: Option<&'r [usize]>) -> Self {
        Self { inner, places }
    }

    /// Values that were just sent, as a row.
    pub(crate) fn of_params(params: &'r [Param<'r>]) -> Self {
        Self {
            inner: Inner::Params(params),
            places: None,
        }
    }

    /// How many columns the row has.
    pub fn width(&self) -> usize {
        match self.inner {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(row) => row.len(),
            #[cfg(feature = "postgres")]
            Inner::Postgres(row) => row.len(),
            #[cfg(feature = "mysql")]
            Inner::MySql(row) => row.len(),
            Inner::Params(params) => params.len(),
        }
    }

    /// The value at a position, counted from 0 in the order in which [`FromRow`](crate::FromRow) names its columns.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] with the column's name, when the value doesn't fit the type or there is no such column.
    pub fn get<T: Value>(&self, position: usize) -> Result<T> {
        let place = self.places.map_or(position, |places| {
            places.get(position).copied().unwrap_or(usize::MAX)
        });
        let value = match self.cell(place) {
            Some(cell) if cell.is_null() => T::from_null(),
            Some(cell) => T::from_cell(cell),
            None => Err(Error::new(
                ErrorKind::Decode,
                format!("isn't there: the row has {} columns", self.width()),
            )),
        };
        value.map_err(|error| self.blame(error, place, T::KIND.name()))
    }

    #[inline]
    fn cell(&self, place: usize) -> Option<Cell<'r>> {
        match self.inner {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(row) => {
                (place < row.len()).then_some(Cell::Sqlite(SqliteCell { row, place }))
            }
            #[cfg(feature = "postgres")]
            Inner::Postgres(row) => row.try_get_raw(place).ok().map(Cell::Postgres),
            #[cfg(feature = "mysql")]
            Inner::MySql(row) => row.try_get_raw(place).ok().map(Cell::MySql),
            Inner::Params(params) => params.get(place).map(Cell::Param),
        }
    }

    /// The name of the column at a place in the row itself.
    pub(crate) fn name(&self, place: usize) -> Option<&'r str> {
        use sqlx::Column as _;
        match self.inner {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(row) => row.columns().get(place).map(|column| column.name()),
            #[cfg(feature = "postgres")]
            Inner::Postgres(row) => row.columns().get(place).map(|column| column.name()),
            #[cfg(feature = "mysql")]
            Inner::MySql(row) => row.columns().get(place).map(|column| column.name()),
            Inner::Params(_) => None,
        }
    }

    #[cold]
    fn blame(&self, error: Error, place: usize, wanted: &str) -> Error {
        let column = match self.name(place) {
            Some(name) => format!("column `{name}`"),
            None => format!("column {place}"),
        };
        Error::new(
            ErrorKind::Decode,
            format!("{column} {error}; {wanted} was expected"),
        )
    }
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = (0..self.width())
            .map(|place| self.name(place).unwrap_or("?"))
            .collect();
        f.debug_tuple("Row").field(&names).finish()
    }
}
