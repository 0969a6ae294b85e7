//! Runs queries that a user wrote as SQL.

use std::convert::identity;

use super::page::{self, Page};
use crate::driver::{Answer, Dialect, FromRow, Param, Request};
use crate::error::{Error, ErrorKind, Result};
use crate::executor::{RowsStream, Target};
use crate::query::Template;

/// Every row.
pub async fn all<T: FromRow>(
    query: &'static Template,
    target: Target<'_>,
    params: &[Param<'_>],
) -> Result<Vec<T>> {
    let request = request(query, target.dialect(), params)?;
    let blame = |error| blame(query, error);
    target.rows(request, query.by, blame).await
}

/// The only row, if there is one.
///
/// # Errors
/// [`ErrorKind::NotUnique`] when there are more.
pub async fn optional<T: FromRow>(
    query: &'static Template,
    target: Target<'_>,
    params: &[Param<'_>],
) -> Result<Option<T>> {
    let answer = answer(query, target, params).await?;
    if answer.rows.len() > 1 {
        let message = format!(
            "one row was expected, and the query returned {}",
            answer.rows.len()
        );
        return Err(blame(query, Error::new(ErrorKind::NotUnique, message)));
    }
    answer
        .rows
        .decode_first(query.by)
        .map_err(|error| blame(query, error))
}

/// The only row.
///
/// # Errors
/// [`ErrorKind::NotFound`] when there is none, [`ErrorKind::NotUnique`] when there are more.
pub async fn one<T: FromRow>(
    query: &'static Template,
    target: Target<'_>,
    params: &[Param<'_>],
) -> Result<T> {
    let found = optional(query, target, params).await?;
    found.ok_or_else(|| {
        blame(
            query,
            Error::new(ErrorKind::NotFound, "the query returned no row"),
        )
    })
}

/// Every row, while the rest is still coming.
pub fn stream<T: FromRow + Send + 'static>(
    query: &'static Template,
    target: Target<'_>,
    params: Result<Vec<Param<'_>>>,
) -> RowsStream<T> {
    let request = params.and_then(|params| request(query, target.dialect(), &params));
    RowsStream::new(target, request, query.by)
}

/// How many rows were written.
pub async fn affected(
    query: &'static Template,
    target: Target<'_>,
    params: &[Param<'_>],
) -> Result<u64> {
    answer(query, target, params)
        .await
        .map(|answer| answer.affected)
}

/// Whether a row was written.
pub async fn changed(
    query: &'static Template,
    target: Target<'_>,
    params: &[Param<'_>],
) -> Result<bool> {
    affected(query, target, params).await.map(|rows| rows > 0)
}

/// Runs it, and that is all.
pub async fn run(query: &'static Template, target: Target<'_>, params: &[Param<'_>]) -> Result<()> {
    answer(query, target, params).await.map(drop)
}

/// A page of the rows.
pub async fn page<T: FromRow>(
    query: &'static Template,
    target: Target<'_>,
    params: &[Param<'_>],
    number: u64,
    size: u64,
) -> Result<Page<T>> {
    let size = page::checked_size(size).map_err(|error| blame(query, error))?;
    let offset = page::offset(number, size).map_err(|error| blame(query, error))?;
    let dialect = target.dialect();
    let made = query.made(dialect)?;
    let mut params = made.arrange(params);
    let counting = format!("SELECT count(*) FROM ({}) AS wharf_page", made.text);
    let counting = Request::statement(dialect, query.operation(), counting, &params)?;
    let total = target.row(counting, identity).await?.unwrap_or(0);
    let mut paged = format!("{} LIMIT ", made.text);
    dialect.placeholder(params.len() + 1, &mut paged);
    paged.push_str(" OFFSET ");
    dialect.placeholder(params.len() + 2, &mut paged);
    params.push(Param::I64(page::count("page size", size)?));
    params.push(Param::I64(offset));
    let answer = target
        .run(Request::statement(
            dialect,
            query.operation(),
            paged,
            &params,
        )?)
        .await?;
    let items = answer
        .rows
        .decode(query.by)
        .map_err(|error| blame(query, error))?;
    Ok(Page {
        items,
        number,
        size,
        total,
    })
}

async fn answer(
    query: &'static Template,
    target: Target<'_>,
    params: &[Param<'_>],
) -> Result<Answer> {
    target.run(request(query, target.dialect(), params)?).await
}

fn request(query: &'static Template, dialect: Dialect, params: &[Param<'_>]) -> Result<Request> {
    let made = query.made(dialect)?;
    Request::statement(dialect, query.operation(), made.text, &made.arrange(params))
}

fn blame(query: &Template, error: Error) -> Error {
    error.attempting(|| query.operation().name.to_owned())
}
