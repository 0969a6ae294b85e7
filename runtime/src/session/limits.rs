//! What a session may use.
#![deny(clippy::disallowed_methods)]

use super::ledger::Usage;

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

    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.max_connections == Some(0) {
            problems.push("max_connections is 0, and at least 1 is needed".to_owned());
        }
        if self.max_operations == Some(0) {
            problems.push("max_operations is 0, and at least 1 is needed".to_owned());
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
