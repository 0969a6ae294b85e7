//! A database that is being described.

use std::sync::Arc;
use std::time::Duration;

use super::{Database, Shared};
use crate::driver::Endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::policy::time_limit::{self, SetBy, Subject, TimeLimit};
use crate::pool::PoolConfig;
use crate::task_group::TaskGroup;
use crate::topology::{Guarding, Node, NodeOptions};

/// How long guard rows are kept: longer than any caller asks again.
const GUARD_RETENTION: Duration = Duration::from_secs(24 * 60 * 60);
/// Half of it must be longer than any commit waits, and than clocks differ.
const SHORTEST_RETENTION: Duration = Duration::from_secs(60 * 60);

/// A database that is being described; made by [`Database::builder`].
#[derive(Debug, Clone)]
#[must_use = "a database is opened by `connect`"]
pub struct DatabaseBuilder {
    primary: Option<String>,
    pool: PoolConfig,
    trace_statements: bool,
    statement_timeout: Option<Duration>,
    guard_commits: bool,
    guard_retention: Duration,
}

impl DatabaseBuilder {
    pub(super) fn new() -> Self {
        Self {
            primary: None,
            pool: PoolConfig::new(),
            trace_statements: false,
            statement_timeout: None,
            guard_commits: false,
            guard_retention: GUARD_RETENTION,
        }
    }

    /// The URL of the database. Needed.
    pub fn primary(mut self, url: impl Into<String>) -> Self {
        self.primary = Some(url.into());
        self
    }

    /// How connections are pooled.
    pub fn pool(mut self, pool: PoolConfig) -> Self {
        self.pool = pool;
        self
    }

    /// Whether spans carry the statements' texts (never their parameters). Default: no.
    pub fn trace_statements(mut self, on: bool) -> Self {
        self.trace_statements = on;
        self
    }

    /// How long a statement may run, whoever sent it; then it is stopped on the server, and fails with
    /// [`ErrorKind::Timeout`]. A session may have a [shorter limit](crate::Limits::statement_timeout).
    ///
    /// Default: no limit. From 1 ms to 7 days. Counts from when the statement is sent: not the wait for a connection, and
    /// not a commit. [`Database::execute`] and migrations have no such limit; neither have rows that are streamed, except in a unit of
    /// work on PostgreSQL, which knows the limit.
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = Some(timeout);
        self
    }

    /// Whether every unit of work that may write leaves a row in `wharf_outcome`, sent with its BEGIN, so that a commit
    /// whose answer is lost has an [id](Error::commit_id) that [`Database::resolve`] can be asked about. Default: no.
    ///
    /// Units that are `exactly_once` have one anyway, and are resolved by themselves. A write outside of any unit has none.
    /// Needs the table that [`Database::install_guard`] makes.
    pub fn guard_commits(mut self, on: bool) -> Self {
        self.guard_commits = on;
        self
    }

    /// How long the rows in `wharf_outcome` are kept before a task in the background deletes them, and with them how long a
    /// key of an `exactly_once` call is remembered. All programs on one database should say the same.
    ///
    /// Default: 24 h. At least 1 h. [`Database::resolve`] no longer decides about a commit that began more than half as long
    /// ago: its row may be gone soon.
    pub fn guard_retention(mut self, retention: Duration) -> Self {
        self.guard_retention = retention;
        self
    }

    /// Opens the database, and a first connection to see that it is there.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] with everything that is wrong at once, or why the first connection failed.
    pub async fn connect(self) -> Result<Database> {
        let mut problems = self.pool.problems();
        let timeout = self.statement_timeout;
        problems.extend(timeout.and_then(|time| time_limit::problem("statement_timeout", time)));
        if self.guard_retention < SHORTEST_RETENTION {
            problems.push(format!(
                "`guard_retention` is {:?}, and at least {SHORTEST_RETENTION:?} is allowed",
                self.guard_retention
            ));
        }
        let endpoint = match self.primary.as_deref().map(Endpoint::parse) {
            Some(Ok(endpoint)) => Some(endpoint),
            Some(Err(error)) => {
                problems.insert(0, error.to_string());
                None
            }
            None => {
                problems.insert(
                    0,
                    "no database was named; call `primary` with its URL".to_owned(),
                );
                None
            }
        };
        let (Some(endpoint), true) = (endpoint, problems.is_empty()) else {
            let error = Error::new(ErrorKind::Configuration, problems.join("; "));
            return Err(error.attempting(|| "open the database".into()));
        };
        let options = NodeOptions {
            traces_text: self.trace_statements,
            statement_limit: timeout
                .map(|time| TimeLimit::new(Subject::Statement, SetBy::Program, time)),
        };
        let tasks = Arc::new(TaskGroup::default());
        let guarding = Guarding::new(self.guard_commits, self.guard_retention, tasks.clone());
        let acquire_timeout = self.pool.acquire_timeout;
        let node = Arc::new(Node::start(endpoint, self.pool, options, guarding, &tasks));
        let database = Database {
            shared: Arc::new(Shared {
                node,
                acquire_timeout,
                tasks,
            }),
        };
        match database.shared.node.warm_up().await {
            Ok(()) => Ok(database),
            Err(error) => {
                database.close().await;
                Err(error)
            }
        }
    }
}
