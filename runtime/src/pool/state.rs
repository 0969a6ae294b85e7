//! Everything that a pool decides while it holds its lock: who gets which connection, when to open and when to give up.
//! Pure: it is told the time, talks to nobody, and answers with steps for others to carry out.
//!
//! Two things are shared with those who don't take the lock: which connections are idle ([`IdleSet`]), and how many
//! each partition uses ([`Units`](super::units::Units)). So an open connection that is in neither quarantine nor being
//! opened is just `Open` here, idle or lent.
#![deny(clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::idle::{Given, IdleSet, Shelf};
use super::line::{Ask, FlowId, Line, Standing, Ticket, Verdict};
use super::partition::{Partition, PartitionId, PartitionKey};
use super::priority::Priority;
use super::refusal::{CloseReason, Refusal};
use super::rooms::{PartitionRules, Rooms};
use super::tally::{Place, Tally};
use crate::clock::Time;
use crate::policy::codel::{self, Codel};
use crate::policy::elastic::Elastic;
use crate::policy::histogram::WaitHistogram;

/// The number of a slot: room for one connection.
pub(crate) type SlotId = usize;

/// How old a wait is when it is looked at, and looked at again, whether the waiter waits for itself.
pub(crate) const LOOK_AFTER: Duration = Duration::from_millis(100);
/// How much the last gap between two grants counts in the mean.
const DRAIN_WEIGHT: f64 = 0.1;
/// Failures that are further apart than this many times `connect_timeout`, which one try may take, are two outages.
const OUTAGE_GAP: u32 = 2;

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

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A wait has ended; see [`State::claim`].
    Wake {
        ticket: Ticket,
    },
    Open {
        slot: SlotId,
    },
    /// The connection is in its slot, and nobody else's.
    Close {
        slot: SlotId,
        reason: CloseReason,
    },
    /// Look at the time earlier than agreed; see [`State::alarm`].
    Arm,
}

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
    retry_at: Time,
}

