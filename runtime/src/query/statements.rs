//! The statements of an entity that don't depend on a call: made once per dialect, and kept.

use std::sync::OnceLock;

use super::bulk;
use super::writer::Writer;
use crate::driver::Dialect;
use crate::entity::Table;

/// The statements of one entity, per dialect; lives in a `static` that `#[derive(Entity)]` makes.
#[derive(Debug)]
pub struct StatementCache {
    by_dialect: [OnceLock<Statements>; 3],
}

impl StatementCache {
    /// Nothing made yet.
    #[expect(
        clippy::new_without_default,
        reason = "it stands in statics, where a default can't be called"
    )]
    pub const fn new() -> Self {
        Self {
            by_dialect: [const { OnceLock::new() }; 3],
        }
    }

    pub(crate) fn of(&'static self, table: &Table, dialect: Dialect) -> &'static Statements {
        self.by_dialect[dialect.index()].get_or_init(|| Statements::new(table, dialect))
    }
}

/// The statements of one entity in one dialect. Kept for good: there are as many as there are entities.
#[derive(Debug)]
pub(crate) struct Statements {
    pub(crate) find: &'static str,
    pub(crate) find_many: &'static str,
    pub(crate) all: &'static str,
    pub(crate) exists: &'static str,
    pub(crate) count: &'static str,
    pub(crate) insert: &'static str,
    pub(crate) insert_many: &'static str,
    pub(crate) update: &'static str,
    pub(crate) update_many: &'static str,
    pub(crate) upsert: &'static str,
    pub(crate) delete: &'static str,
    pub(crate) delete_many: &'static str,
    /// The id and the version of the rows with these ids: what tells a stale row from a missing one.
    pub(crate) versions: &'static str,
}

impl Statements {
    fn new(table: &Table, dialect: Dialect) -> Self {
        let make = |write: &dyn Fn(&mut Writer)| -> &'static str {
            let mut writer = Writer::new(dialect);
            write(&mut writer);
            writer.finish().leak()
        };
        let id = table.id_column().name;
        Self {
            find: make(&|w| {
                w.select(table)
                    .push(" WHERE ")
                    .name(id)
                    .push(" = ")
                    .placeholder();
            }),
            find_many: make(&|w| {
                w.select(table).push(" WHERE ");
                bulk::id_in(w, table);
            }),
            all: make(&|w| {
                w.select(table).push(" ORDER BY ").name(id);
            }),
            exists: make(&|w| {
                w.push("SELECT EXISTS (SELECT 1 FROM ")
                    .name(table.name)
                    .push(" WHERE ")
                    .name(id)
                    .push(" = ");
                w.placeholder().push(")");
            }),
            count: make(&|w| {
                w.push("SELECT count(*) FROM ").name(table.name);
            }),
            insert: make(&|w| insert(w, table)),
            insert_many: make(&|w| bulk::insert(w, table)),
            update: make(&|w| update(w, table)),
            update_many: make(&|w| bulk::update(w, table)),
            upsert: make(&|w| upsert(w, table)),
            delete: make(&|w| {
                w.push("DELETE FROM ")
                    .name(table.name)
                    .push(" WHERE ")
                    .name(id)
                    .push(" = ")
                    .placeholder();
            }),
            delete_many: make(&|w| {
                w.delete(table).push(" WHERE ");
                bulk::id_in(w, table);
            }),
            versions: make(&|w| {
                let version = table.columns[table.version.unwrap_or(table.id)].name;
                w.push("SELECT ")
                    .name(id)
                    .push(", ")
                    .name(version)
                    .push(" FROM ")
                    .name(table.name)
                    .push(" WHERE ");
                bulk::id_in(w, table);
            }),
        }
    }
}

/// The places of the columns that an insert names.
pub(crate) fn inserted(table: &Table) -> impl Iterator<Item = usize> + '_ {
    (0..table.columns.len()).filter(|place| !table.is_left_to_database(*place))
}

