//! What belongs to one connection: itself while nobody has it, who holds it, and how old it is.

use std::sync::Arc;
use std::time::Duration;

use super::age::Age;
use super::holder::Holder;
use super::shared::Shared;
use crate::clock::Time;
use crate::driver::{StatementCounts, Wire};
use crate::policy::histogram::HoldHistogram;

/// What belongs to one connection. The pool's own, in a slot of its own.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// The connection while it is idle, granted, or the keeper's.
    pub(super) wire: Option<Wire>,
    /// Leads every lease back to the pool, without a word that all leases share. `None` while the slot is vacant.
    pub(super) anchor: Option<Arc<Anchor>>,
    pub(super) age: Option<Age>,
    pub(super) holder: Option<Holder>,
    /// The number of the lease that may bring the connection back; whoever else tries comes too late.
    pub(super) lease: u64,
    /// Whether the end of its life was announced.
    pub(super) is_announced: bool,
    pub(super) statements: StatementCounts,
    pub(super) totals: Totals,
}

/// What a slot has seen, over all connections that it had.
#[derive(Debug, Clone, Default)]
pub(super) struct Totals {
    pub(super) uses: u64,
    /// Uses of a connection that had been used before.
    pub(super) reuses: u64,
    pub(super) holds: HoldHistogram,
    /// Connections that came back unclean and were made clean.
    pub(super) cleaned: u64,
    /// Holders that were reported for holding it too long.
    pub(super) leaks: u64,
    pub(super) statement_hits: u64,
    pub(super) statement_misses: u64,
}

/// The way from a lease back to its pool.
#[derive(Debug)]
pub(super) struct Anchor(pub(super) Arc<Shared>);

impl Slot {
    /// A holder has gone.
    pub(super) fn released(&mut self, now: Time) -> Duration {
        let held = self
            .holder
            .take()
            .map_or(Duration::ZERO, |holder| now.since(holder.since));
        self.totals.holds.record(held);
        if let Some(age) = &mut self.age {
            age.idle_since = now;
        }
        held
    }

    /// The connection is gone.
    pub(super) fn vacate(&mut self) {
        let totals = &mut self.totals;
        totals.statement_hits += self.statements.hits;
        totals.statement_misses += self.statements.misses;
        *self = Self {
            lease: self.lease + 1,
            totals: std::mem::take(totals),
            ..Self::default()
        };
    }
}
