//! The guard row: what a transaction writes of itself, so that a commit whose answer was lost can be told from one that
//! never happened. Texts alone; sends nothing.
//!
//! The *owner* writes the row with its first message, and so it is there exactly if the transaction was committed. The
//! *resolver* writes the same row, in a transaction of its own: the primary key makes it wait for an owner in progress,
//! and a late owner then fails. The `kind` says whose row it is, so that a second look gives the same answer.
//!
//! What is not a constant in these texts are numbers and hexadecimal digits that Wharf made.
#![deny(clippy::disallowed_methods)]

use std::time::Duration;

use crate::driver::{Dialect, Setting, hex};
use crate::error::{CommitId, Error, ErrorKind, Outcome, Result};

/// Written by the owner: it was committed.
const KIND_DONE: i16 = 1;
/// Written by a resolver: it was not committed, and never will be.
const KIND_FENCED: i16 = 2;

/// How long a fence waits for an owner in progress; then the resolver asks again.
const LOCK_WAIT_SECS: u64 = 2;

/// The row of one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GuardRow {
    pub(crate) id: CommitId,
    /// What was to be done under a caller's key.
    pub(crate) fingerprint: Option<[u8; 16]>,
}

/// What became of a commit; what [`Database::resolve`](crate::Database::resolve) answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommitOutcome {
    /// It was applied.
    Committed,
    /// It was not, and never will be: if its transaction still runs somewhere, it can no longer commit.
    RolledBack,
}

/// A guard row as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) attempt: u16,
    pub(crate) outcome: CommitOutcome,
    /// In hexadecimal digits.
    pub(crate) fingerprint: Option<String>,
    /// When, in words of UTC.
    pub(crate) at: String,
    pub(crate) result: Option<String>,
}

/// The columns in which [`guard_sql::entries`] answers.
pub(crate) type EntryRow = (i64, i64, Option<String>, String, Option<String>);

impl TryFrom<EntryRow> for Entry {
    type Error = Error;

    fn try_from((attempt, kind, fingerprint, at, result): EntryRow) -> Result<Self> {
        let strange = |what: &str, found: i64| {
            let message = format!("`wharf_outcome` has a row whose {what} is {found}");
            Error::new(ErrorKind::Decode, message)
        };
        Ok(Self {
            attempt: u16::try_from(attempt).map_err(|_| strange("attempt", attempt))?,
            outcome: match i16::try_from(kind) {
                Ok(KIND_DONE) => CommitOutcome::Committed,
                Ok(KIND_FENCED) => CommitOutcome::RolledBack,
                _ => return Err(strange("kind", kind)),
            },
            fingerprint,
            at,
            result,
        })
    }
}

/// The text that makes the table `wharf_outcome`, for migrations. It can be run again.
///
/// The same as [`Database::install_guard`](crate::Database::install_guard) runs.
pub const fn guard_migration(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => {
            "CREATE TABLE IF NOT EXISTS wharf_outcome (\
             id uuid NOT NULL, attempt smallint NOT NULL, kind smallint NOT NULL, fingerprint uuid, \
             at timestamptz NOT NULL DEFAULT now(), result text, PRIMARY KEY (id, attempt)); \
             CREATE INDEX IF NOT EXISTS wharf_outcome_at ON wharf_outcome (at)"
        }
        // InnoDB alone can undo the row with its transaction.
        Dialect::MySql => {
            "CREATE TABLE IF NOT EXISTS wharf_outcome (\
             id BINARY(16) NOT NULL, attempt SMALLINT NOT NULL, kind TINYINT NOT NULL, fingerprint BINARY(16), \
             at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), result LONGTEXT CHARACTER SET utf8mb4, \
             PRIMARY KEY (id, attempt), INDEX wharf_outcome_at (at)) ENGINE = InnoDB"
        }
        Dialect::Sqlite => {
            "CREATE TABLE IF NOT EXISTS wharf_outcome (\
             id BLOB NOT NULL, attempt INTEGER NOT NULL, kind INTEGER NOT NULL, fingerprint BLOB, \
             at INTEGER NOT NULL DEFAULT (unixepoch()), result TEXT, PRIMARY KEY (id, attempt)) WITHOUT ROWID; \
             CREATE INDEX IF NOT EXISTS wharf_outcome_at ON wharf_outcome (at)"
        }
    }
}

/// The statements about guard rows.
pub(crate) mod guard_sql {
    use super::{
        CommitId, Dialect, Duration, GuardRow, KIND_DONE, KIND_FENCED, LOCK_WAIT_SECS, Setting,
        literal,
    };

    /// What the owner sends behind its BEGIN, in the same message.
    pub(crate) fn claim(dialect: Dialect, row: &GuardRow) -> String {
        let fingerprint = row
            .fingerprint
            .map_or_else(|| "NULL".to_owned(), |bytes| literal(dialect, &bytes));
        format!(
            "INSERT INTO wharf_outcome (id, attempt, kind, fingerprint) VALUES ({}, {}, {KIND_DONE}, {fingerprint})",
            literal(dialect, &row.id.unit),
            row.id.attempt
        )
    }

