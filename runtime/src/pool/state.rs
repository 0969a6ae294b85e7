//! Which slot is lent, opened, cleaned or closed, and who waits. Pure: `now` is an argument, and what is to be done is
//! returned as [`Step`]s.
//!
//! Invariants, checked after every step of every test: each slot is in exactly one place; nobody waits while a
//! connection is idle; the slots that open, lend, idle and are in quarantine never exceed the maximum.
#![deny(clippy::disallowed_methods)]

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Room for one connection.
pub(crate) type SlotId = usize;
/// One who waits; numbered in the order of arrival.
pub(crate) type Ticket = u64;

/// A connection that nobody has used for this long is asked whether it is still there before it is lent.
pub(crate) const CHECK_AFTER_IDLE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) max: usize,
    pub(crate) min: usize,
    pub(crate) idle_timeout: Option<Duration>,
}

/// Where a slot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// -> `Opening` when somebody needs it.
    Vacant,
    /// -> `Idle` or `Lent` when open; -> `Vacant` when that failed.
    Opening,
    /// -> `Lent` to the next caller; -> `Closing` when too old or no longer needed.
    Idle { since: Instant },
    /// -> `Idle` or another's `Lent` when it comes back clean; -> `Quarantined` otherwise.
    Lent,
    /// -> `Idle` or `Lent` when clean; -> `Vacant` when it had to be closed.
    Quarantined,
    /// -> `Vacant` when closed.
    Closing,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    place: Place,
    /// When the connection is too old to be lent; fixed, with its jitter, when it was opened.
    expires_at: Option<Instant>,
}

/// What the caller gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acquired {
    /// This one; `check` says that it has idled long enough to be asked whether it is still there.
    Lend {
        slot: SlotId,
        check: bool,
    },
    /// A place in the line.
    Wait {
        ticket: Ticket,
    },
    Closed,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Grant {
        ticket: Ticket,
        slot: SlotId,
    },
    Open {
        slot: SlotId,
    },
    Close {
        slot: SlotId,
    },
    Clean {
        slot: SlotId,
    },
    /// The connection that this one waited for couldn't be opened.
    Fail {
        ticket: Ticket,
    },
}

/// In what condition a connection came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    Clean,
    Dirty,
}

#[derive(Debug)]
pub(crate) struct State {
    settings: Settings,
    slots: Vec<Slot>,
    /// Last in, first out: what is used stays warm, and what isn't grows old enough to be closed.
    idle: Vec<SlotId>,
    line: VecDeque<Ticket>,
    next_ticket: Ticket,
    is_closed: bool,
}

/// How many slots are where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Census {
    pub(crate) max: usize,
    pub(crate) idle: usize,
    pub(crate) lent: usize,
    pub(crate) opening: usize,
    pub(crate) quarantined: usize,
    pub(crate) waiting: usize,
}

impl State {
    pub(crate) fn new(settings: Settings) -> Self {
        let slots = vec![
            Slot {
                place: Place::Vacant,
                expires_at: None
            };
            settings.max
        ];
        Self {
            settings,
            slots,
            idle: Vec::new(),
            line: VecDeque::new(),
            next_ticket: 1,
            is_closed: false,
        }
    }

