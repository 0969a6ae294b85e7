//! Everything that a pool decides while it holds its lock: who gets which connection, when to open and when to give up.
//! Pure: it is told the time, talks to nobody, and answers with steps for others to carry out.
//!
//! Two things are shared with those who don't take the lock: which connections are idle ([`IdleSet`]), and how many
//! each partition uses ([`Units`](super::units::Units)). So an open connection that is in neither quarantine nor being
//! opened is just `Open` here, idle or lent.
#![deny(clippy::disallowed_methods)]

mod asking;
mod census;
mod ending;
mod opening;
mod position;
mod resizing;
mod settle;
mod step;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::idle::IdleSet;
use super::line::Line;
use super::partition::{Partition, PartitionId, PartitionKey};
use super::refusal::{CloseReason, Refusal};
use super::rooms::{PartitionRules, Rooms};
use super::tally::{Place, Tally};
use crate::clock::Time;
use crate::policy::codel::Codel;
use crate::policy::elastic::Elastic;
pub(crate) use asking::LOOK_AFTER;
pub(crate) use census::Census;
use census::Counts;
pub(crate) use opening::Failure;
use opening::Outage;
pub use position::Position;
pub(crate) use step::{Step, Steps};

/// The number of a slot: room for one connection.
pub(crate) type SlotId = usize;

/// What the state needs to know of the configuration.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) max: usize,
    pub(crate) min: usize,
    pub(crate) max_opening: usize,
    pub(crate) max_waiters: usize,
    /// How long openings may fail in a row, with no connection open, until callers are told.
    pub(crate) connect_timeout: Duration,
    pub(crate) elastic: Option<Elastic>,
    pub(crate) codel: Option<Codel>,
    pub(crate) rules: PartitionRules,
}

#[derive(Debug)]
pub(crate) struct State {
    settings: Settings,
    tally: Tally,
    vacant: BTreeSet<SlotId>,
    line: Line,
    rooms: Rooms,
    outage: Option<Outage>,
    counts: Counts,
    /// The mean time between two grants while somebody waits, in nanoseconds.
    drain: Option<f64>,
    last_grant: Option<Time>,
    look_at: Option<Time>,
    is_closed: bool,
}

impl State {
    pub(crate) fn new(mut settings: Settings) -> Self {
        Self {
            tally: Tally::new(settings.max),
            vacant: (0..settings.max).collect(),
            line: Line::default(),
            rooms: Rooms::new(std::mem::take(&mut settings.rules)),
            outage: None,
            counts: Counts::default(),
            drain: None,
            last_grant: None,
            look_at: None,
            is_closed: false,
            settings,
        }
    }

    /// The partitions with limits that these keys name.
    pub(crate) fn resolve(&mut self, keys: &[PartitionKey]) -> Vec<Arc<Partition>> {
        self.rooms.resolve(keys)
    }

    /// A borrowed connection came back clean while somebody waited, or one was made clean.
    pub(crate) fn returned(
        &mut self,
        now: Time,
        slot: SlotId,
        idle: &dyn IdleSet,
        steps: &mut Steps,
    ) {
        self.place(slot, Place::Open);
        self.put(now, slot, idle, steps);
        self.settle(now, idle, steps);
    }

    /// A connection came back in another state than clean, or is to be looked at before its next use.
    pub(crate) fn quarantined(&mut self, slot: SlotId) {
        self.place(slot, Place::Quarantined);
    }

    /// A connection, in its slot and nobody's, is to be closed.
    pub(crate) fn retire(&mut self, slot: SlotId, reason: CloseReason, steps: &mut Steps) {
        self.place(slot, Place::Closing);
        self.counts.closed[reason as usize] += 1;
        steps.push(Step::Close { slot, reason });
    }

    /// A connection has been closed, or given up.
    pub(crate) fn closed(
        &mut self,
        now: Time,
        slot: SlotId,
        idle: &dyn IdleSet,
        steps: &mut Steps,
    ) {
        self.place(slot, Place::Vacant);
        self.settle(now, idle, steps);
    }

    /// Somebody's time was up while it looked at a connection.
    pub(crate) fn count_timeout(&mut self) {
        self.counts.timed_out += 1;
    }

    /// Time has passed: waits end at their deadlines, and what is missing is opened.
    pub(crate) fn tick(&mut self, now: Time, idle: &dyn IdleSet, steps: &mut Steps) {
        for ticket in self.line.overdue(now) {
            let since = self.line.get(ticket).map_or(now, |waiter| waiter.since);
            self.counts.timed_out += 1;
            self.end(
                now,
                ticket,
                Refusal::TimedOut {
                    waited: now.since(since),
                },
                steps,
            );
        }
        self.settle(now, idle, steps);
    }

    /// How many connections have been closed.
    pub(crate) fn closed_count(&self) -> u64 {
        self.counts.closed.iter().sum()
    }

    /// When time alone will change something.
    pub(crate) fn alarm(&self) -> Option<Time> {
        // Who waits has a deadline, and nobody else is looked at.
        let deadline = self.line.next_expiry();
        let wait =
            deadline.map(|deadline| self.look_at.map_or(deadline, |look| look.min(deadline)));
        match self.outage.filter(|_| self.wants_more()) {
            Some(Outage { retry_at, .. }) => Some(wait.map_or(retry_at, |wait| wait.min(retry_at))),
            None => wait,
        }
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    pub(crate) fn census(&self, idle: &dyn IdleSet) -> Census {
        // Read once, since it changes meanwhile: each open connection is idle or lent, and not both.
        let open = self.tally.count(Place::Open);
        let idle = idle.count().min(open);
        Census {
            max: self.settings.max,
            limit: self.limit(),
            idle,
            lent: open - idle,
            opening: self.tally.count(Place::Opening),
            quarantined: self.tally.count(Place::Quarantined),
            closing: self.tally.count(Place::Closing),
            waiting: self.line.counts(),
        }
    }

    /// How many connections are open, idle or lent, and how many callers wait.
    pub(crate) fn crowd(&self) -> usize {
        self.tally.count(Place::Open) + self.line.len()
    }

    pub(crate) fn partition_name(&self, id: PartitionId) -> String {
        self.rooms.partition(id).key.to_string()
    }

    pub(super) fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    fn place(&mut self, slot: SlotId, place: Place) {
        self.tally.set(slot, place);
        if place == Place::Vacant {
            self.vacant.insert(slot);
        }
    }
}

#[cfg(test)]
mod tests;
