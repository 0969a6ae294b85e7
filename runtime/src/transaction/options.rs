//! What a transaction is asked for.
#![deny(clippy::disallowed_methods)]

use std::time::{Duration, Instant};

use crate::driver::Dialect;

/// How much of what others do at the same time a transaction sees.
///
/// SQLite has one level, which satisfies every one of these: its transactions are serializable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isolation {
    /// Sees what others haven't committed yet (MariaDB; PostgreSQL treats it as the next one).
    ReadUncommitted,
    /// Each statement sees what was committed before it began.
    ReadCommitted,
    /// Every statement sees what was committed before the first one.
    RepeatableRead,
    /// As if transactions ran one after the other; those that can't fail with a retryable error.
    Serializable,
}

impl Isolation {
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::ReadUncommitted => "READ UNCOMMITTED",
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
        }
    }
}

/// What a unit of work does when there is one around it already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Propagation {
    /// Becomes a savepoint: its failure is undone alone.
    #[default]
    Nested,
    /// Becomes a part of the one around it: its failure dooms that one.
    Join,
    /// Becomes a transaction of its own, on another connection.
    RequiresNew,
}

/// How much later than Wharf the server stops a statement.
const SERVER_GRACE: Duration = Duration::from_millis(500);

/// What a transaction is asked for.
///
/// ```
/// # use std::time::Duration;
/// # use wharf::{Isolation, TransactionOptions};
/// let options = TransactionOptions::new().isolation(Isolation::Serializable).timeout(Duration::from_secs(2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TransactionOptions {
    pub(crate) isolation: Option<Isolation>,
    pub(crate) read_only: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: u32,
    pub(crate) propagation: Propagation,
    pub(crate) exactly_once: bool,
}

/// What commits a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CommitSql {
    pub(crate) text: &'static str,
    /// After how many of its parts it has committed, when a question for the position follows.
    pub(crate) commits_after: Option<usize>,
}

impl TransactionOptions {
    /// The engine's own level, reading and writing, without a timeout or a retry.
    pub const fn new() -> Self {
        Self {
            isolation: None,
            read_only: false,
            timeout: None,
            retry: 0,
            propagation: Propagation::Nested,
            exactly_once: false,
        }
    }