    /// What the resolver sends first, on its own, and what that sets: afterwards the row is there, whoever wrote it. It waits for an owner in
    /// progress, and not for ever; SQLite's connections have such a bound already.
    ///
    /// A row that is there is written once more, and stays what it was: a commit whose connection was ended while it waited
    /// for a replica is there, but no replica may have it. With synchronous replication the fence waits for one, and that
    /// then has the owner's commit as well. MariaDB writes nothing where nothing changes, hence the microsecond.
    pub(crate) fn fence(dialect: Dialect, id: CommitId) -> (String, Option<Setting>) {
        let id_literal = literal(dialect, &id.unit);
        let into = format!(
            "INTO wharf_outcome (id, attempt, kind) VALUES ({id_literal}, {}, {KIND_FENCED})",
            id.attempt
        );
        match dialect {
            // Several in one message are one transaction, whose settings end with it. At another level the answer could be
            // an error instead of a verdict.
            Dialect::Postgres => {
                let sql = format!(
                    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE; \
                 SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '{LOCK_WAIT_SECS}s'; \
                 INSERT {into} ON CONFLICT (id, attempt) DO UPDATE SET kind = wharf_outcome.kind"
                );
                (sql, None)
            }
            Dialect::MySql => {
                let sql = format!(
                    "SET @wharf_wait = @@SESSION.innodb_lock_wait_timeout; \
                 SET SESSION innodb_lock_wait_timeout = {LOCK_WAIT_SECS}; \
                 INSERT {into} ON DUPLICATE KEY UPDATE at = at + INTERVAL 1 MICROSECOND; {}",
                    Setting::LockWait.taking_back()
                );
                (sql, Some(Setting::LockWait))
            }
            Dialect::Sqlite => (format!("INSERT OR IGNORE {into}"), None),
        }
    }

    /// What is known of a unit, in the order of its attempts.
    pub(crate) fn entries(dialect: Dialect, unit: &[u8; 16]) -> String {
        let columns = match dialect {
            Dialect::Postgres => {
                "attempt::int8, kind::int8, encode(uuid_send(fingerprint), 'hex'), \
                 to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), result"
            }
            Dialect::MySql => {
                "CAST(attempt AS SIGNED), CAST(kind AS SIGNED), LOWER(HEX(fingerprint)), \
                 DATE_FORMAT(CONVERT_TZ(at, @@SESSION.time_zone, '+00:00'), '%Y-%m-%d %H:%i:%s'), result"
            }
            Dialect::Sqlite => {
                "attempt, kind, nullif(lower(hex(fingerprint)), ''), datetime(at, 'unixepoch'), result"
            }
        };
        let id = literal(dialect, unit);
        format!("SELECT {columns} FROM wharf_outcome WHERE id = {id} ORDER BY attempt")
    }

    /// What keeps the value of a call under a caller's key; its arguments are the value, the unit and the attempt.
    pub(crate) const fn keep(dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Postgres => {
                "UPDATE wharf_outcome SET result = $1 WHERE id = CAST(CAST($2 AS text) AS uuid) AND attempt = CAST($3 AS integer)"
            }
            Dialect::MySql => {
                "UPDATE wharf_outcome SET result = ? WHERE id = UNHEX(?) AND attempt = ?"
            }
            Dialect::Sqlite => {
                "UPDATE wharf_outcome SET result = ?1 WHERE id = unhex(?2) AND attempt = ?3"
            }
        }
    }

    /// What deletes some of the rows that are older than they are kept, and what that sets.
    pub(crate) fn sweep(
        dialect: Dialect,
        retention: Duration,
        batch: u64,
    ) -> (String, Option<Setting>) {
        let seconds = retention.as_secs();
        let sql = match dialect {
            Dialect::Postgres => format!(
                "DELETE FROM wharf_outcome WHERE (id, attempt) IN (SELECT id, attempt FROM wharf_outcome \
                 WHERE at < now() - interval '{seconds} seconds' ORDER BY at LIMIT {batch})"
            ),
            Dialect::MySql => format!(
                "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; \
                 DELETE FROM wharf_outcome WHERE at < NOW(6) - INTERVAL {seconds} SECOND ORDER BY at LIMIT {batch}"
            ),
            Dialect::Sqlite => format!(
                "DELETE FROM wharf_outcome WHERE (id, attempt) IN (SELECT id, attempt FROM wharf_outcome \
                 WHERE at < unixepoch() - {seconds} ORDER BY at LIMIT {batch})"
            ),
        };
        let sets = (dialect == Dialect::MySql).then_some(Setting::NextIsolation);
        (sql, sets)
    }
}

/// Bytes in an SQL text.
fn literal(dialect: Dialect, bytes: &[u8; 16]) -> String {
    match dialect {
        Dialect::Postgres => format!("'{}'", hex(bytes)),
        Dialect::MySql | Dialect::Sqlite => format!("X'{}'", hex(bytes)),
    }
}

/// What a caller is told whose guard row can't be written.
pub(crate) fn explain_guard(error: Error) -> Error {
    if error.kind() == ErrorKind::Schema {
        let message = "the table `wharf_outcome` isn't there, or isn't Wharf's: call `Database::install_guard` once, or \
                       run the text of `wharf::guard_migration` with the migrations";
        return Error::new(ErrorKind::Schema, message)
            .with_outcome(Outcome::RolledBack)
            .with_source(error);
    }
    error
}
