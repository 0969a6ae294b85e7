//! How a wait ends but by a grant, and how all of them do when the pool closes.
#![deny(clippy::disallowed_methods)]

use std::sync::Arc;

use super::{State, Step, Steps};
use crate::clock::Time;
use crate::pool::desk::{Desk, Verdict};
use crate::pool::idle::IdleSet;
use crate::pool::refusal::{CloseReason, Refusal};
use crate::pool::waiter::{Ask, Ticket};

impl State {
    /// Somebody stops waiting whose wait hasn't ended.
    pub(crate) fn leave(
        &mut self,
        now: Time,
        ticket: Ticket,
        idle: &dyn IdleSet,
        steps: &mut Steps,
    ) {
        if self.remove(now, ticket).is_some() {
            self.counts.left += 1;
            self.settle(now, idle, steps);
        }
    }

    /// Refuses everybody from now on; idle connections are closed, lent ones when they come back.
    pub(crate) fn close(&mut self, now: Time, idle: &dyn IdleSet, steps: &mut Steps) {
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
        steps: &mut Steps,
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

    /// Ends a wait without a connection.
    pub(super) fn end(&mut self, now: Time, ticket: Ticket, refusal: Refusal, steps: &mut Steps) {
        if let Some(desk) = self.remove(now, ticket) {
            let verdict = Verdict::Refused(refusal);
            steps.push(Step::End { desk, verdict });
        }
    }

    /// Takes a waiter out that gets no connection, unless its wait has ended already; its units go to others.
    fn remove(&mut self, now: Time, ticket: Ticket) -> Option<Arc<Desk>> {
        let waiter = self.line.remove(ticket)?;
        let (partitions, units) = (&waiter.ask.partitions, waiter.units as usize);
        self.rooms.exit(waiter.rank, partitions, units);
        self.units_back(now, &partitions[..units]);
        Some(waiter.ask.desk)
    }
}