    /// Somebody wants a connection.
    pub(crate) fn acquire(&mut self, now: Instant, steps: &mut Vec<Step>) -> Acquired {
        if self.is_closed {
            return Acquired::Closed;
        }
        while let Some(slot) = self.idle.pop() {
            let Place::Idle { since } = self.slots[slot].place else {
                continue;
            };
            if self.is_expired(slot, now) {
                self.retire(slot, steps);
                continue;
            }
            self.slots[slot].place = Place::Lent;
            return Acquired::Lend {
                slot,
                check: now.saturating_duration_since(since) >= CHECK_AFTER_IDLE,
            };
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.line.push_back(ticket);
        self.open_for_the_line(steps);
        Acquired::Wait { ticket }
    }

    /// One in the line went away. What it was granted meanwhile comes back through [`State::returned`].
    pub(crate) fn left(&mut self, ticket: Ticket) {
        self.line.retain(|waiting| *waiting != ticket);
    }

    /// A borrowed connection came back.
    pub(crate) fn returned(
        &mut self,
        now: Instant,
        slot: SlotId,
        condition: Condition,
        steps: &mut Vec<Step>,
    ) {
        match condition {
            Condition::Clean => self.make_available(now, slot, steps),
            Condition::Dirty => {
                self.slots[slot].place = Place::Quarantined;
                steps.push(Step::Clean { slot });
            }
        }
    }

    /// A connection was opened.
    pub(crate) fn opened(
        &mut self,
        now: Instant,
        slot: SlotId,
        expires_at: Option<Instant>,
        steps: &mut Vec<Step>,
    ) {
        self.slots[slot].expires_at = expires_at;
        self.make_available(now, slot, steps);
    }

    /// A connection couldn't be opened. The one who waits longest is told; the others try again.
    pub(crate) fn open_failed(&mut self, slot: SlotId, steps: &mut Vec<Step>) {
        if let Some(ticket) = self.line.pop_front() {
            steps.push(Step::Fail { ticket });
        }
        self.vacate(slot, steps);
    }

    /// A quarantine ended.
    pub(crate) fn cleaned(&mut self, now: Instant, slot: SlotId, steps: &mut Vec<Step>) {
        self.make_available(now, slot, steps);
    }

    /// A connection has been closed.
    pub(crate) fn closed(&mut self, slot: SlotId, steps: &mut Vec<Step>) {
        self.vacate(slot, steps);
    }

    /// Time has passed: closes what is too old or idle for too long, opens what is missing to the minimum.
    pub(crate) fn tick(&mut self, now: Instant, steps: &mut Vec<Step>) {
        if self.is_closed {
            return;
        }
        let mut open = self.open_count();
        // The bottom of the stack has idled longest.
        for slot in std::mem::take(&mut self.idle) {
            let Place::Idle { since } = self.slots[slot].place else {
                continue;
            };
            let idled = now.saturating_duration_since(since);
            let is_surplus = open > self.settings.min
                && self
                    .settings
                    .idle_timeout
                    .is_some_and(|limit| idled >= limit);
            if is_surplus || self.is_expired(slot, now) {
                open -= 1;
                self.retire(slot, steps);
            } else {
                self.idle.push(slot);
            }
        }
        self.fill(self.settings.min, steps);
    }

    /// Opens connections until there are `count`; used to warm up.
    pub(crate) fn fill(&mut self, count: usize, steps: &mut Vec<Step>) {
        while self.open_count() < count.min(self.settings.max) {
            let Some(slot) = self.vacant() else { break };
            self.slots[slot].place = Place::Opening;
            steps.push(Step::Open { slot });
        }
    }

    /// Refuses everybody from now on; idle connections are closed, lent ones when they come back.
    pub(crate) fn close(&mut self, steps: &mut Vec<Step>) {
        self.is_closed = true;
        steps.extend(self.line.drain(..).map(|ticket| Step::Fail { ticket }));
        for slot in std::mem::take(&mut self.idle) {
            self.retire(slot, steps);
        }
    }

    /// Whether every connection is gone.
    pub(crate) fn is_drained(&self) -> bool {
        self.is_closed && self.slots.iter().all(|slot| slot.place == Place::Vacant)
    }

    pub(crate) fn census(&self) -> Census {
        let mut census = Census {
            max: self.settings.max,
            waiting: self.line.len(),
            ..Census::default()
        };
        for slot in &self.slots {
            match slot.place {
                Place::Vacant => {}
                Place::Opening => census.opening += 1,
                Place::Idle { .. } => census.idle += 1,
                Place::Lent => census.lent += 1,
                Place::Quarantined | Place::Closing => census.quarantined += 1,
            }
        }
        census
    }

    fn make_available(&mut self, now: Instant, slot: SlotId, steps: &mut Vec<Step>) {
        if self.is_closed || self.is_expired(slot, now) {
            self.retire(slot, steps);
        } else if let Some(ticket) = self.line.pop_front() {
            self.slots[slot].place = Place::Lent;
            steps.push(Step::Grant { ticket, slot });
        } else {
            self.slots[slot].place = Place::Idle { since: now };
            self.idle.push(slot);
        }
    }

    fn retire(&mut self, slot: SlotId, steps: &mut Vec<Step>) {
        self.slots[slot].place = Place::Closing;
        steps.push(Step::Close { slot });
    }

    fn vacate(&mut self, slot: SlotId, steps: &mut Vec<Step>) {
        self.slots[slot] = Slot {
            place: Place::Vacant,
            expires_at: None,
        };
        if !self.is_closed {
            self.open_for_the_line(steps);
        }
    }

    /// Opens as many as there are in the line, less what is being opened already.
    fn open_for_the_line(&mut self, steps: &mut Vec<Step>) {
        let mut opening = self
            .slots
            .iter()
            .filter(|slot| slot.place == Place::Opening)
            .count();
        while opening < self.line.len() {
            let Some(slot) = self.vacant() else { break };
            self.slots[slot].place = Place::Opening;
            steps.push(Step::Open { slot });
            opening += 1;
        }
    }

    fn vacant(&self) -> Option<SlotId> {
        self.slots
            .iter()
            .position(|slot| slot.place == Place::Vacant)
    }

    fn open_count(&self) -> usize {
        self.slots
            .iter()
            .filter(|slot| !matches!(slot.place, Place::Vacant | Place::Closing))
            .count()
    }

    fn is_expired(&self, slot: SlotId, now: Instant) -> bool {
        self.slots[slot]
            .expires_at
            .is_some_and(|expires_at| now >= expires_at)
    }
}

#[cfg(test)]
mod tests;
