//! What follows every change: who waits and what is idle come together, and what is missing is opened.
#![deny(clippy::disallowed_methods)]

use super::{SlotId, State, Step, Steps};
use crate::clock::Time;
use crate::policy::codel;
use crate::pool::desk::Verdict;
use crate::pool::idle::{Given, IdleSet, Shelf};
use crate::pool::priority::Priority;
use crate::pool::refusal::{CloseReason, Refusal};
use crate::pool::tally::Place;
use crate::pool::waiter::Ticket;

/// How much the last gap between two grants counts in the mean.
const DRAIN_WEIGHT: f64 = 0.1;

impl State {
    /// Brings together who waits and what is idle, and opens what is missing. At the end of every change.
    pub(super) fn settle(&mut self, now: Time, idle: &dyn IdleSet, steps: &mut Steps) {
        if self.is_closed {
            return;
        }
        if self.line.may_have_gaps() {
            self.close_gaps();
        }
        while self.line.len_in_line() > 0 {
            let Some(slot) = idle.raise() else { break };
            self.put(now, slot, idle, steps);
        }
        if self.line.len_in_line() == 0 {
            idle.lower();
        }
        while now >= self.outage.map_or(now, |outage| outage.retry_at)
            && self.wants_more()
            && self.open_one(steps)
        {}
        self.check(idle);
    }

    /// Gives a connection that is nobody's to whoever is next, or to the idle ones.
    pub(super) fn put(&mut self, now: Time, slot: SlotId, idle: &dyn IdleSet, steps: &mut Steps) {
        if self.is_closed {
            return self.retire(slot, CloseReason::PoolClosed, steps);
        }
        if self.tally.staying() > self.limit() {
            return self.retire(slot, CloseReason::Surplus, steps);
        }
        while let Some(ticket) = self.rooms.owed().or_else(|| self.line.first()) {
            if self.grant(now, ticket, slot, steps) {
                return;
            }
        }
        idle.lower();
        // Under the lock nobody can have said meanwhile that he waits.
        let given = idle.give(slot, Shelf::Shared);
        debug_assert_eq!(given, Given::Done);
    }

    /// Ends a wait with this connection, unless it has been so long that it is shed.
    fn grant(&mut self, now: Time, ticket: Ticket, slot: SlotId, steps: &mut Steps) -> bool {
        let Some(waiter) = self.line.get(ticket) else {
            return false;
        };
        let waited = now.since(waiter.since);
        let may_shed = waiter.ask.priority != Priority::Critical && !waiter.ask.is_front;
        // Whoever waits for a limit of its own doesn't wait for the pool.
        let stood = now.since(waiter.in_line_since);
        let codel = self.settings.codel.as_mut();
        let verdict = codel.map(|codel| codel.served(now, stood));
        if may_shed && verdict == Some(codel::Verdict::Shed) {
            self.counts.shed += 1;
            self.end(now, ticket, Refusal::Shed { waited }, steps);
            return false;
        }
        let Some(waiter) = self.line.serve(ticket) else {
            return false;
        };
        self.rooms
            .exit(waiter.rank, &waiter.ask.partitions, waiter.units as usize);
        if let Some(last) = self.last_grant.replace(now) {
            let gap = now.since(last).as_nanos() as f64;
            let drain = self.drain.unwrap_or(gap);
            self.drain = Some(drain * (1.0 - DRAIN_WEIGHT) + gap * DRAIN_WEIGHT);
        }
        let verdict = Verdict::Granted { slot, waited };
        steps.push(Step::End {
            desk: waiter.ask.desk,
            verdict,
        });
        true
    }

    /// Lets those move up who stand behind others that left.
    fn close_gaps(&mut self) {
        for changed in self.line.close_gaps() {
            if let Some(waiter) = self.line.get(changed.ticket) {
                self.rooms.rerank(&waiter.ask.partitions, changed);
            }
        }
    }

    /// What must hold whenever the lock is released. Nothing in a release build.
    pub(super) fn check(&self, idle: &dyn IdleSet) {
        debug_assert_eq!(
            self.line.len_in_line() > 0,
            idle.is_raised(),
            "somebody is in line: who gives is to see it"
        );
        debug_assert_eq!(self.tally.count(Place::Vacant), self.vacant.len());
        debug_assert!(
            self.rooms.add_up(),
            "somebody is parked where the word says so, and there alone: {:?}",
            self.rooms
        );
    }
}
