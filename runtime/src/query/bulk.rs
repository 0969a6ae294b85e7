//! Many rows in one statement whose text doesn't depend on their number.
//!
//! The rows come as a table named `s` with columns `c0`, `c1`, … and their number `n`: from arrays on PostgreSQL
//! (`UNNEST`), from one JSON text on SQLite (`json_each`) and on MariaDB (`JSON_TABLE`). Against a loop in a transaction
//! this is what makes 1,000 inserts and updates one to two orders of magnitude faster.
#![deny(clippy::disallowed_methods)]

use super::lists::{from_json, json_type, list_query};
use super::statements::{inserted, updated};
use super::writer::Writer;
use crate::driver::{Dialect, Kind};
use crate::entity::Table;

/// The places of the columns that a bulk update's rows carry: the id, the version, and what is set.
pub(crate) fn carried_by_update(table: &Table) -> Vec<usize> {
    let mut places = vec![table.id];
    places.extend(table.version);
    places.extend(updated(table));
    places
}

/// `id IN (…)`, for a list of ids as one argument.
pub(super) fn id_in(w: &mut Writer, table: &Table) {
    let id = table.id_column();
    let mut placeholder = String::new();
    w.dialect.placeholder(1, &mut placeholder);
    let list = list_query(w.dialect, id.kind, &placeholder);
    w.name(id.name).push(" IN (").push(&list).push(")");
}

/// Whether the rows of a bulk insert can be put together from what was sent, so that none has to come back.
///
/// On PostgreSQL and MariaDB a trigger or the type of a column may change a value on its way in. SQLite's triggers can't,
/// and of these kinds of values its columns change none but into one that the entity's type doesn't read. A float is left
/// out since SQLite makes it of a text, JSON since a column may take a document for a number.
pub(crate) fn inserts_as_sent(table: &Table, dialect: Dialect) -> bool {
    let is_kept = |kind| !matches!(kind, Kind::F32 | Kind::F64 | Kind::Json);
    dialect == Dialect::Sqlite
        && !table.id_generated
        && table.columns.iter().all(|column| is_kept(column.kind))
}

/// As [`inserts_as_sent`], for a bulk update. Ids come back all the same, since they tell which rows are stale; and the
/// time of the insert isn't sent.
pub(crate) fn updates_as_sent(table: &Table, dialect: Dialect) -> bool {
    inserts_as_sent(table, dialect) && table.created_at.is_none()
}

pub(super) fn insert(w: &mut Writer, table: &Table) {
    let places: Vec<usize> = inserted(table).collect();
    w.push("INSERT INTO ").name(table.name);
    match (places.is_empty(), w.dialect) {
        // All is left to the database, which an empty list of columns says on PostgreSQL alone, and a NULL elsewhere.
        (true, Dialect::Postgres) => w.push(" SELECT"),
        (true, _) => w
            .push(" (")
            .name(table.id_column().name)
            .push(") SELECT NULL"),
        (false, _) => {
            w.push(" (").list(&places, |w, place| {
                w.name(table.columns[*place].name);
            });
            w.push(") SELECT ").list(0..places.len(), |w, column| {
                let value = value(w.dialect, column, table.columns[places[column]].kind);
                w.push(&value);
            })
        }
    };
    w.push(" FROM ");
    source(w, table, &places);
    // SQLite can't tell a join's ON from an upsert's without a WHERE in between; harmless elsewhere.
    w.push(" WHERE TRUE");
    if table.id_generated {
        // Ids are assigned in the order of the entities. Where they are known nothing is sorted for it.
        w.push(" ORDER BY s.n");
    }
    if !inserts_as_sent(table, w.dialect) {
        w.push(" RETURNING ").columns(table, None);
    }
}