/// The places of the columns that an update sets from the entity.
pub(crate) fn updated(table: &Table) -> impl Iterator<Item = usize> + '_ {
    (0..table.columns.len()).filter(|place| table.is_updated(*place))
}

fn insert(w: &mut Writer, table: &Table) {
    w.push("INSERT INTO ").name(table.name);
    if inserted(table).next().is_none() {
        w.push(if w.dialect == Dialect::MySql {
            " () VALUES ()"
        } else {
            " DEFAULT VALUES"
        });
    } else {
        w.push(" (").list(inserted(table), |w, place| {
            w.name(table.columns[place].name);
        });
        w.push(") VALUES (").list(inserted(table), |w, _| {
            w.placeholder();
        });
        w.push(")");
    }
    w.push(" RETURNING ").columns(table, None);
}

fn update(w: &mut Writer, table: &Table) {
    w.push("UPDATE ").name(table.name).push(" SET ");
    w.list(updated(table), |w, place| {
        w.name(table.columns[place].name).push(" = ").placeholder();
    });
    if let Some(version) = table.version {
        let version = table.columns[version].name;
        w.push(if updated(table).next().is_some() {
            ", "
        } else {
            ""
        });
        w.name(version).push(" = ").name(version).push(" + 1");
    } else if updated(table).next().is_none() {
        // Nothing to set but the id: the statement still tells whether the row is there.
        let id = table.id_column().name;
        w.name(id).push(" = ").name(id);
    }
    w.push(" WHERE ")
        .name(table.id_column().name)
        .push(" = ")
        .placeholder();
    if let Some(version) = table.version {
        w.push(" AND ")
            .name(table.columns[version].name)
            .push(" = ")
            .placeholder();
    }
    if w.dialect != Dialect::MySql {
        w.push(" RETURNING ").columns(table, None);
    }
}

/// Inserts a row or, where its id is taken, updates that row. The version is raised and not checked.
fn upsert(w: &mut Writer, table: &Table) {
    let all = 0..table.columns.len();
    w.push("INSERT INTO ").name(table.name).push(" (");
    w.list(all.clone(), |w, place| {
        w.name(table.columns[place].name);
    });
    w.push(") VALUES (").list(all, |w, _| {
        w.placeholder();
    });
    w.push(")");
    let id = table.id_column().name;
    let set = |w: &mut Writer| {
        w.list(updated(table), |w, place| {
            let name = table.columns[place].name;
            w.name(name).push(" = ");
            match w.dialect {
                // MariaDB updates on a conflict with any unique key; another row than the one meant must stay as it is.
                Dialect::MySql => {
                    w.push("IF(")
                        .name(id)
                        .push(" = VALUES(")
                        .name(id)
                        .push("), VALUES(")
                        .name(name)
                        .push("), ");
                    w.name(name).push(")");
                }
                _ => {
                    w.push("excluded.").name(name);
                }
            }
        });
        if let Some(version) = table.version {
            let name = table.columns[version].name;
            w.push(if updated(table).next().is_some() {
                ", "
            } else {
                ""
            })
            .name(name)
            .push(" = ");
            match w.dialect {
                Dialect::MySql => {
                    w.push("IF(")
                        .name(id)
                        .push(" = VALUES(")
                        .name(id)
                        .push("), ")
                        .name(name)
                        .push(" + 1, ")
                        .name(name);
                    w.push(")");
                }
                _ => {
                    w.name(table.name).push(".").name(name).push(" + 1");
                }
            }
        } else if updated(table).next().is_none() {
            w.name(id).push(" = ").name(table.name).push(".").name(id);
        }
    };
    match w.dialect {
        Dialect::MySql => w.push(" ON DUPLICATE KEY UPDATE "),
        _ => w.push(" ON CONFLICT (").name(id).push(") DO UPDATE SET "),
    };
    set(w);
    w.push(" RETURNING ").columns(table, None);
}
