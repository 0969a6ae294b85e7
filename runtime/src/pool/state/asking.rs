//! How a wait begins: who is let in, how it comes by its units, and when it is looked at.
#![deny(clippy::disallowed_methods)]

use std::time::Duration;

use super::{State, Steps};
use crate::clock::Time;
use crate::pool::idle::IdleSet;
use crate::pool::partition::PartitionId;
use crate::pool::refusal::Refusal;
use crate::pool::tally::Place;
use crate::pool::waiter::{Ask, Ticket};

/// How old a wait is when it is looked at, and looked at again, whether the waiter waits for itself.
pub(crate) const LOOK_AFTER: Duration = Duration::from_millis(100);

impl State {
    /// Somebody wants a connection, and found none idle. It has no unit of any partition.
    pub(crate) fn ask(
        &mut self,
        now: Time,
        ask: Ask,
        idle: &dyn IdleSet,
        steps: &mut Steps,
    ) -> Result<Ticket, Refusal> {
        let refusal = self.refusal(&ask);
        if let Some(refusal) = refusal {
            self.counts.refused += 1;
            return Err(refusal);
        }
        self.rooms.enter(&ask.partitions);
        if self.line.len() == 0 {
            self.last_grant = None;
            self.look_at = None;
            if let Some(codel) = &mut self.settings.codel {
                codel.emptied(now);
            }
        }
        let ticket = self.line.enter(now, ask);
        self.look_at.get_or_insert(now + LOOK_AFTER);
        self.advance(now, ticket);
        self.settle(now, idle, steps);
        Ok(ticket)
    }

    /// A unit came back while somebody was parked.
    pub(crate) fn unit_returned(
        &mut self,
        now: Time,
        partition: PartitionId,
        idle: &dyn IdleSet,
        steps: &mut Steps,
    ) {
        self.unit_back(now, partition);
        self.settle(now, idle, steps);
    }

    /// Those who have waited for [`LOOK_AFTER`] since they came or were looked at last.
    pub(crate) fn due_for_a_look(&mut self, now: Time) -> Vec<Ticket> {
        let mut due = Vec::new();
        if self.look_at.is_none_or(|at| now < at) {
            return due;
        }
        self.look_at = None;
        for (ticket, waiter) in self.line.waiting_mut() {
            if waiter.looked_at + LOOK_AFTER <= now {
                waiter.looked_at = now;
                due.push(ticket);
            }
            let again = waiter.looked_at + LOOK_AFTER;
            self.look_at = Some(self.look_at.map_or(again, |next| next.min(again)));
        }
        due
    }

    fn refusal(&self, ask: &Ask) -> Option<Refusal> {
        if self.is_closed {
            return Some(Refusal::Closed);
        }
        // Those for whom there is a connection to open wait for that, and not in the line.
        let coming =
            self.limit().saturating_sub(self.tally.occupied()) + self.tally.count(Place::Opening);
        let (waiting, allowed) = (self.line.len(), self.settings.max_waiters);
        if waiting >= allowed.saturating_add(coming) && !ask.is_front {
            return Some(Refusal::LineFull { waiting, allowed });
        }
        self.rooms.admit(&ask.partitions).err()
    }

    /// Takes as many units for a waiter as there are; with all of them it stands in the line.
    fn advance(&mut self, now: Time, ticket: Ticket) {
        let Some(waiter) = self.line.get_mut(ticket) else {
            return;
        };
        while let Some(id) = waiter.ask.partitions.get(waiter.units as usize).copied() {
            if !self.rooms.take_or_park(id, waiter.rank, ticket) {
                return;
            }
            waiter.units += 1;
        }
        self.rooms
            .stand(&waiter.ask.partitions, waiter.rank, ticket);
        self.line.stand(now, ticket);
    }

    pub(super) fn units_back(&mut self, now: Time, partitions: &[PartitionId]) {
        for id in partitions {
            if !self.rooms.partition(*id).units.give() {
                self.unit_back(now, *id);
            }
        }
    }

    fn unit_back(&mut self, now: Time, id: PartitionId) {
        if let Some(ticket) = self.rooms.unit_back(id) {
            if let Some(waiter) = self.line.get_mut(ticket) {
                waiter.units += 1;
            }
            self.advance(now, ticket);
        }
    }
}
