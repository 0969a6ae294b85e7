//! Why somebody who asked for a connection doesn't get one, and why a connection is closed.

use std::time::Duration;

use super::partition::PartitionId;

/// Why a caller doesn't get a connection, with the numbers that it was decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Closed,
    /// The line is as long as it may be.
    LineFull {
        waiting: usize,
        allowed: usize,
    },
    PartitionFull {
        partition: PartitionId,
        waiting: usize,
        allowed: usize,
    },
    TimedOut {
        waited: Duration,
    },
    /// Everybody has waited too long for a while, and this one longest.
    Shed {
        waited: Duration,
    },
    /// No connection can be opened, and none is lent that could come back.
    CanNotOpen,
    /// It waits for itself.
    SelfDeadlock,
    /// Its session was killed.
    Killed,
    /// The pool was cut off from its node.
    Severed,
}

/// Why a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CloseReason {
    /// It idled for longer than `idle_timeout`.
    IdleTimeout,
    /// It was older than `max_lifetime`.
    MaxLifetime,
    /// It was used more often than `max_uses`.
    MaxUses,
    /// Somebody asked for it: `mark_for_recycling`, `recycle_connections`, or the `Replace` strategy.
    Recycled,
    /// It didn't answer when it was asked whether it is there.
    ValidationFailed,
    /// It came back in a state that couldn't be cleaned in time, or broken.
    NotCleanable,
    /// A hook said so.
    HookRefused,
    /// The pool needs fewer connections.
    Surplus,
    /// It was held for too long, and taken away.
    Reclaimed,
    /// The pool was closed.
    PoolClosed,
    /// Its server froze or vanished, and it was cut off.
    Severed,
}

impl CloseReason {
    pub(crate) const ALL: [Self; 11] = [
        Self::IdleTimeout,
        Self::MaxLifetime,
        Self::MaxUses,
        Self::Recycled,
        Self::ValidationFailed,
        Self::NotCleanable,
        Self::HookRefused,
        Self::Surplus,
        Self::Reclaimed,
        Self::PoolClosed,
        Self::Severed,
    ];
}
