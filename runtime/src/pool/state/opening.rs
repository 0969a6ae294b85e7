//! When a connection is opened, and what follows when it is or can't be.
#![deny(clippy::disallowed_methods)]

use std::time::Duration;

use super::{SlotId, State, Step, Steps};
use crate::clock::Time;
use crate::pool::idle::IdleSet;
use crate::pool::refusal::Refusal;
use crate::pool::tally::Place;

/// Failures that are further apart than this many times `connect_timeout`, which one try may take, are two outages.
const OUTAGE_GAP: u32 = 2;

/// How badly an opening failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The server has too many connections already: waiting helps.
    Crowded,
    /// Nobody answers: that may pass.
    Unreachable,
    /// The password is wrong, or the database isn't there: nobody needs to wait for that.
    Final,
}

/// How openings have been failing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outage {
    pub(crate) attempts: u32,
    pub(crate) since: Time,
    pub(super) retry_at: Time,
}

impl State {
    /// A connection was opened.
    pub(crate) fn opened(
        &mut self,
        now: Time,
        slot: SlotId,
        idle: &dyn IdleSet,
        steps: &mut Steps,
    ) {
        self.counts.opened += 1;
        self.outage = None;
        self.returned(now, slot, idle, steps);
    }

    /// A connection couldn't be opened; the next try is made after `pause`.
    pub(crate) fn open_failed(
        &mut self,
        now: Time,
        slot: SlotId,
        failure: Failure,
        pause: Duration,
        idle: &dyn IdleSet,
        steps: &mut Steps,
    ) {
        self.counts.open_failures += 1;
        let lasts = self.settings.connect_timeout.saturating_mul(OUTAGE_GAP);
        self.outage = self
            .outage
            .filter(|outage| now.since(outage.retry_at) <= lasts);
        let outage = self.outage.get_or_insert(Outage {
            attempts: 0,
            since: now,
            retry_at: now,
        });
        outage.attempts += 1;
        outage.retry_at = now + pause;
        let since = outage.since;
        self.place(slot, Place::Vacant);
        let is_over = match failure {
            Failure::Final => true,
            Failure::Crowded => false,
            // Whoever can still get a connection that is lent waits for it.
            Failure::Unreachable => {
                self.tally.in_circulation() == 0
                    && now.since(since) >= self.settings.connect_timeout
            }
        };
        self.refuse_all(
            now,
            Refusal::CanNotOpen,
            |_, ask| is_over || ask.fails_fast,
            idle,
            steps,
        );
    }

    /// How many tries have failed in a row, and since when.
    pub(crate) fn outage(&self) -> Option<Outage> {
        self.outage
    }

    /// Begins to open connections until there are `count`, as many at once as may be. Up to the minimum the others follow.
    pub(crate) fn fill(&mut self, count: usize, steps: &mut Steps) {
        while !self.is_closed
            && self.tally.occupied() < count.min(self.limit())
            && self.tally.count(Place::Opening) < self.settings.max_opening
            && self.open_one(steps)
        {}
    }

    pub(super) fn wants_more(&self) -> bool {
        let opening = self.tally.count(Place::Opening);
        let is_wanted =
            opening < self.line.len_in_line() || self.tally.staying() < self.settings.min;
        !self.is_closed
            && is_wanted
            && opening < self.settings.max_opening
            && self.tally.occupied() < self.limit()
    }

    pub(super) fn open_one(&mut self, steps: &mut Steps) -> bool {
        let Some(slot) = self.vacant.pop_first() else {
            return false;
        };
        self.place(slot, Place::Opening);
        steps.push(Step::Open { slot });
        true
    }
}
