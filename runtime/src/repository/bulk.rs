//! Many rows in one statement, all or none.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::crud::{blame, check_arrays, missing, raise_version, stale, statements, written};
use super::stored;
use crate::driver::{
    Answer, By, Dialect, Kind, Operation, Param, Request, Row, Value, array_literal, push_array,
};
use crate::entity::{Entity, Table};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::executor::Target;
use crate::query::{carried_by_update, inserted, inserts_as_sent, updates_as_sent};
use crate::transaction::TransactionOptions;
use crate::unit_of_work::{Handle, ReadWrite};

/// The most rows of one statement, and the most bytes of its JSON text: below MariaDB's `max_allowed_packet` of 16 MiB.
const MOST_ROWS: usize = 50_000;
const MOST_BYTES: usize = 8 << 20;
/// How long a bulk write of its own may take, as a safety net.
const LONGEST: Duration = Duration::from_secs(600);

/// The rows with these ids, in the order asked; an id that isn't there is left out, one asked twice is there once.
pub async fn find_many<E: Entity>(target: Target<'_>, ids: Vec<E::Id>) -> Result<Vec<E>> {
    let mut found: HashMap<E::Id, E> = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(MOST_ROWS) {
        let operation = Operation::read("find_many", E::TABLE.name);
        let request = Request::statement(
            target.dialect(),
            operation,
            statements::<E>(target).find_many,
            &[list::<E>(chunk)?],
        )?;
        let rows: Vec<E> = target.rows(request, By::Position, blame::<E>).await?;
        found.extend(rows.into_iter().map(|row| (row.id().clone(), row)));
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// Deletes the rows with these ids; says how many there were.
pub async fn delete_many<E: Entity>(target: Target<'_>, ids: Vec<E::Id>) -> Result<u64> {
    let operation = Operation::write("delete_many", "DELETE", E::TABLE.name);
    let mut requests = Vec::new();
    for chunk in ids.chunks(MOST_ROWS) {
        let sql = statements::<E>(target).delete_many;
        requests.push(Request::statement(
            target.dialect(),
            operation,
            sql,
            &[list::<E>(chunk)?],
        )?);
    }
    let answers = atomic(target, requests).await?;
    Ok(answers.iter().map(|answer| answer.affected).sum())
}

/// Inserts rows, and returns them as they are stored, in the order given.
pub async fn insert_many<E: Entity>(target: Target<'_>, entities: &[E]) -> Result<Vec<E>> {
    let table = E::TABLE;
    if entities.is_empty() {
        return Ok(Vec::new());
    }
    check_arrays(table, target.dialect())?;
    if !target.route().router().has_returning() {
        let message =
            "MySQL can't return the rows of a bulk insert; use MariaDB, or insert one by one";
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let operation = Operation::write("insert_many", "INSERT", table.name);
    let places: Vec<usize> = inserted(table).collect();
    let rows = entities
        .iter()
        .map(|entity| written(table, entity, true))
        .collect::<Result<Vec<_>>>()?;
    let requests = requests(
        target,
        operation,
        statements::<E>(target).insert_many,
        table,
        &places,
        &rows,
    )?;
    let answers = atomic(target, requests).await?;
    if table.id_generated {
        // Each engine returns rows as it inserts them, and it inserts them in the order of their numbers.
        let mut stored = Vec::with_capacity(entities.len());
        for answer in &answers {
            answer.rows.decode_onto(&mut stored, By::Position)?;
        }
        return Ok(stored);
    }
    if inserts_as_sent(table, target.dialect()) {
        let inserted: u64 = answers.iter().map(|answer| answer.affected).sum();
        if usize::try_from(inserted).is_ok_and(|inserted| inserted == entities.len()) {
            let row = |params: &Vec<Param<'_>>| E::from_row(&Row::of_params(params));
            return rows.iter().map(row).collect();
        }
        // A trigger had rows ignored, or did something else instead: what is there now tells.
        let ids = entities.iter().map(|entity| entity.id().clone());
        return find_many(target, ids.collect()).await;
    }
    stored::rows(entities, &answers)
}

/// Updates rows, if every one of them still has the version that it was read with; otherwise none.
pub async fn update_many<E: Entity>(target: Target<'_>, entities: &[E]) -> Result<Vec<E>> {
    let table = E::TABLE;
    let attempting = |error: Error| error.attempting(|| format!("update_many {}", table.name));
    if entities.is_empty() {
        return Ok(Vec::new());
    }
    check_arrays(table, target.dialect())?;
    let mut seen = HashSet::with_capacity(entities.len());
    if let Some(twice) = entities.iter().find(|entity| !seen.insert(entity.id())) {
        let message = format!("{} {:?} is in the list twice", table.entity, twice.id());
        return Err(attempting(Error::new(ErrorKind::InvalidArgument, message)));
    }
    let mut rows = entities
        .iter()
        .map(|entity| written(table, entity, false))
        .collect::<Result<Vec<_>>>()?;
    let operation = Operation::write("update_many", "UPDATE", table.name);
    let places = carried_by_update(table);
    let requests = requests(
        target,
        operation,
        statements::<E>(target).update_many,
        table,
        &places,
        &rows,
    )?;
    let expected = u64::try_from(entities.len()).unwrap_or(u64::MAX);
    let check = |answers: &[Answer]| {
        // Where rows come back, they are what counts; MariaDB returns none.
        let is_counted = target.dialect() == Dialect::MySql;
        let matched = |answer: &Answer| {
            if is_counted {
                answer.affected
            } else {
                answer.rows.len() as u64
            }
        };
        let matched: u64 = answers.iter().map(matched).sum();
        if matched == expected {
            Ok(())
        } else {
            Err(Mismatch)
        }
    };
    let mut own = None;
    let answers = match target.unit() {
        Some(unit) => {
            let answers = run_all(unit, requests).await?;
            if check(&answers).is_err() {
                let error = attempting(first_absent_or_stale::<E>(unit, entities, &answers).await?);
                // Some rows were updated: the unit must not be kept.
                unit.doom(&error);
                return Err(error);
            }
            answers
        }
        None => {
            let unit = begin(target, "update_many").await?;
            let answers = run_all(unit.handle(), requests).await?;
            if check(&answers).is_err() {
                let error = attempting(
                    first_absent_or_stale::<E>(unit.handle(), entities, &answers).await?,
                );
                unit.rollback().await?;
                return Err(error);
            }
            own = Some(unit);
            answers
        }
    };
    if let Some(unit) = own {
        unit.commit().await?;
    }
    // Every row has been found, so what was sent is what is stored.
    if target.dialect() == Dialect::MySql || updates_as_sent(table, target.dialect()) {
        return rows
            .iter_mut()
            .map(|params| {
                raise_version(table, params)?;
                E::from_row(&Row::of_params(params))
            })
            .collect();
    }
    stored::rows(entities, &answers)
}

/// Fewer rows matched than there should be.
struct Mismatch;

/// Runs requests as one: alone if there is one, else in a transaction of their own, or in the caller's.
async fn atomic(target: Target<'_>, mut requests: Vec<Request>) -> Result<Vec<Answer>> {
    if let Some(unit) = target.unit() {
        return run_all(unit, requests).await;
    }
    if requests.len() <= 1 {
        let Some(request) = requests.pop() else {
            return Ok(Vec::new());
        };
        return Ok(vec![target.run(request).await?]);
    }
    let unit = begin(target, "bulk write").await?;
    let answers = run_all(unit.handle(), requests).await?;
    unit.commit().await?;
    Ok(answers)
}

async fn begin(target: Target<'_>, name: &'static str) -> Result<crate::UnitOfWork<ReadWrite>> {
    let options = TransactionOptions::new().timeout(LONGEST);
    target.begin(options, name).await
}

async fn run_all(unit: &Handle, requests: Vec<Request>) -> Result<Vec<Answer>> {
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests {
        let operation = request.operation;
        let answer = unit.run(request).await;
        answers.push(answer.map_err(|error| {
            error.attempting(|| format!("{} {}", operation.name, operation.table))
        })?);
    }
    Ok(answers)
}

/// Cuts rows into statements that no engine finds too large.
fn requests(
    target: Target<'_>,
    operation: Operation,
    sql: &'static str,
    table: &Table,
    places: &[usize],
    rows: &[Vec<Param<'_>>],
) -> Result<Vec<Request>> {
    let dialect = target.dialect();
    let mut requests = Vec::new();
    if dialect == Dialect::Postgres {
        for chunk in rows.chunks(MOST_ROWS) {
            requests.push(Request::statement(
                dialect,
                operation,
                sql,
                &arrays(table, places, chunk)?,
            )?);
        }
        return Ok(requests);
    }
    let mut flush = |text: &mut String| -> Result<()> {
        text.push(']');
        let param = Param::Text(std::mem::take(text).into());
        requests.push(Request::statement(dialect, operation, sql, &[param])?);
        Ok(())
    };
    let mut text = String::new();
    for row in rows {
        text.push(if text.is_empty() { '[' } else { ',' });
        push_array(&mut text, places.iter().map(|place| &row[*place]))?;
        if text.len() >= MOST_BYTES {
            flush(&mut text)?;
        }
    }
    if !text.is_empty() {
        flush(&mut text)?;
    }
    Ok(requests)
}

/// One array a column.
fn arrays<'a>(table: &Table, places: &[usize], rows: &[Vec<Param<'a>>]) -> Result<Vec<Param<'a>>> {
    if places.is_empty() {
        return Ok(vec![Param::Array(
            Kind::I64,
            vec![Param::I64(0); rows.len()],
        )]);
    }
    let column = |place: &usize| {
        let kind = table.columns[*place].kind;
        if !matches!(kind, Kind::Array(_)) {
            return Ok(Param::Array(
                kind,
                rows.iter().map(|row| row[*place].clone()).collect(),
            ));
        }
        let texts = rows.iter().map(|row| match &row[*place] {
            Param::Array(_, values) => array_literal(values).map(|text| Param::Text(text.into())),
            _ => Ok(Param::Null(Kind::Text)),
        });
        Ok(Param::Array(Kind::Text, texts.collect::<Result<_>>()?))
    };
    places.iter().map(column).collect()
}

fn list<E: Entity>(ids: &[E::Id]) -> Result<Param<'static>> {
    let ids = ids
        .iter()
        .map(|id| id.to_param().map(Param::into_owned))
        .collect::<Result<_>>()?;
    Ok(Param::Array(<E::Id as Value>::KIND, ids))
}

