//! Parts of a result: pages by number, and slices that go on after the last row.

use crate::entity::{Entity, Table};
use crate::error::{Error, ErrorKind, Result};
use crate::query::{Cursor, Keyset};

/// The most rows that a page or a slice may have. Whoever wants more wants a stream.
pub const MAX_PAGE_SIZE: u64 = 10_000;

/// A page of a result, with how many rows there are in all.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Which page this is, counted from 0.
    pub number: u64,
    /// How many rows a full page has.
    pub size: u64,
    /// How many rows all pages have together.
    pub total: u64,
}

impl<T> Page<T> {
    /// How many pages there are.
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.size)
    }

    /// Whether this is the last page, or beyond it.
    pub fn is_last(&self) -> bool {
        self.number + 1 >= self.pages()
    }
}

/// Some rows of a result, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Slice<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next slice begins; `None` when there is none.
    pub next: Option<Cursor>,
}

/// A page's size, if it is one.
pub(super) fn checked_size(size: u64) -> Result<u64> {
    if !(1..=MAX_PAGE_SIZE).contains(&size) {
        let message = format!(
            "the page size is {size}, and 1 to {MAX_PAGE_SIZE} is allowed; use a stream for more"
        );
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    Ok(size)
}

/// Where a page begins.
pub(super) fn offset(number: u64, size: u64) -> Result<i64> {
    number
        .checked_mul(size)
        .and_then(|offset| i64::try_from(offset).ok())
        .ok_or_else(|| {
            let message = format!("page {number} of {size} rows begins beyond any row");
            Error::new(ErrorKind::InvalidArgument, message)
        })
}

/// A number as the database takes it.
pub(super) fn count(what: &str, value: u64) -> Result<i64> {
    i64::try_from(value).map_err(|_| {
        Error::new(
            ErrorKind::InvalidArgument,
            format!("the {what} {value} is too large"),
        )
    })
}

/// A slice of rows of which one more than asked for was fetched, to see whether there is a next one.
pub(super) fn slice<E: Entity>(
    mut items: Vec<E>,
    size: u64,
    keyset: &Keyset,
    table: &Table,
) -> Result<Slice<E>> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let has_more = items.len() > size;
    items.truncate(size);
    let next = match items.last() {
        Some(last) if has_more => Some(Cursor::new(
            keyset.fingerprint(table),
            keyset.place_of(&last.params()?),
        )),
        _ => None,
    };
    Ok(Slice { items, next })
}