    /// The isolation level. Default: the engine's own.
    pub const fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = Some(isolation);
        self
    }

    /// Only reads.
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// How long the whole may take, from the wait for a connection to the commit, retries included. A commit that has been
    /// sent is not cut short. Default: no limit. From 1 ms to 7 days; else what begins it fails with
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument).
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How often a unit of work that lost against another one is run again. Default: 0.
    pub const fn retry(mut self, tries: u32) -> Self {
        self.retry = tries;
        self
    }

    /// What to do inside another unit of work. Default: [`Propagation::Nested`].
    pub const fn propagation(mut self, propagation: Propagation) -> Self {
        self.propagation = propagation;
        self
    }

    /// A commit whose answer is lost is asked about, until it is known whether it was applied. The transaction then
    /// writes a row of its own to `wharf_outcome`, the table that [`Database::install_guard`](crate::Database::install_guard) makes.
    ///
    /// `Ok` from the commit means committed, also by an answer that came by the other way; when it turns out that
    /// nothing was applied, and nothing will be, the commit is [`ErrorKind::RolledBack`](crate::ErrorKind::RolledBack) and
    /// can be retried. [`ErrorKind::CommitUnknown`](crate::ErrorKind::CommitUnknown) is left for when nobody could be asked
    /// until the timeout, or for 30 s without one. Default: no. Not with [`read_only`](Self::read_only).
    pub const fn exactly_once(mut self) -> Self {
        self.exactly_once = true;
        self
    }

    /// When what begins now must have ended. A timeout that no clock can count is refused where the transaction begins.
    pub(crate) fn deadline_from(&self, now: Instant) -> Option<Instant> {
        now.checked_add(self.timeout?)
    }

    /// The text that begins such a transaction. PostgreSQL is told how long a statement may take as well, should we not
    /// be there to stop it.
    pub(crate) fn begin_sql(
        &self,
        dialect: Dialect,
        statement_timeout: Option<Duration>,
    ) -> String {
        let level = self.isolation.map(Isolation::sql);
        match dialect {
            // A transaction that reads first and writes later would get BUSY at the write, whatever the busy timeout:
            // so what may write takes the lock now.
            Dialect::Sqlite => if self.read_only {
                "BEGIN"
            } else {
                "BEGIN IMMEDIATE"
            }
            .into(),
            Dialect::Postgres => {
                let level = level
                    .map(|level| format!(" ISOLATION LEVEL {level}"))
                    .unwrap_or_default();
                let timeout = statement_timeout
                    .map(|timeout| (timeout + SERVER_GRACE).as_millis())
                    .map(|millis| format!("; SET LOCAL statement_timeout = {millis}"))
                    .unwrap_or_default();
                format!(
                    "BEGIN{level}{}{timeout}",
                    if self.read_only { " READ ONLY" } else { "" }
                )
            }
            Dialect::MySql => {
                let level = level
                    .map(|level| format!("SET TRANSACTION ISOLATION LEVEL {level}; "))
                    .unwrap_or_default();
                format!(
                    "{level}START TRANSACTION{}",
                    if self.read_only { " READ ONLY" } else { "" }
                )
            }
        }
    }

    /// What commits it. A commit has no time limit, and on PostgreSQL it would have that of the statements.
    pub(crate) fn commit_sql(
        dialect: Dialect,
        has_statement_timeout: bool,
        asks_position: bool,
    ) -> CommitSql {
        let (text, commits_after) = match (dialect, has_statement_timeout, asks_position) {
            (Dialect::Postgres, false, true) => {
                ("COMMIT; SELECT pg_current_wal_insert_lsn()::text", Some(1))
            }
            (Dialect::Postgres, true, true) => (
                "SET LOCAL statement_timeout = 0; COMMIT; SELECT pg_current_wal_insert_lsn()::text",
                Some(2),
            ),
            (Dialect::Postgres, true, false) => ("SET LOCAL statement_timeout = 0; COMMIT", None),
            (Dialect::MySql, _, true) => ("COMMIT; SELECT CAST(@@last_gtid AS CHAR)", Some(1)),
            _ => ("COMMIT", None),
        };
        CommitSql {
            text,
            commits_after,
        }
    }

    /// Why this can't run inside the other; `None` when it can.
    pub(crate) fn conflict_with(&self, outer: &Self, dialect: Dialect) -> Option<String> {
        if let Some(wanted) = self.isolation
            && dialect != Dialect::Sqlite
            && outer.isolation != Some(wanted)
        {
            let has = outer
                .isolation
                .map_or("the engine's own level", Isolation::sql);
            return Some(format!(
                "it asks for {}, and the unit around it runs at {has}",
                wanted.sql()
            ));
        }
        if outer.read_only && !self.read_only {
            return Some("it may write, and the unit around it only reads".into());
        }
        if self.exactly_once && !outer.exactly_once {
            return Some("it is to happen exactly once, and the unit around it is not".into());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_begins_in_its_own_words() {
        let strict = TransactionOptions::new()
            .isolation(Isolation::Serializable)
            .read_only();
        let cases = [
            (
                TransactionOptions::new(),
                Dialect::Sqlite,
                "BEGIN IMMEDIATE",
            ),
            (strict, Dialect::Sqlite, "BEGIN"),
            (TransactionOptions::new(), Dialect::Postgres, "BEGIN"),
            (
                strict,
                Dialect::Postgres,
                "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY",
            ),
            (
                TransactionOptions::new(),
                Dialect::MySql,
                "START TRANSACTION",
            ),
            (
                strict,
                Dialect::MySql,
                "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; START TRANSACTION READ ONLY",
            ),
        ];
        for (options, dialect, sql) in cases {
            assert_eq!(options.begin_sql(dialect, None), sql);
        }
    }

    #[test]
    fn postgres_knows_how_long_a_statement_may_take_and_gives_a_commit_all_the_time() {
        let (options, timeout) = (TransactionOptions::new(), Some(Duration::from_secs(2)));
        let sql = options.begin_sql(Dialect::Postgres, timeout);
        assert_eq!(sql, "BEGIN; SET LOCAL statement_timeout = 2500");
        for other in [Dialect::Sqlite, Dialect::MySql] {
            let without = options.begin_sql(other, None);
            assert_eq!(options.begin_sql(other, timeout), without);
            let commit = TransactionOptions::commit_sql(other, true, false);
            assert_eq!(commit.text, "COMMIT");
        }
        let commit = TransactionOptions::commit_sql(Dialect::Postgres, true, false);
        assert_eq!(commit.text, "SET LOCAL statement_timeout = 0; COMMIT");
    }

    #[test]
    fn a_question_behind_the_commit_comes_after_the_part_that_commits() {
        for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::MySql] {
            for has_statement_timeout in [false, true] {
                for asks_position in [false, true] {
                    let commit = TransactionOptions::commit_sql(
                        dialect,
                        has_statement_timeout,
                        asks_position,
                    );
                    let mut parts = commit.text.split("; ");
                    let place = parts.position(|part| part == "COMMIT").expect("a commit");
                    let question = parts.next();
                    assert_eq!(
                        commit.commits_after,
                        question.map(|_| place + 1),
                        "{commit:?}"
                    );
                    let has_positions = dialect != Dialect::Sqlite;
                    assert_eq!(question.is_some(), asks_position && has_positions);
                }
            }
        }
    }

    #[test]
    fn an_inner_unit_must_not_ask_for_more_than_the_outer_has() {
        let plain = TransactionOptions::new();
        let serializable = plain.isolation(Isolation::Serializable);
        let reading = plain.read_only();
        let on = Dialect::Postgres;
        assert_eq!(plain.conflict_with(&serializable, on), None);
        assert_eq!(serializable.conflict_with(&serializable, on), None);
        assert_eq!(reading.conflict_with(&plain, on), None);
        let once = plain.exactly_once();
        assert_eq!(once.conflict_with(&once, on), None);
        assert_eq!(plain.conflict_with(&once, on), None);
        assert!(
            once.conflict_with(&plain, on)
                .is_some_and(|why| why.contains("exactly once"))
        );
        assert!(
            serializable
                .conflict_with(&plain, on)
                .is_some_and(|why| why.contains("the engine's own level"))
        );
        assert!(
            plain
                .conflict_with(&reading, on)
                .is_some_and(|why| why.contains("only reads"))
        );
        assert_eq!(
            serializable.conflict_with(&plain, Dialect::Sqlite),
            None,
            "SQLite is always serializable"
        );
    }
}
