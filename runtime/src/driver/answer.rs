//! Everything that the server said to one request.

use super::cell::{Inner, Row};
use super::sqlx;
use super::value::FromRow;
use crate::error::{Error, ErrorKind, Result};

/// Everything that the server said to one request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) rows: Rows,
    /// 0 for a request that said that it has one row at most, on PostgreSQL.
    pub(crate) affected: u64,
    /// How many rows came, those among them that were sent on.
    pub(crate) returned: u64,
    /// The id that SQLite or MariaDB generated last.
    pub(crate) last_id: Option<i64>,
    /// Whether the question behind a commit was answered, if there was one. The commit was.
    pub(crate) is_whole: bool,
}

/// Rows as sqlx made them: decoded later, off the wire, so that nothing on the wire is generic.
#[derive(Debug)]
pub(crate) enum Rows {
    #[cfg(feature = "sqlite")]
    Sqlite(Vec<sqlx::sqlite::SqliteRow>),
    #[cfg(feature = "postgres")]
    Postgres(Vec<sqlx::postgres::PgRow>),
    /// One at most, of a request that said so: without a list on the heap.
    #[cfg(feature = "postgres")]
    PostgresRow(Option<sqlx::postgres::PgRow>),
    #[cfg(feature = "mysql")]
    MySql(Vec<sqlx::mysql::MySqlRow>),
}

/// How the columns of a row are matched with the fields of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// In the order of our own column list.
    Position,
    /// By name, for `SELECT *` and projections.
    Name,
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(rows) => rows.len(),
            #[cfg(feature = "postgres")]
            Self::Postgres(rows) => rows.len(),
            #[cfg(feature = "postgres")]
            Self::PostgresRow(row) => usize::from(row.is_some()),
            #[cfg(feature = "mysql")]
            Self::MySql(rows) => rows.len(),
        }
    }

    fn inner(&self, index: usize) -> Option<Inner<'_>> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(rows) => rows.get(index).map(Inner::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres(rows) => rows.get(index).map(Inner::Postgres),
            #[cfg(feature = "postgres")]
            Self::PostgresRow(row) => row.iter().nth(index).map(Inner::Postgres),
            #[cfg(feature = "mysql")]
            Self::MySql(rows) => rows.get(index).map(Inner::MySql),
        }
    }

    /// Makes every row a `T`.
    pub(crate) fn decode<T: FromRow>(&self, by: By) -> Result<Vec<T>> {
        let mut decoded = Vec::new();
        self.decode_onto(&mut decoded, by)?;
        Ok(decoded)
    }

    /// Makes every row a `T`, and puts them at the end of a list.
    pub(crate) fn decode_onto<T: FromRow>(&self, list: &mut Vec<T>, by: By) -> Result<()> {
        let Some(first) = self.inner(0) else {
            return Ok(());
        };
        let places = places::<T>(&Row::new(first, None), by)?;
        list.reserve(self.len());
        for index in 0..self.len() {
            if let Some(inner) = self.inner(index) {
                list.push(T::from_row(&Row::new(inner, places.as_deref()))?);
            }
        }
        Ok(())
    }

    /// Makes the first row a `T`.
    pub(crate) fn decode_first<T: FromRow>(&self, by: By) -> Result<Option<T>> {
        let Some(first) = self.inner(0) else {
            return Ok(None);
        };
        let places = places::<T>(&Row::new(first, None), by)?;
        T::from_row(&Row::new(first, places.as_deref())).map(Some)
    }
}

/// Finds where the wanted columns are; done once an answer, not once a row.
fn places<T: FromRow>(row: &Row<'_>, by: By) -> Result<Option<Vec<usize>>> {
    let wanted = T::COLUMNS;
    if by == By::Position || wanted.is_empty() {
        if row.width() < T::WIDTH {
            return Err(Error::new(
                ErrorKind::Decode,
                format!(
                    "{} columns were expected, and the row has {}",
                    T::WIDTH,
                    row.width()
                ),
            ));
        }
        return Ok(None);
    }
    let names: Vec<&str> = (0..row.width())
        .filter_map(|place| row.name(place))
        .collect();
    let place_of = |wanted: &&str| {
        names.iter().position(|name| name == wanted).ok_or_else(|| {
            Error::new(
                ErrorKind::Decode,
                format!(
                    "column `{wanted}` isn't in the answer, whose columns are {}",
                    names.join(", ")
                ),
            )
        })
    };
    wanted.iter().map(place_of).collect::<Result<_>>().map(Some)
}