/// Which row wasn't updated, and why.
async fn first_absent_or_stale<E: Entity>(
    unit: &Handle,
    entities: &[E],
    answers: &[Answer],
) -> Result<Error> {
    let table = E::TABLE;
    let ids: Vec<E::Id> = entities.iter().map(|entity| entity.id().clone()).collect();
    let operation = Operation::read("update_many", table.name);
    let sql = E::statements().of(table, unit.dialect()).versions;
    let mut present = HashMap::new();
    for chunk in ids.chunks(MOST_ROWS) {
        let request = Request::statement(unit.dialect(), operation, sql, &[list::<E>(chunk)?])?;
        let answer = unit.run(request).await?;
        let rows: Vec<IdAndVersion<E>> = answer.rows.decode(By::Position)?;
        present.extend(rows.into_iter().map(|row| (row.id, row.version)));
    }
    let absent = entities
        .iter()
        .find(|entity| !present.contains_key(entity.id()));
    if let Some(absent) = absent {
        return Ok(missing::<E>(absent.id()).with_outcome(Outcome::RolledBack));
    }
    let updated = stored::ids::<E>(answers)?;
    let is_stale = |entity: &&E| -> Result<bool> {
        if unit.dialect() != Dialect::MySql {
            return Ok(!updated.contains(entity.id()));
        }
        // MariaDB doesn't say which rows it updated. Their version is one more than their entity's, and that of a stale
        // row is, too, if it changed just once: then no row is named.
        let params = entity.params()?;
        let own = table.version.and_then(|place| params[place].to_text());
        let own = own.and_then(|text| text.parse::<i64>().ok());
        Ok(present.get(entity.id()).copied() != own.map(|version| version + 1))
    };
    for entity in entities {
        if is_stale(&entity)? {
            return Ok(stale::<E>(entity.id()).with_outcome(Outcome::RolledBack));
        }
    }
    let message = format!(
        "one of {} rows of {} has been changed since it was read; read them again",
        entities.len(),
        table.name
    );
    Ok(Error::new(ErrorKind::Stale, message)
        .retryable()
        .with_outcome(Outcome::RolledBack))
}

struct IdAndVersion<E: Entity> {
    id: E::Id,
    version: i64,
}

impl<E: Entity> crate::driver::FromRow for IdAndVersion<E> {
    const WIDTH: usize = 2;

    fn from_row(row: &Row<'_>) -> Result<Self> {
        // Without a version column the second one is the id again, which need not be a number.
        let version = if E::TABLE.version.is_some() {
            row.get(1)?
        } else {
            0
        };
        Ok(Self {
            id: row.get(0)?,
            version,
        })
    }
}
