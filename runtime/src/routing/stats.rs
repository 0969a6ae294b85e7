//! How often routing had to do something out of the ordinary.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often routing had to do something out of the ordinary, since the database was opened; from
/// [`Database::routing_stats`](crate::Database::routing_stats).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[non_exhaustive]
pub struct RoutingStats {
    /// Reads that went to another node after one had failed them.
    pub retried_reads: u64,
    /// Writes that went out again, since the first time nothing of them had reached the database.
    pub retried_writes: u64,
    /// Units of work that were begun again for the same reason.
    pub retried_begins: u64,
    /// Retries that were due, and that the budget didn't allow.
    pub refused_retries: u64,
    /// Calls that waited for a primary.
    pub waits_for_primary: u64,
    /// Reads that waited for a replica to catch up with what their caller had seen.
    pub waits_for_position: u64,
    /// Reads among them that went to the primary in the end.
    pub waits_in_vain: u64,
    /// Reads that went to the primary because of what their caller had seen, without a wait.
    pub reads_kept_on_primary: u64,
    /// Second copies of slow reads.
    pub hedges: u64,
    /// Second copies that answered first.
    pub hedges_won: u64,
    /// Hedges that were due, and that the budget didn't allow.
    pub refused_hedges: u64,
}

/// The same, being counted.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) retried_reads: Counter,
    pub(crate) retried_writes: Counter,
    pub(crate) retried_begins: Counter,
    pub(crate) refused_retries: Counter,
    pub(crate) waits_for_primary: Counter,
    pub(crate) waits_for_position: Counter,
    pub(crate) waits_in_vain: Counter,
    pub(crate) reads_kept_on_primary: Counter,
    pub(crate) hedges: Counter,
    pub(crate) hedges_won: Counter,
    pub(crate) refused_hedges: Counter,
}

/// One count. Raised seldom, so that all threads may share it.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn raise(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(crate) fn snapshot(&self) -> RoutingStats {
        RoutingStats {
            retried_reads: self.retried_reads.get(),
            retried_writes: self.retried_writes.get(),
            retried_begins: self.retried_begins.get(),
            refused_retries: self.refused_retries.get(),
            waits_for_primary: self.waits_for_primary.get(),
            waits_for_position: self.waits_for_position.get(),
            waits_in_vain: self.waits_in_vain.get(),
            reads_kept_on_primary: self.reads_kept_on_primary.get(),
            hedges: self.hedges.get(),
            hedges_won: self.hedges_won.get(),
            refused_hedges: self.refused_hedges.get(),
        }
    }
}
