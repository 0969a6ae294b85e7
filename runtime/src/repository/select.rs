//! A query that is being put together: filter, order, limit; and the ways to run it.

use std::convert::identity;
use std::fmt;
use std::marker::PhantomData;

use super::crud::blame;
use super::page::{self, Page, Slice};
use crate::driver::{By, Dialect, Operation, Param, Request};
use crate::entity::Entity;
use crate::error::{Error, ErrorKind, Result};
use crate::executor::{Executor, RowsStream, Target, WriteExecutor, target};
use crate::query::{Cursor, Expr, Filter, Keyset, Order, Sort, Writer};

/// A query on entity `E` that is being put together; made by a repository's `filter`.
#[must_use = "a query does nothing until one of `all`, `first`, `one`, `count`, … runs it"]
pub struct Select<E> {
    filter: Filter<E>,
    sorts: Vec<Sort>,
    limit: Option<u64>,
    offset: Option<u64>,
    of: PhantomData<fn() -> E>,
}

impl<E: Entity> Select<E> {
    /// The rows for which a condition holds.
    pub fn new(filter: Filter<E>) -> Self {
        Self {
            filter,
            sorts: Vec::new(),
            limit: None,
            offset: None,
            of: PhantomData,
        }
    }

    /// Narrows the rows further.
    pub fn filter(mut self, condition: impl FnOnce(&'static E::Columns) -> Filter<E>) -> Self {
        self.filter = self.filter.and(condition(E::FIELDS));
        self
    }

    /// Orders the rows; called again, orders those that the first order leaves equal.
    pub fn order_by(mut self, order: impl FnOnce(&'static E::Columns) -> Order<E>) -> Self {
        self.sorts.push(order(E::FIELDS).sort);
        self
    }

    /// At most this many rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// Leaves out this many rows at the beginning.
    pub fn offset(mut self, rows: u64) -> Self {
        self.offset = Some(rows);
        self
    }

    /// All of them.
    ///
    /// # Errors
    /// As any query.
    #[track_caller]
    pub fn all(self, db: &impl Executor) -> impl Future<Output = Result<Vec<E>>> {
        self.all_on(target(db))
    }

    /// The first, if there is one.
    ///
    /// # Errors
    /// As any query.
    #[track_caller]
    pub fn first(self, db: &impl Executor) -> impl Future<Output = Result<Option<E>>> {
        self.first_on(target(db))
    }

    /// The only one.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none, [`ErrorKind::NotUnique`] when there are more.
    #[track_caller]
    pub fn one(self, db: &impl Executor) -> impl Future<Output = Result<E>> {
        self.one_on(target(db))
    }

    /// How many there are, whatever the limit.
    ///
    /// # Errors
    /// As any query.
    #[track_caller]
    pub fn count(self, db: &impl Executor) -> impl Future<Output = Result<u64>> {
        let target = target(db);
        async move {
            let (expr, params) = self.filter.into_parts()?;
            count_on::<E>(target, &expr, &params).await
        }
    }

    /// Whether there is one.
    ///
    /// # Errors
    /// As any query.
    #[track_caller]
    pub fn exists(self, db: &impl Executor) -> impl Future<Output = Result<bool>> {
        let target = target(db);
        async move {
            let (expr, params) = self.filter.into_parts()?;
            let operation = Operation::read("exists", E::TABLE.name);
            exists_on::<E>(target, operation, &expr, &params).await
        }
    }

    /// A page of them, counted from 0, with how many there are in all. Made unambiguous by the id.
    ///
    /// Counting and reading are two statements: what is written in between may be in one and not in the other, unless
    /// they run in a unit of work that sees one state.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for a size that isn't from 1 to [`MAX_PAGE_SIZE`](crate::MAX_PAGE_SIZE), or when
    /// a limit or an offset was set.
    #[track_caller]
    pub fn page(
        self,
        db: &impl Executor,
        number: u64,
        size: u64,
    ) -> impl Future<Output = Result<Page<E>>> {
        self.page_on(target(db), number, size)
    }

    /// Those after a cursor, or the first ones; with the cursor for the next. Made unambiguous by the id.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for a size that isn't from 1 to [`MAX_PAGE_SIZE`](crate::MAX_PAGE_SIZE), for a
    /// cursor of another query or one that was altered, or when a limit or an offset was set.
    #[track_caller]
    pub fn after(
        self,
        db: &impl Executor,
        cursor: Option<&Cursor>,
        size: u64,
    ) -> impl Future<Output = Result<Slice<E>>> {
        self.after_on(target(db), cursor, size)
    }

    /// All of them, one after the other, while the rest is still coming.
    #[track_caller]
    pub fn stream(self, db: &impl Executor) -> RowsStream<E> {
        let target = target(db);
        RowsStream::new(
            target,
            self.request(target.dialect(), "stream"),
            By::Position,
        )
    }

    /// Deletes them; says how many there were.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] when an order, a limit or an offset was set: engines disagree on what that deletes.
    #[track_caller]
    pub fn delete(self, db: &impl WriteExecutor) -> impl Future<Output = Result<u64>> {
        self.delete_on(target(db))
    }

    pub(super) async fn all_on(self, target: Target<'_>) -> Result<Vec<E>> {
        let request = self.request(target.dialect(), "filter")?;
        target.rows(request, By::Position, blame::<E>).await
    }

    async fn first_on(self, target: Target<'_>) -> Result<Option<E>> {
        let request = self.limit(1).request(target.dialect(), "first")?;
        target.row(request, blame::<E>).await
    }

    async fn one_on(self, target: Target<'_>) -> Result<E> {
        let request = self.limit(2).request(target.dialect(), "one")?;
        let answer = target.run(request).await?;
        let mut rows: Vec<E> = answer.rows.decode(By::Position).map_err(blame::<E>)?;
        let (row, more) = (rows.pop(), rows.pop());
        match (row, more) {
            (Some(row), None) => Ok(row),
            (None, _) => Err(Error::new(
                ErrorKind::NotFound,
                "no row meets the condition",
            )),
            _ => Err(Error::new(
                ErrorKind::NotUnique,
                "more than one row meets the condition",
            )),
        }
        .map_err(|error| error.attempting(|| format!("one {}", E::TABLE.name)))
    }

    pub(super) async fn page_on(
        self,
        target: Target<'_>,
        number: u64,
        size: u64,
    ) -> Result<Page<E>> {
        let attempting = |error: Error| error.attempting(|| format!("page {}", E::TABLE.name));
        self.check_unlimited("page").map_err(attempting)?;
        let size = page::checked_size(size).map_err(attempting)?;
        let offset = page::offset(number, size).map_err(attempting)?;
        let (expr, mut params) = self.filter.into_parts()?;
        let total = count_on::<E>(target, &expr, &params).await?;
        let keyset = Keyset::new(E::TABLE, self.sorts);
        let mut w = Writer::new(target.dialect());
        w.select(E::TABLE)
            .filter(E::TABLE, &expr)
            .order(E::TABLE, &keyset.sorts)
            .limit(true, true);
        params.push(Param::I64(page::count("page size", size)?));
        params.push(Param::I64(offset));
        let request = Request::statement(
            target.dialect(),
            Operation::read("page", E::TABLE.name),
            w.finish(),
            &params,
        )?;
        let items = target
            .run(request)
            .await?
            .rows
            .decode(By::Position)
            .map_err(blame::<E>)?;
        Ok(Page {
            items,
            number,
            size,
            total,
        })
    }

    pub(super) async fn after_on(
        self,
        target: Target<'_>,
        cursor: Option<&Cursor>,
        size: u64,
    ) -> Result<Slice<E>> {
        let attempting = |error: Error| error.attempting(|| format!("after {}", E::TABLE.name));
        self.check_unlimited("slice").map_err(attempting)?;
        let size = page::checked_size(size).map_err(attempting)?;
        let keyset = Keyset::new(E::TABLE, self.sorts);
        let (mut expr, mut params) = self.filter.into_parts()?;
        if let Some(cursor) = cursor {
            let place = cursor
                .place(&keyset.fingerprint(E::TABLE), keyset.sorts.len())
                .map_err(attempting)?;
            let altered = |_| {
                Error::new(
                    ErrorKind::InvalidArgument,
                    "the cursor doesn't fit the columns",
                )
            };
            let (after, values) = keyset
                .after(E::TABLE, place)
                .map_err(altered)
                .map_err(attempting)?;
            expr = expr.and(after);
            params.extend(values);
        }
        let mut w = Writer::new(target.dialect());
        w.select(E::TABLE)
            .filter(E::TABLE, &expr)
            .order(E::TABLE, &keyset.sorts)
            .limit(true, false);
        params.push(Param::I64(page::count("page size", size + 1)?));
        let request = Request::statement(
            target.dialect(),
            Operation::read("after", E::TABLE.name),
            w.finish(),
            &params,
        )?;
        let items = target
            .run(request)
            .await?
            .rows
            .decode(By::Position)
            .map_err(blame::<E>)?;
        page::slice(items, size, &keyset, E::TABLE)
    }

    async fn delete_on(self, target: Target<'_>) -> Result<u64> {
        if !self.sorts.is_empty() || self.limit.is_some() || self.offset.is_some() {
            let message =
                "an order, a limit or an offset can't choose what to delete; find the ids first";
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .attempting(|| format!("delete {}", E::TABLE.name)));
        }
        let (expr, params) = self.filter.into_parts()?;
        delete_on::<E>(target, "delete", &expr, &params).await
    }

    fn check_unlimited(&self, what: &str) -> Result<()> {
        if self.limit.is_none() && self.offset.is_none() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("a {what} has its own limit; leave `limit` and `offset` out"),
        ))
    }

    fn request(self, dialect: Dialect, name: &'static str) -> Result<Request> {
        let (expr, mut params) = self.filter.into_parts()?;
        let mut w = Writer::new(dialect);
        w.select(E::TABLE)
            .filter(E::TABLE, &expr)
            .order(E::TABLE, &self.sorts);
        w.limit(self.limit.is_some(), self.offset.is_some());
        if let Some(limit) = self.limit {
            params.push(Param::I64(page::count("limit", limit)?));
        }
        if let Some(offset) = self.offset {
            params.push(Param::I64(page::count("offset", offset)?));
        }
        Request::statement(
            dialect,
            Operation::read(name, E::TABLE.name),
            w.finish(),
            &params,
        )
    }
}

