//! What a session may use.
#![deny(clippy::disallowed_methods)]

use std::time::Duration;

use super::ledger::Usage;
use crate::policy::time_limit::{self, SetBy, Subject, TimeLimit};

/// What a session may use; what isn't set isn't limited.
///
/// ```
/// # use wharf::Limits;
/// let limits = Limits::new().max_connections(2).max_operations(10_000);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    pub(crate) max_connections: Option<u32>,
    pub(crate) max_operations: Option<u64>,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) transaction_timeout: Option<Duration>,
}

/// What is left of a session's limits; `None` where there is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Remaining {
    /// Connections that it could take now.
    pub connections: Option<u32>,
    /// Operations that it may still run.
    pub operations: Option<u64>,
}

impl Limits {
    /// No limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many connections the session may use at once; whoever needs one more waits, at most for the acquire timeout.
    ///
    /// At least 1. A unit of work uses one from its beginning to its end, a single call one while it runs.
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.max_connections = Some(connections);
        self
    }

    /// How many statements the session may run in its life.
    ///
    /// At least 1. Beginning and ending a unit of work doesn't count.
    pub fn max_operations(mut self, operations: u64) -> Self {
        self.max_operations = Some(operations);
        self
    }

    /// How long a statement of the session may run; then it is stopped on the server, and fails with
    /// [`ErrorKind::LimitExceeded`](crate::ErrorKind::LimitExceeded).
    ///
    /// From 1 ms to 7 days. Counts from when the statement is sent, and of a stream until its last row is here: not the wait
    /// for a connection, and not a commit. Where the database has a
    /// [timeout](crate::DatabaseBuilder::statement_timeout) too, the shorter one counts.
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = Some(timeout);
        self
    }

    /// How long a unit of work of the session may be open before it is rolled back with
    /// [`ErrorKind::LimitExceeded`](crate::ErrorKind::LimitExceeded).
    ///
    /// From 1 ms to 7 days. Counts from its beginning on the server to its commit, which is not cut short once it has been
    /// sent. One that does nothing is rolled back a second later at most.
    /// Where the unit has a [timeout](crate::TransactionOptions::timeout) too, the earlier one counts.
    pub fn transaction_timeout(mut self, timeout: Duration) -> Self {
        self.transaction_timeout = Some(timeout);
        self
    }

    /// The limit of each statement.
    pub(super) fn statement_limit(&self) -> Option<TimeLimit> {
        self.statement_timeout
            .map(|timeout| TimeLimit::new(Subject::Statement, SetBy::Session, timeout))
    }

    /// The limit of each unit of work.
    pub(super) fn transaction_limit(&self) -> Option<TimeLimit> {
        self.transaction_timeout
            .map(|timeout| TimeLimit::new(Subject::Transaction, SetBy::Session, timeout))
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.max_connections == Some(0) {
            problems.push("max_connections is 0, and at least 1 is needed".to_owned());
        }
        if self.max_operations == Some(0) {
            problems.push("max_operations is 0, and at least 1 is needed".to_owned());
        }
        let times = [
            ("statement_timeout", self.statement_timeout),
            ("transaction_timeout", self.transaction_timeout),
        ];
        for (name, timeout) in times {
            problems.extend(timeout.and_then(|timeout| time_limit::problem(name, timeout)));
        }
        problems
    }

    pub(super) fn remaining(&self, usage: &Usage) -> Remaining {
        Remaining {
            connections: self
                .max_connections
                .map(|max| max.saturating_sub(usage.connections)),
            operations: self
                .max_operations
                .map(|max| max.saturating_sub(usage.operations)),
        }
    }
}
