//! What is counted: what has happened since the pool began, and how many are where now.
#![deny(clippy::disallowed_methods)]

use crate::pool::priority::Priority;
use crate::pool::refusal::CloseReason;

/// What has happened since the pool began, as far as it takes the lock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    pub(crate) opened: u64,
    pub(crate) open_failures: u64,
    pub(crate) closed: [u64; CloseReason::ALL.len()],
    pub(crate) timed_out: u64,
    pub(crate) shed: u64,
    pub(crate) refused: u64,
    pub(crate) left: u64,
}

/// How many connections are where, and who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Census {
    pub(crate) max: usize,
    pub(crate) limit: usize,
    pub(crate) idle: usize,
    pub(crate) lent: usize,
    pub(crate) opening: usize,
    pub(crate) quarantined: usize,
    pub(crate) closing: usize,
    /// By priority, from low to critical.
    pub(crate) waiting: [usize; Priority::ALL.len()],
}