pub(super) fn update(w: &mut Writer, table: &Table) {
    let places = carried_by_update(table);
    let column_of = |place: usize| {
        places
            .iter()
            .position(|carried| *carried == place)
            .unwrap_or(0)
    };
    let assign = |w: &mut Writer, qualified: bool| {
        let mut is_first = true;
        let mut next = |w: &mut Writer, place: usize| {
            w.push(if is_first { "" } else { ", " });
            is_first = false;
            if qualified {
                w.push("t.");
            }
            w.name(table.columns[place].name).push(" = ");
        };
        for place in updated(table) {
            next(w, place);
            let value = value(w.dialect, column_of(place), table.columns[place].kind);
            w.push(&value);
        }
        if let Some(version) = table.version {
            next(w, version);
            w.push("t.").name(table.columns[version].name).push(" + 1");
        } else if updated(table).next().is_none() {
            next(w, table.id);
            w.push("t.").name(table.id_column().name);
        }
    };
    let matches = |w: &mut Writer| {
        for (number, place) in [Some(table.id), table.version]
            .into_iter()
            .flatten()
            .enumerate()
        {
            w.push(if number == 0 { "" } else { " AND " });
            let value = value(w.dialect, column_of(place), table.columns[place].kind);
            w.push("t.")
                .name(table.columns[place].name)
                .push(" = ")
                .push(&value);
        }
    };
    if w.dialect == Dialect::MySql {
        w.push("UPDATE ").name(table.name).push(" AS t JOIN ");
        source(w, table, &places);
        w.push(" ON ");
        matches(w);
        w.push(" SET ");
        assign(w, true);
    } else {
        w.push("UPDATE ").name(table.name).push(" AS t SET ");
        assign(w, false);
        w.push(" FROM ");
        source(w, table, &places);
        w.push(" WHERE ");
        matches(w);
        // On SQLite a returned column can't be qualified by the alias, on PostgreSQL it may be.
        let alias = (w.dialect == Dialect::Postgres).then_some("t");
        w.push(" RETURNING ");
        if updates_as_sent(table, w.dialect) {
            w.name(table.id_column().name);
        } else {
            w.columns(table, alias);
        }
    }
}

/// The rows, as a table `s`.
fn source(w: &mut Writer, table: &Table, places: &[usize]) {
    match w.dialect {
        Dialect::Postgres => {
            if places.is_empty() {
                // Rows without columns: one number each.
                w.push("UNNEST(").placeholder().push("::int8[]) AS s(n)");
                return;
            }
            w.push("UNNEST(").list(places, |w, place| {
                w.placeholder()
                    .push("::")
                    .push(&element_type(table.columns[*place].kind))
                    .push("[]");
            });
            w.push(") WITH ORDINALITY AS s(")
                .list(0..places.len(), |w, column| {
                    w.push(&format!("c{column}"));
                });
            w.push(", n)");
        }
        Dialect::Sqlite => {
            w.push("(SELECT key AS n");
            for column in 0..places.len() {
                w.push(&format!(
                    ", json_extract(value, '$[{column}]') AS c{column}"
                ));
            }
            w.push(" FROM json_each(").placeholder().push(")) AS s");
        }
        Dialect::MySql => {
            w.push("JSON_TABLE(")
                .placeholder()
                .push(", '$[*]' COLUMNS(n FOR ORDINALITY");
            for (column, place) in places.iter().enumerate() {
                let json_type = json_type(table.columns[*place].kind);
                w.push(&format!(", c{column} {json_type} PATH '$[{column}]'"));
            }
            w.push(")) AS s");
        }
    }
}

/// The type of the array's elements; an array can't be one, so it travels as its text.
fn element_type(kind: Kind) -> String {
    match kind {
        Kind::Array(_) => "TEXT".into(),
        kind => postgres_type(kind),
    }
}

fn postgres_type(kind: Kind) -> String {
    crate::driver::postgres_column_type(kind)
}

/// A column of `s` as the value that the table's column takes.
fn value(dialect: Dialect, column: usize, kind: Kind) -> String {
    let value = format!("s.c{column}");
    match (dialect, kind) {
        (Dialect::Postgres, Kind::Array(_)) => format!("{value}::{}", postgres_type(kind)),
        (Dialect::Sqlite, Kind::Bytes | Kind::Uuid) => format!("unhex({value})"),
        (Dialect::MySql, kind) => from_json(&value, kind),
        _ => value,
    }
}
