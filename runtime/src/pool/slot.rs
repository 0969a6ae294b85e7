//! What belongs to one connection: itself while nobody has it, who holds it, and how old it is.

use std::sync::Arc;
use std::time::Duration;

use super::age::Age;
use super::holder::Holder;
use super::partition::Seat;
use super::refusal::CloseReason;
use super::shared::Shared;
use super::state::SlotId;
use crate::clock::Time;
use crate::driver::{StatementCounts, Stop, Stopper, Wire};
use crate::policy::histogram::{HoldHistogram, WaitHistogram};

/// What belongs to one connection. The pool's own, in a slot of its own.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// The connection while it is idle, granted, or the keeper's.
    pub(super) loan: Option<Box<Loan>>,
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
    /// Whether the end of its life was announced.
    pub(super) is_announced: bool,
    /// How often the connection found its statements prepared. `None` while the slot is vacant.
    pub(super) statements: Option<Arc<StatementCounts>>,
    pub(super) totals: Totals,
}

/// A connection, with what whoever borrows it has to know. It goes from the slot to its lease and back, so that one
/// pointer is moved and not all of this.
#[derive(Debug)]
pub(super) struct Loan {
    pub(super) wire: Wire,
    pub(super) slot: SlotId,
    pub(super) seat: Option<Arc<Seat>>,
    /// Why the connection is to be closed when it comes back, if it is.
    pub(super) end: Option<CloseReason>,
}

impl Loan {
    /// Of a connection that nobody has borrowed yet.
    pub(super) fn new(wire: Wire, slot: SlotId) -> Self {
        Self {
            wire,
            slot,
            seat: None,
            end: None,
        }
    }
}

/// What a slot has seen. A checkout and a return count as little as they can: the rest follows from it.
#[derive(Debug, Clone, Default)]
pub(super) struct Totals {
    /// Of connections that are gone.
    uses: u64,
    /// Of connections that are gone: those that were used at all.
    used: u64,
    /// How long those waited who got a connection from the line.
    pub(super) waits: WaitHistogram,
    /// How long those held a connection for whom the coarse clock went on.
    holds: HoldHistogram,
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
    /// What its holder ran in that moment: by now it may be another one's.
    pub(super) running: Option<Stop>,
}

impl Lent {
    pub(super) fn describe(&self, now: Time) -> String {
        self.holder.describe(now, self.statement)
    }

    /// Whether nothing has been asked of it for that long.
    pub(super) fn has_idled(&self, now: Time, limit: Duration) -> bool {
        self.running.is_none() && now.since(self.sent_at.max(self.holder.since)) >= limit
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
            running: self.stopper.as_ref().and_then(Stopper::running),
        })
    }

    /// A holder has come.
    #[inline]
    pub(super) fn lend(&mut self, holder: Holder) {
        self.holder = Some(holder);
        self.statement = None;
        if let Some(age) = &mut self.age {
            age.uses += 1;
        }
    }

    /// The connection is to be taken back from this holder, if that still has it.
    pub(super) fn expires(&mut self, holder: &Holder, at: Time) {
        let holder = self.holder.as_mut().filter(|own| own.since == holder.since);
        if let Some(more) = holder.and_then(|holder| holder.more.as_mut()) {
            more.deadline = Some(at);
        }
    }

    /// A holder has gone.
    #[inline]
    pub(super) fn released(&mut self, now: Time) {
        let since = self.holder.as_ref().map_or(now, |holder| holder.since);
        self.holder = None;
        if now > since {
            self.totals.holds.record(now.since(since));
        }
        if let Some(age) = &mut self.age {
            age.idle_since = now;
        }
    }

    /// How often its connections were lent.
    pub(super) fn uses(&self) -> u64 {
        self.totals.uses + self.age.map_or(0, |age| age.uses)
    }

    /// How many of its connections were lent at all.
    pub(super) fn used(&self) -> u64 {
        self.totals.used + u64::from(self.age.is_some_and(|age| age.uses > 0))
    }

    /// Adds how long its connections were held by those who gave them back.
    pub(super) fn add_holds_to(&self, all: &mut HoldHistogram) {
        let holds = &self.totals.holds;
        let returned = self.uses() - u64::from(self.holder.is_some());
        all.merge(holds);
        all.record_zeros(returned - holds.count());
    }

    /// The connection is gone. What is left of it is not to be dropped under the lock: that takes long.
    #[must_use]
    pub(super) fn vacate(&mut self) -> Option<Box<Loan>> {
        let loan = self.loan.take();
        let (uses, used) = (self.uses(), self.used());
        let totals = &mut self.totals;
        (totals.uses, totals.used) = (uses, used);
        if let Some(statements) = &self.statements {
            totals.statement_hits += statements.hits();
            totals.statement_misses += statements.misses();
        }
        *self = Self {
            totals: std::mem::take(totals),
            ..Self::default()
        };
        loan
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::age::AgeRules;
    use crate::pool::site::Site;

    const RULES: AgeRules = AgeRules {
        max_lifetime: None,
        max_uses: None,
        idle_timeout: None,
        replaces: false,
        keeps: false,
    };

    fn opened(slot: &mut Slot) {
        slot.age = Some(Age::new(Time::default(), 0.5, 0, &RULES));
    }

    fn lent(slot: &mut Slot, since: u64) {
        slot.lend(Holder {
            site: Site::named("test"),
            session: None,
            unit_of: None,
            since: Time::from_millis(since),
            more: None,
        });
    }

    /// How often it was lent, how many connections were lent at all, how often one came back, and the longest hold.
    fn seen(slot: &Slot) -> (u64, u64, u64, Duration) {
        let mut holds = HoldHistogram::default();
        slot.add_holds_to(&mut holds);
        (slot.uses(), slot.used(), holds.count(), holds.max())
    }

    #[test]
    fn what_is_not_counted_follows_from_what_is() {
        let mut slot = Slot::default();
        assert_eq!(seen(&slot), (0, 0, 0, Duration::ZERO));
        opened(&mut slot);
        assert!(slot.vacate().is_none());
        assert_eq!(seen(&slot), (0, 0, 0, Duration::ZERO), "it was never lent");

        opened(&mut slot);
        lent(&mut slot, 5);
        assert_eq!(seen(&slot), (1, 1, 0, Duration::ZERO), "it is out");
        slot.released(Time::from_millis(5));
        assert_eq!(
            seen(&slot),
            (1, 1, 1, Duration::ZERO),
            "by a clock that stood still"
        );
        lent(&mut slot, 6);
        slot.released(Time::from_millis(9));
        let two_uses = (2, 1, 2, Duration::from_millis(3));
        assert_eq!(seen(&slot), two_uses);

        for _ in 0..2 {
            assert!(slot.vacate().is_none());
            assert_eq!(
                seen(&slot),
                two_uses,
                "the connection is gone, and no use forgotten"
            );
        }
        opened(&mut slot);
        lent(&mut slot, 10);
        assert_eq!(seen(&slot), (3, 2, 2, Duration::from_millis(3)));
    }
}