/// What has happened since the pool began, as far as it takes the lock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    pub(crate) opened: u64,
    pub(crate) open_failures: u64,
    pub(crate) closed: [u64; CloseReason::ALL.len()],
    pub(crate) granted: u64,
    pub(crate) timed_out: u64,
    pub(crate) shed: u64,
    pub(crate) refused: u64,
    pub(crate) left: u64,
    pub(crate) waits: WaitHistogram,
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

    /// Somebody wants a connection, and found none idle. On a refusal its units are still its own.
    pub(crate) fn ask(
        &mut self,
        now: Time,
        ask: Ask,
        idle: &dyn IdleSet,
        steps: &mut Vec<Step>,
    ) -> Result<Ticket, Refusal> {
        let refusal = self.refusal(&ask);
        if let Some(refusal) = refusal {
            self.counts.refused += 1;
            return Err(refusal);
        }
        let partitions = ask.partitions.clone();
        self.rooms.enter(&partitions, ask.units);
        if self.line.len() == 0 {
            self.last_grant = None;
            self.look_at = None;
        }
        let first = partitions.first().copied().unwrap_or_default();
        let ticket = self.line.enter(now, ask, Standing::Parked { at: first });
        self.look_at.get_or_insert(now + LOOK_AFTER);
        self.advance(now, ticket);
        self.settle(now, idle, steps);
        Ok(ticket)
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

    /// A borrowed connection came back clean while somebody waited, or one was made clean.
    pub(crate) fn returned(
        &mut self,
        now: Time,
        slot: SlotId,
        idle: &dyn IdleSet,
        steps: &mut Vec<Step>,
    ) {
        self.place(slot, Place::Open);
        self.put(now, slot, idle, steps);
        self.settle(now, idle, steps);
    }

    /// A unit came back while somebody was parked.
    pub(crate) fn unit_returned(
        &mut self,
        now: Time,
        partition: PartitionId,
        idle: &dyn IdleSet,
        steps: &mut Vec<Step>,
    ) {
        self.unit_back(now, partition);
        self.settle(now, idle, steps);
    }

    /// A connection came back in another state than clean, or is to be looked at before its next use.
    pub(crate) fn quarantined(&mut self, slot: SlotId) {
        self.place(slot, Place::Quarantined);
    }

    /// A connection, in its slot and nobody's, is to be closed.
    pub(crate) fn retire(&mut self, slot: SlotId, reason: CloseReason, steps: &mut Vec<Step>) {
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
        steps: &mut Vec<Step>,
    ) {
        self.place(slot, Place::Vacant);
        self.settle(now, idle, steps);
    }

    /// A connection was opened.
    pub(crate) fn opened(
        &mut self,
        now: Time,
        slot: SlotId,
        idle: &dyn IdleSet,
        steps: &mut Vec<Step>,
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
        steps: &mut Vec<Step>,
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

    /// Time has passed: waits end at their deadlines, and what is missing is opened.
    pub(crate) fn tick(&mut self, now: Time, idle: &dyn IdleSet, steps: &mut Vec<Step>) {
        while let Some(ticket) = self.line.overdue(now) {
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

    /// How many connections are in use, told now and then: an elastic pool follows.
    pub(crate) fn sample(&mut self, now: Time, idle: &dyn IdleSet, steps: &mut Vec<Step>) {
        self.rooms.sweep();
        let in_use = self.in_use(idle);
        // A limit of one's own is no reason for a greater pool.
        let waiting = self.line.len_in_line();
        let Some(elastic) = &mut self.settings.elastic else {
            return;
        };
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        if let Some(resize) = elastic.sample(now, count(in_use), count(waiting)) {
            tracing::debug!(from = resize.from, to = resize.to, reason = ?resize.reason, "the pool changes its size");
        }
        while self.tally.staying() > self.limit()
            && let Some(slot) = self.take_idle(idle)
        {
            self.retire(slot, CloseReason::Surplus, steps);
        }
        self.settle(now, idle, steps);
    }

    /// Whether an idle connection may be closed for having idled: never below the minimum.
    pub(crate) fn has_surplus(&self) -> bool {
        self.tally.staying() > self.settings.min
    }

    /// Begins to open connections until there are `count`, as many at once as may be. Up to the minimum the others follow.
    pub(crate) fn fill(&mut self, count: usize, steps: &mut Vec<Step>) {
        while !self.is_closed
            && self.tally.occupied() < count.min(self.limit())
            && self.tally.count(Place::Opening) < self.settings.max_opening
            && self.open_one(steps)
        {}
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

    /// How many connections have been closed.
    pub(crate) fn closed_count(&self) -> u64 {
        self.counts.closed.iter().sum()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Whether every connection is gone.
    pub(crate) fn is_drained(&self) -> bool {
        self.is_closed && self.tally.occupied() == 0
    }

    /// Those who have waited for [`LOOK_AFTER`] since they came or were looked at last.
    pub(crate) fn due_for_a_look(&mut self, now: Time) -> Vec<Ticket> {
        let waiting: Vec<(Ticket, Time)> = self
            .line
            .waiting()
            .map(|(ticket, waiter)| (ticket, waiter.looked_at + LOOK_AFTER))
            .collect();
        let mut due = Vec::new();
        for (ticket, look_at) in waiting {
            if look_at <= now
                && let Some(waiter) = self.line.get_mut(ticket)
            {
                waiter.looked_at = now;
                due.push(ticket);
            }
        }
        let next = self
            .line
            .waiting()
            .map(|(_, waiter)| waiter.looked_at + LOOK_AFTER);
        self.look_at = next.min();
        due
    }

    /// When time alone will change something.
    pub(crate) fn alarm(&mut self) -> Option<Time> {
        let deadline = self.line.next_deadline().map(|(deadline, _)| deadline);
        let retry = self
            .outage
            .filter(|_| self.wants_more())
            .map(|outage| outage.retry_at);
        let look = self.look_at.filter(|_| self.line.len() > 0);
        [deadline, retry, look].into_iter().flatten().min()
    }

    /// Places and expected waits of a session's calls.
    pub(crate) fn positions(&self, now: Time, caller: FlowId) -> Vec<Position> {
        let own = self
            .line
            .waiting()
            .filter(|(_, waiter)| waiter.ask.caller == Some(caller));
        let mut positions: Vec<Position> = own
            .map(|(ticket, waiter)| {
                let ahead = self.line.ahead_of(ticket).unwrap_or_default();
                let turns = u32::try_from(ahead + 1).unwrap_or(u32::MAX);
                Position {
                    ahead,
                    waited: now.since(waiter.since),
                    expected_wait: self
                        .drain
                        .map(|drain| Duration::from_nanos((drain * f64::from(turns)) as u64)),
                    is_parked: matches!(waiter.standing, Standing::Parked { .. }),
                }
            })
            .collect();
        positions.sort_by_key(|position| position.ahead);
        positions
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

    fn in_use(&self, idle: &dyn IdleSet) -> usize {
        self.tally.count(Place::Open).saturating_sub(idle.count())
    }

    /// How many connections there may be now.
    fn limit(&self) -> usize {
        let elastic = self.settings.elastic.as_ref();
        elastic.map_or(self.settings.max, |elastic| elastic.limit() as usize)
    }

    fn place(&mut self, slot: SlotId, place: Place) {
        self.tally.set(slot, place);
        if place == Place::Vacant {
            self.vacant.insert(slot);
        }
    }

    /// Lets those move up who stand behind others that left.
    fn close_gaps(&mut self) {
        for changed in self.line.close_gaps() {
            if let Some(waiter) = self.line.get(changed.ticket) {
                self.rooms.rerank(&waiter.ask.partitions, changed);
            }
        }
    }

    /// Takes as many units for a waiter as there are; with all of them it stands in the line.
    fn advance(&mut self, now: Time, ticket: Ticket) {
        let Some(waiter) = self.line.get_mut(ticket) else {
            return;
        };
        while let Some(id) = waiter.ask.partitions.get(waiter.ask.units).copied() {
            if !self.rooms.take_or_park(id, waiter.rank, ticket) {
                waiter.standing = Standing::Parked { at: id };
                return;
            }
            waiter.ask.units += 1;
        }
        self.rooms
            .stand(&waiter.ask.partitions, waiter.rank, ticket);
        self.line.stand(now, ticket);
    }

    fn units_back(&mut self, now: Time, partitions: &[PartitionId]) {
        for id in partitions {
            if !self.rooms.partition(*id).units.give() {
                self.unit_back(now, *id);
            }
        }
    }

    fn unit_back(&mut self, now: Time, id: PartitionId) {
        if let Some(ticket) = self.rooms.unit_back(id) {
            if let Some(waiter) = self.line.get_mut(ticket) {
                waiter.ask.units += 1;
            }
            self.advance(now, ticket);
        }
    }

    /// Brings together who waits and what is idle, and opens what is missing. At the end of every change.
    fn settle(&mut self, now: Time, idle: &dyn IdleSet, steps: &mut Vec<Step>) {
        if self.is_closed {
            return;
        }
        self.close_gaps();
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

    /// What must hold whenever the lock is released. Nothing in a release build.
    fn check(&self, idle: &dyn IdleSet) {
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

    /// Gives a connection that is nobody's to whoever is next, or to the idle ones.
    fn put(&mut self, now: Time, slot: SlotId, idle: &dyn IdleSet, steps: &mut Vec<Step>) {
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
    fn grant(&mut self, now: Time, ticket: Ticket, slot: SlotId, steps: &mut Vec<Step>) -> bool {
        let Some(waiter) = self.line.get(ticket) else {
            return false;
        };
        let waited = now.since(waiter.since);
        let may_shed = waiter.ask.priority != Priority::Critical && !waiter.ask.is_front;
        // Whoever waits for a limit of its own doesn't wait for the pool.
        let stood = now.since(waiter.in_line_since);
        let verdict = self
            .settings
            .codel
            .as_mut()
            .map(|codel| codel.served(now, stood));
        if may_shed && verdict == Some(codel::Verdict::Shed) {
            self.counts.shed += 1;
            self.end(now, ticket, Refusal::Shed { waited }, steps);
            return false;
        }
        self.rooms
            .exit(waiter.rank, &waiter.ask.partitions, waiter.ask.units);
        self.line
            .conclude(ticket, Verdict::Granted { slot, waited });
        self.counts.granted += 1;
        self.counts.waits.record(waited);
        if let Some(last) = self.last_grant.replace(now) {
            let gap = now.since(last).as_nanos() as f64;
            let drain = self.drain.unwrap_or(gap);
            self.drain = Some(drain * (1.0 - DRAIN_WEIGHT) + gap * DRAIN_WEIGHT);
        }
        steps.push(Step::Wake { ticket });
        true
    }

    /// Ends a wait without a connection, unless it has ended already.
    fn end(&mut self, now: Time, ticket: Ticket, refusal: Refusal, steps: &mut Vec<Step>) {
        let Some(waiter) = self.line.get(ticket).filter(|waiter| waiter.waits()) else {
            return;
        };
        let (rank, ask) = (waiter.rank, waiter.ask.clone());
        self.line.conclude(ticket, Verdict::Refused(refusal));
        self.rooms.exit(rank, &ask.partitions, ask.units);
        self.units_back(now, &ask.partitions[..ask.units]);
        steps.push(Step::Wake { ticket });
    }

    fn wants_more(&self) -> bool {
        let opening = self.tally.count(Place::Opening);
        let is_wanted =
            opening < self.line.len_in_line() || self.tally.staying() < self.settings.min;
        !self.is_closed
            && is_wanted
            && opening < self.settings.max_opening
            && self.tally.occupied() < self.limit()
    }

    fn open_one(&mut self, steps: &mut Vec<Step>) -> bool {
        let Some(slot) = self.vacant.pop_first() else {
            return false;
        };
        self.place(slot, Place::Opening);
        steps.push(Step::Open { slot });
        true
    }

    fn take_idle(&self, idle: &dyn IdleSet) -> Option<SlotId> {
        // From the top: low slots are the busy ones.
        (0..self.settings.max)
            .rev()
            .find(|slot| idle.take_exactly(*slot))
    }
}

/// How many connections are where, and who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Census {
    pub(crate) max: usize,
    pub(crate) limit: usize,
    pub(crate) idle: usize,
    pub(crate) lent: usize,
    pub(crate) opening: usize,
    pub(crate) quarantined: usize,
    pub(crate) closing: usize,
    /// By priority, from low to critical.
    pub(crate) waiting: [usize; Priority::ALL.len()],
}

/// Where somebody stands who waits for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Position {
    /// How many go first.
    pub ahead: usize,
    /// How long it has waited.
    pub waited: Duration,
    /// How long the rest may take, by how fast the line has been moving; `None` before anybody was served.
    pub expected_wait: Option<Duration>,
    /// Whether it waits for a limit of its partition, and not in the line.
    pub is_parked: bool,
}

#[cfg(test)]
mod tests;