pub(super) async fn count_on<E: Entity>(
    target: Target<'_>,
    expr: &Expr,
    params: &[Param<'_>],
) -> Result<u64> {
    let mut w = Writer::new(target.dialect());
    w.push("SELECT count(*) FROM ")
        .name(E::TABLE.name)
        .filter(E::TABLE, expr);
    let request = Request::statement(
        target.dialect(),
        Operation::read("count", E::TABLE.name),
        w.finish(),
        params,
    )?;
    Ok(target.row(request, identity).await?.unwrap_or(0))
}

pub(super) async fn exists_on<E: Entity>(
    target: Target<'_>,
    operation: Operation,
    expr: &Expr,
    params: &[Param<'_>],
) -> Result<bool> {
    let mut w = Writer::new(target.dialect());
    w.push("SELECT EXISTS (SELECT 1 FROM ")
        .name(E::TABLE.name)
        .filter(E::TABLE, expr)
        .push(")");
    let request = Request::statement(target.dialect(), operation, w.finish(), params)?;
    Ok(target.row(request, identity).await?.unwrap_or(false))
}

pub(super) async fn delete_on<E: Entity>(
    target: Target<'_>,
    name: &'static str,
    expr: &Expr,
    params: &[Param<'_>],
) -> Result<u64> {
    let mut w = Writer::new(target.dialect());
    w.delete(E::TABLE).filter(E::TABLE, expr);
    let operation = Operation::write(name, "DELETE", E::TABLE.name);
    let request = Request::statement(target.dialect(), operation, w.finish(), params)?;
    Ok(target.run(request).await?.affected)
}

impl<E: Entity> fmt::Debug for Select<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select")
            .field("table", &E::TABLE.name)
            .field("filter", &self.filter)
            .field("order", &self.sorts)
            .field("limit", &self.limit)
            .field("offset", &self.offset)
            .finish()
    }
}
