//! What a call needs, and what is known of those that could serve it.
#![deny(clippy::disallowed_methods)]

use std::time::{Duration, Instant};

use crate::policy::breaker::Rejected;
use crate::routing::config::Rules;
use crate::topology::{Access, NodeId, NodeState, Role};

/// What a call needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need<'a> {
    pub(crate) now: Instant,
    pub(crate) access: Access,
    pub(crate) rules: &'a Rules,
    /// A node that the session has seen at a position that isn't known, so that all others may be behind what it has seen,
    /// but for the primary.
    pub(crate) pin: Option<NodeId>,
    /// Whether it has waited for a replica in vain.
    pub(crate) patience: Patience,
}

impl Need<'_> {
    /// The only replica that the session may read from. What promises nothing about the session's own reads isn't bound.
    pub(super) fn pinned_to(&self) -> Option<NodeId> {
        self.pin.filter(|_| self.rules.reads_own_writes())
    }
}

/// Whether a caller may still wait for a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    Fresh,
    Used,
}

/// A node, as far as it matters to a choice.
#[derive(Debug, Clone)]
pub(crate) struct Candidate<'a> {
    pub(crate) id: NodeId,
    pub(crate) role: Role,
    pub(crate) state: NodeState,
    /// Whether its circuit breaker would let a call through.
    pub(crate) breaker: Result<(), Rejected>,
    /// How far it is behind the primary; `None`: nobody knows, or nobody asked.
    pub(crate) lag: Option<Duration>,
    /// Where it is, by the position that the session requires.
    pub(crate) progress: Progress,
    pub(crate) tags: &'a [String],
    pub(crate) zone: Option<&'a str>,
    /// Nodes of a higher one serve all reads, as long as one of them can.
    pub(crate) priority: u32,
    pub(crate) weight: u32,
}

impl Candidate<'_> {
    pub(super) fn has(&self, tag: &str) -> bool {
        self.tags.iter().any(|own| own == tag)
    }
}

/// Where a replica is, by the position that a session requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// There, or nothing is required.
    Reached,
    Behind(Gap),
    /// It hasn't said yet, or it is on another timeline.
    Unknown,
}

/// How far a replica is from a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gap {
    Bytes(u64),
    Transactions(u64),
}
