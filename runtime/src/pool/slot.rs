//! What belongs to one connection: itself while nobody has it, who holds it, and how old it is.

use std::sync::Arc;
use std::time::Duration;

use super::age::Age;
use super::holder::Holder;
use super::shared::Shared;
use super::state::SlotId;
use crate::clock::Time;
use crate::driver::{StatementCounts, Stopper, Wire};
use crate::policy::histogram::HoldHistogram;

/// What belongs to one connection. The pool's own, in a slot of its own.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// The connection while it is idle, granted, or the keeper's.
    pub(super) wire: Option<Box<Wire>>,
    /// Stops what runs on the connection, wherever that is. `None` while the slot is vacant.
    pub(super) stopper: Option<Stopper>,
    /// Leads a detached lease back to the pool, without a word that all leases share. `None` while the slot is vacant.
    pub(super) anchor: Option<Arc<Anchor>>,
    pub(super) age: Option<Age>,
    pub(super) holder: Option<Holder>,
    /// The last statement that was sent: `Accounts::find`.
    pub(super) statement: Option<&'static str>,
    /// When that was.
    pub(super) sent_at: Time,
    /// The number of the lease that may bring the connection back; whoever else tries comes too late.
    pub(super) lease: u64,
    /// Whether the end of its life was announced.
    pub(super) is_announced: bool,
    /// How often the connection found its statements prepared. `None` while the slot is vacant.
    pub(super) statements: Option<Arc<StatementCounts>>,
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
    /// Of connections that are gone.
    pub(super) statement_hits: u64,
    pub(super) statement_misses: u64,
}

/// The way from a detached lease back to its pool.
#[derive(Debug)]
pub(super) struct Anchor(pub(super) Arc<Shared>);

/// A connection in somebody's hands, as it was seen in passing.
#[derive(Debug)]
pub(super) struct Lent {
    pub(super) slot: SlotId,
    pub(super) holder: Holder,
    pub(super) statement: Option<&'static str>,
    pub(super) sent_at: Time,
    pub(super) stopper: Option<Stopper>,
}

impl Lent {
    pub(super) fn describe(&self, now: Time) -> String {
        self.holder.describe(now, self.statement)
    }

    /// Whether nothing has been asked of it for that long.
    pub(super) fn has_idled(&self, now: Time, limit: Duration) -> bool {
        let runs = self
            .stopper
            .as_ref()
            .is_some_and(|stopper| stopper.running().is_some());
        !runs && now.since(self.sent_at.max(self.holder.since)) >= limit
    }
}

impl Slot {
    /// How it stands with whoever has the connection.
    pub(super) fn lent(&self, slot: SlotId) -> Option<Lent> {
        Some(Lent {
            slot,
            holder: self.holder.clone()?,
            statement: self.statement,
            sent_at: self.sent_at,
            stopper: self.stopper.clone(),
        })
    }

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
        if let Some(statements) = &self.statements {
            totals.statement_hits += statements.hits();
            totals.statement_misses += statements.misses();
        }
        *self = Self {
            lease: self.lease + 1,
            totals: std::mem::take(totals),
            ..Self::default()
        };
    }
}
