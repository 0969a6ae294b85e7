//! Runs queries whose name says what they do.

use super::page::{self, Page};
use super::select::{count_on, delete_on, exists_on};
use crate::driver::{By, Operation, Param, Request};
use crate::entity::Entity;
use crate::error::{Error, ErrorKind, Result};
use crate::executor::{RowsStream, Target};
use crate::query::{Derived, Keyset, Writer};

/// Every row that meets the condition.
pub async fn all<E: Entity>(
    query: &'static Derived,
    target: Target<'_>,
    params: &[Param<'_>],
) -> Result<Vec<E>> {
    let request = select(query, target, params)?;
    let blame = |error| blame(query, error);
    target.rows(request, By::Position, blame).await
}

/// The row that meets the condition, if there is one.
///
/// # Errors
/// [`ErrorKind::NotUnique`] when there are more.
pub async fn optional<E: Entity>(
    query: &'static Derived,
    target: Target<'_>,
    params: &[Param<'_>],
) -> Result<Option<E>> {
    let mut rows: Vec<E> = all(query, target, params).await?;
    if rows.len() > 1 {
        return Err(blame(
            query,
            Error::new(
                ErrorKind::NotUnique,
                "more than one row meets the condition",
            ),
        ));
    }
    Ok(rows.pop())
}

/// The row that meets the condition.
///
/// # Errors
/// [`ErrorKind::NotFound`] when there is none, [`ErrorKind::NotUnique`] when there are more.
pub async fn one<E: Entity>(
    query: &'static Derived,
    target: Target<'_>,
    params: &[Param<'_>],
) -> Result<E> {
    let found = optional(query, target, params).await?;
    found.ok_or_else(|| {
        blame(
            query,
            Error::new(ErrorKind::NotFound, "no row meets the condition"),
        )
    })
}

/// Every row that meets the condition, while the rest is still coming.
pub fn stream<E: Entity>(
    query: &'static Derived,
    target: Target<'_>,
    params: Result<Vec<Param<'_>>>,
) -> RowsStream<E> {
    let request = params.and_then(|params| select(query, target, &params));
    RowsStream::new(target, request, By::Position)
}

/// How many rows meet the condition.
pub async fn count<E: Entity>(
    query: &'static Derived,
    target: Target<'_>,
    params: &[Param<'_>],
) -> Result<u64> {
    let (expr, params) = query.condition(params);
    count_on::<E>(target, &expr, &params).await
}

/// Whether a row meets the condition.
pub async fn exists<E: Entity>(
    query: &'static Derived,
    target: Target<'_>,
    params: &[Param<'_>],
) -> Result<bool> {
    let (expr, params) = query.condition(params);
    exists_on::<E>(target, operation(query), &expr, &params).await
}

/// Deletes the rows that meet the condition; says how many there were.
pub async fn delete<E: Entity>(
    query: &'static Derived,
    target: Target<'_>,
    params: &[Param<'_>],
) -> Result<u64> {
    let (expr, params) = query.condition(params);
    delete_on::<E>(target, query.name, &expr, &params).await
}

/// A page of the rows that meet the condition.
pub async fn page<E: Entity>(
    query: &'static Derived,
    target: Target<'_>,
    params: &[Param<'_>],
    number: u64,
    size: u64,
) -> Result<Page<E>> {
    let size = page::checked_size(size).map_err(|error| blame(query, error))?;
    let offset = page::offset(number, size).map_err(|error| blame(query, error))?;
    let (expr, mut params) = query.condition(params);
    let total = count_on::<E>(target, &expr, &params).await?;
    let mut w = Writer::new(target.dialect());
    let keyset = Keyset::new(E::TABLE, query.sorts());
    w.select(E::TABLE)
        .filter(E::TABLE, &expr)
        .order(E::TABLE, &keyset.sorts)
        .limit(true, true);
    params.push(Param::I64(page::count("page size", size)?));
    params.push(Param::I64(offset));
    let request = Request::statement(target.dialect(), operation(query), w.finish(), &params)?;
    let items = target
        .run(request)
        .await?
        .rows
        .decode(By::Position)
        .map_err(|error| blame(query, error))?;
    Ok(Page {
        items,
        number,
        size,
        total,
    })
}

fn select(query: &'static Derived, target: Target<'_>, params: &[Param<'_>]) -> Result<Request> {
    let dialect = target.dialect();
    if params.iter().any(Param::is_null) {
        let (expr, params) = query.condition(params);
        return Request::statement(
            dialect,
            operation(query),
            query.select(dialect, &expr),
            &params,
        );
    }
    let text = query.text(dialect, || {
        query.select(dialect, &query.condition(params).0)
    });
    Request::statement(dialect, operation(query), text, params)
}

fn operation(query: &Derived) -> Operation {
    Operation::read(query.name, query.table.name)
}

fn blame(query: &Derived, error: Error) -> Error {
    error.attempting(|| query.name.to_owned())
}
