//! Finding, inserting, updating and deleting one entity; for many see `bulk`.

pub use super::bulk::{delete_many, find_many, insert_many, update_many};
use std::convert::identity;

use super::page::{Page, Slice};
use super::select::Select;
use crate::driver::{By, Dialect, Operation, Param, Request, Row, Value};
use crate::entity::{Entity, Table};
use crate::error::{Constraint, ConstraintKind, Error, ErrorKind, Outcome, Result};
use crate::executor::{RowsStream, Target};
use crate::query::{Cursor, Filter, Statements, inserted, updated};

/// The row with an id, if there is one.
pub async fn find<E: Entity>(target: Target<'_>, id: E::Id) -> Result<Option<E>> {
    let operation = Operation::read("find", E::TABLE.name);
    let request = Request::statement(
        target.dialect(),
        operation,
        statements::<E>(target).find,
        &[id.to_param()?],
    )?;
    target.row(request, blame::<E>).await
}

/// The row with an id.
pub async fn get<E: Entity>(target: Target<'_>, id: E::Id) -> Result<E> {
    let found = find::<E>(target, id.clone()).await?;
    found.ok_or_else(|| missing::<E>(&id).attempting(|| format!("get {}", E::TABLE.name)))
}

/// Every row, in the order of their ids.
pub async fn all<E: Entity>(target: Target<'_>) -> Result<Vec<E>> {
    let operation = Operation::read("all", E::TABLE.name);
    let request = Request::statement(
        target.dialect(),
        operation,
        statements::<E>(target).all,
        &[],
    )?;
    target.rows(request, By::Position, blame::<E>).await
}

/// Every row, in the order of their ids, while the rest is still coming.
pub fn stream<E: Entity>(target: Target<'_>) -> RowsStream<E> {
    let operation = Operation::read("stream", E::TABLE.name);
    let request = Request::statement(
        target.dialect(),
        operation,
        statements::<E>(target).all,
        &[],
    );
    RowsStream::new(target, request, By::Position)
}

/// Whether there is a row with an id.
pub async fn exists<E: Entity>(target: Target<'_>, id: E::Id) -> Result<bool> {
    is_there::<E>(target, Operation::read("exists", E::TABLE.name), &id).await
}

/// How many rows there are.
pub async fn count<E: Entity>(target: Target<'_>) -> Result<u64> {
    let operation = Operation::read("count", E::TABLE.name);
    let request = Request::statement(
        target.dialect(),
        operation,
        statements::<E>(target).count,
        &[],
    )?;
    Ok(target.row(request, identity).await?.unwrap_or(0))
}

/// Inserts a row, and returns it as it is stored.
pub async fn insert<E: Entity>(target: Target<'_>, entity: &E) -> Result<E> {
    let table = E::TABLE;
    let params = written(table, entity, true)?;
    check_arrays(table, target.dialect())?;
    let mut own: Vec<Param<'_>> = inserted(table).map(|place| params[place].clone()).collect();
    let operation = Operation::write("insert", "INSERT", table.name);
    if target.route().router().has_returning() {
        let request = Request::statement(
            target.dialect(),
            operation,
            statements::<E>(target).insert,
            &own,
        )?;
        return stored(target, request).await;
    }
    // MySQL can't return what it inserted: only the id that it assigned is unknown.
    let sql = statements::<E>(target).insert;
    let sql = sql.split(" RETURNING ").next().unwrap_or(sql);
    let answer = target
        .run(Request::statement(target.dialect(), operation, sql, &own)?)
        .await?;
    own = params;
    if table.id_generated {
        own[table.id] = generated_id(table, answer.last_id)?;
    }
    E::from_row(&Row::of_params(&own))
}

