//! How a wait ends but by a grant, and how all of them do when the pool closes.
#![deny(clippy::disallowed_methods)]

use super::{SlotId, State, Step};
use crate::clock::Time;
use crate::pool::idle::IdleSet;
use crate::pool::line::{Ask, Standing, Ticket, Verdict};
use crate::pool::refusal::{CloseReason, Refusal};

impl State {
    /// How a wait ended, once; `None` while it hasn't.
    pub(crate) fn claim(&mut self, ticket: Ticket) -> Option<Verdict> {
        let Standing::Done(verdict) = self.line.get(ticket)?.standing else {
            return None;
        };
        self.line.remove(ticket);
        Some(verdict)
    }

    /// Somebody stops waiting. What it was granted meanwhile is returned, for it to give back.
    pub(crate) fn leave(
        &mut self,
        now: Time,
        ticket: Ticket,
        idle: &dyn IdleSet,
        steps: &mut Vec<Step>,
    ) -> Option<SlotId> {
        let waiter = self.line.remove(ticket)?;
        match waiter.standing {
            Standing::Done(Verdict::Granted { slot, .. }) => return Some(slot),
            Standing::Done(Verdict::Refused(_)) => return None,
            Standing::InLine | Standing::Parked { .. } => {}
        }
        self.counts.left += 1;
        self.rooms
            .exit(waiter.rank, &waiter.ask.partitions, waiter.ask.units);
        self.units_back(now, &waiter.ask.partitions[..waiter.ask.units]);
        self.settle(now, idle, steps);
        None
    }

    /// Refuses everybody from now on; idle connections are closed, lent ones when they come back.
    pub(crate) fn close(&mut self, now: Time, idle: &dyn IdleSet, steps: &mut Vec<Step>) {
        self.is_closed = true;
        self.refuse_all(now, Refusal::Closed, |_, _| true, idle, steps);
        // Never lowered again: whoever comes now takes the lock, and sees why.
        while let Some(slot) = idle.raise() {
            self.retire(slot, CloseReason::PoolClosed, steps);
        }
    }

    /// Ends the waits of those whom `is_meant` picks.
    pub(crate) fn refuse_all(
        &mut self,
        now: Time,
        refusal: Refusal,
        is_meant: impl Fn(Ticket, &Ask) -> bool,
        idle: &dyn IdleSet,
        steps: &mut Vec<Step>,
    ) {
        let meant = self
            .line
            .waiting()
            .filter(|(ticket, waiter)| is_meant(*ticket, &waiter.ask));
        let meant: Vec<Ticket> = meant.map(|(ticket, _)| ticket).collect();
        for ticket in meant {
            self.end(now, ticket, refusal, steps);
        }
        self.settle(now, idle, steps);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Whether every connection is gone.
    pub(crate) fn is_drained(&self) -> bool {
        self.is_closed && self.tally.occupied() == 0
    }

    /// Ends a wait without a connection, unless it has ended already.
    pub(super) fn end(
        &mut self,
        now: Time,
        ticket: Ticket,
        refusal: Refusal,
        steps: &mut Vec<Step>,
    ) {
        let Some(waiter) = self.line.get(ticket).filter(|waiter| waiter.waits()) else {
            return;
        };
        let (rank, ask) = (waiter.rank, waiter.ask.clone());
        self.line.conclude(ticket, Verdict::Refused(refusal));
        self.rooms.exit(rank, &ask.partitions, ask.units);
        self.units_back(now, &ask.partitions[..ask.units]);
        steps.push(Step::Wake { ticket });
    }
}