/// Updates a row, if it still has the version that it was read with.
pub async fn update<E: Entity>(target: Target<'_>, entity: &E) -> Result<E> {
    let table = E::TABLE;
    let mut params = written(table, entity, false)?;
    check_arrays(table, target.dialect())?;
    let mut own: Vec<Param<'_>> = updated(table).map(|place| params[place].clone()).collect();
    own.push(params[table.id].clone());
    own.extend(table.version.map(|version| params[version].clone()));
    let operation = Operation::write("update", "UPDATE", table.name);
    let request = Request::statement(
        target.dialect(),
        operation,
        statements::<E>(target).update,
        &own,
    )?;
    if target.dialect() == Dialect::MySql {
        if target.run(request).await?.affected == 1 {
            raise_version(table, &mut params)?;
            return E::from_row(&Row::of_params(&params)).map_err(blame::<E>);
        }
    } else if let Some(stored) = target.row(request, blame::<E>).await? {
        return Ok(stored);
    }
    Err(absent_or_stale::<E>(target, entity.id()).await?)
}

/// Inserts a row or, where its id is taken, updates that row whatever its version.
pub async fn upsert<E: Entity>(target: Target<'_>, entity: &E) -> Result<E> {
    let table = E::TABLE;
    let params = written(table, entity, true)?;
    check_arrays(table, target.dialect())?;
    if !target.route().router().has_returning() {
        let message =
            "MySQL can't say which row an upsert wrote; use MariaDB, or find and insert or update";
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let operation = Operation::write("upsert", "INSERT", table.name);
    let request = Request::statement(
        target.dialect(),
        operation,
        statements::<E>(target).upsert,
        &params,
    )?;
    let stored: E = stored(target, request).await?;
    // The others know which key was in the way. MariaDB takes a 0 for an id that it is to assign.
    let is_assigned = table.id_generated && params[table.id].to_text().as_deref() == Some("0");
    if target.dialect() == Dialect::MySql
        && !is_assigned
        && stored.id() != entity.id()
        // What is sent may be less exact than what the program has: a time has microseconds.
        && stored.id() != E::from_row(&Row::of_params(&params))?.id()
    {
        // It answers with the row in the way, which the statement left as it is.
        let message = format!(
            "another {} has the same value in a unique column: {:?}",
            table.entity,
            stored.id()
        );
        return Err(Error::new(ErrorKind::Constraint, message)
            .with_outcome(Outcome::RolledBack)
            .with_constraint(Constraint {
                kind: ConstraintKind::Unique,
                name: None,
            })
            .attempting(|| format!("upsert {}", table.name)));
    }
    Ok(stored)
}

/// Deletes a row; says whether there was one.
pub async fn delete<E: Entity>(target: Target<'_>, id: E::Id) -> Result<bool> {
    let operation = Operation::write("delete", "DELETE", E::TABLE.name);
    let request = Request::statement(
        target.dialect(),
        operation,
        statements::<E>(target).delete,
        &[id.to_param()?],
    )?;
    Ok(target.run(request).await?.affected > 0)
}

/// A page of all rows, in the order of their ids.
pub async fn page<E: Entity>(target: Target<'_>, number: u64, size: u64) -> Result<Page<E>> {
    Select::<E>::new(Filter::all())
        .page_on(target, number, size)
        .await
}

/// The rows after a cursor, in the order of their ids.
pub async fn after<E: Entity>(
    target: Target<'_>,
    cursor: Option<&Cursor>,
    size: u64,
) -> Result<Slice<E>> {
    Select::<E>::new(Filter::all())
        .after_on(target, cursor, size)
        .await
}

pub(super) fn statements<E: Entity>(target: Target<'_>) -> &'static Statements {
    E::statements().of(E::TABLE, target.dialect())
}

/// All columns as they are to be written, with the times that Wharf sets.
pub(super) fn written<'a, E: Entity>(
    table: &Table,
    entity: &'a E,
    is_new: bool,
) -> Result<Vec<Param<'a>>> {
    let mut params = entity
        .params()
        .map_err(|error| error.attempting(|| format!("write {}", table.entity)))?;
    let created_at = table.created_at.filter(|_| is_new);
    let mut now = None;
    for place in [created_at, table.updated_at].into_iter().flatten() {
        if let Some(make) = table.columns[place].now {
            // One moment for both, where their types agree.
            let kind = table.columns[place].kind;
            let moment = now
                .clone()
                .filter(|moment: &Param<'static>| moment.kind() == kind)
                .unwrap_or_else(make);
            params[place] = moment.clone();
            now = Some(moment);
        }
    }
    Ok(params)
}

/// Says in time what only PostgreSQL can store.
pub(super) fn check_arrays(table: &Table, dialect: Dialect) -> Result<()> {
    if dialect == Dialect::Postgres {
        return Ok(());
    }
    for column in table.columns {
        crate::driver::column_type(dialect, column.kind, false).map_err(|error| {
            error.attempting(|| format!("store column `{}` of {}", column.name, table.entity))
        })?;
    }
    Ok(())
}

pub(super) fn raise_version(table: &Table, params: &mut [Param<'_>]) -> Result<()> {
    let Some(version) = table.version else {
        return Ok(());
    };
    params[version] = match params[version] {
        Param::I64(value) => Param::I64(value + 1),
        Param::I32(value) => Param::I32(value + 1),
        Param::I16(value) => Param::I16(value + 1),
        ref other => {
            let message = format!(
                "a version is an integer, and this one is {}",
                other.kind().name()
            );
            return Err(Error::new(ErrorKind::Encode, message));
        }
    };
    Ok(())
}

fn generated_id(table: &Table, last_id: Option<i64>) -> Result<Param<'static>> {
    let last_id = last_id.map(|id| id.to_string()).unwrap_or_default();
    (table.id_column().parse)(&last_id)
}

/// The row as it is stored, with which a write answers.
async fn stored<E: Entity>(target: Target<'_>, request: Request) -> Result<E> {
    let row = target.row(request, blame::<E>).await?;
    row.ok_or_else(|| Error::new(ErrorKind::Database, "the database returned no row"))
}

pub(super) fn missing<E: Entity>(id: &E::Id) -> Error {
    let message = format!(
        "there is no {} with {} = {id:?}",
        E::TABLE.entity,
        E::TABLE.id_column().name
    );
    Error::new(ErrorKind::NotFound, message)
}

pub(super) fn stale<E: Entity>(id: &E::Id) -> Error {
    let message = format!(
        "{} {id:?} has been changed since it was read; read it again",
        E::TABLE.entity
    );
    Error::new(ErrorKind::Stale, message).retryable()
}

/// Why an update found no row: it is gone, or its version moved on.
pub(super) async fn absent_or_stale<E: Entity>(target: Target<'_>, id: &E::Id) -> Result<Error> {
    let error = if E::TABLE.version.is_some() && exists_now::<E>(target, id).await? {
        stale::<E>(id)
    } else {
        missing::<E>(id)
    };
    let error = error
        .with_outcome(Outcome::RolledBack)
        .attempting(|| format!("update {}", E::TABLE.name));
    if let Some(unit) = target.unit() {
        unit.note(&error);
    }
    Ok(error)
}

/// Looks where the update looked: on the primary, and not on a copy that may lag.
async fn exists_now<E: Entity>(target: Target<'_>, id: &E::Id) -> Result<bool> {
    let operation = Operation {
        writes: true,
        ..Operation::read("exists", E::TABLE.name)
    };
    is_there::<E>(target, operation, id).await
}

async fn is_there<E: Entity>(target: Target<'_>, operation: Operation, id: &E::Id) -> Result<bool> {
    let request = Request::statement(
        target.dialect(),
        operation,
        statements::<E>(target).exists,
        &[id.to_param()?],
    )?;
    Ok(target.row(request, identity).await?.unwrap_or(false))
}

/// Says which entity a value didn't fit.
pub(super) fn blame<E: Entity>(error: Error) -> Error {
    error.attempting(|| format!("read {} from {}", E::TABLE.entity, E::TABLE.name))
}
