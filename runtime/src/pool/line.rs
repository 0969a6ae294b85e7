//! Who waits for a connection, and who is next. Pure: it is told the time and grants nothing by itself.
//!
//! Start-time fair queueing (Goyal, Vin, Cheng: "Start-time Fair Queueing", 1996), with arrivals for lengths: the n-th
//! waiter of one *flow* (a session, say) starts n places behind the one that was served last, so a flow that floods the
//! line queues up behind itself. A priority is a fixed number of places in the same virtual time. That ages waiters without
//! any timer, and bounds how often one is overtaken: a waiter that starts `d` places behind the virtual time is overtaken by
//! at most `d + penalty(own) - penalty(theirs)` later arrivals of each other flow, and by none of its own flow and priority.
#![deny(clippy::disallowed_methods)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::time::Duration;

use slab::Slab;

use super::partition::PartitionId;
use super::priority::Priority;
use super::refusal::Refusal;
use super::site::Runner;
use super::state::SlotId;
use crate::clock::Time;

/// Whoever shares this number is one party in the line; 0 is everybody who has no session.
pub(crate) type FlowId = u64;

/// A place in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ticket {
    pub(super) index: usize,
    /// Tells the users of one index apart.
    arrival: u64,
}

/// The order in the line: the place in virtual time, then who came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    key: u64,
    arrival: u64,
}

/// Somebody who wants a connection.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// Which session asks.
    pub(crate) caller: Option<FlowId>,
    pub(crate) flow: FlowId,
    pub(crate) priority: Priority,
    /// Whether it goes before everybody: because those may wait for what it holds, or because it has waited before.
    pub(crate) is_front: bool,
    pub(crate) deadline: Time,
    /// Whether the first connection that can't be opened is reason enough to fail.
    pub(crate) fails_fast: bool,
    pub(crate) partitions: Vec<PartitionId>,
    /// The partitions, from the first, of which it has its unit.
    pub(crate) units: usize,
    pub(crate) runner: Runner,
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// With this connection, and a unit of each partition.
    Granted {
        slot: SlotId,
        waited: Duration,
    },
    Refused(Refusal),
}

/// Where a waiter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Has all its units; next when it is the first. -> `Done`.
    InLine,
    /// Waits for a unit of a partition. -> `InLine` with all units; -> parked at the next partition; -> `Done` when refused.
    Parked { at: PartitionId },
    /// -> gone, when it looks.
    Done(Verdict),
}

#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) ask: Ask,
    pub(super) rank: Rank,
    pub(super) since: Time,
    pub(super) standing: Standing,
    start: u64,
    /// Whether it has been told already that it doesn't wait for itself.
    pub(super) is_looked_at: bool,
}

/// Who waits for a connection.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiters: Slab<Waiter>,
    in_line: BTreeMap<Rank, Ticket>,
    /// The start of the last one served: the virtual time.
    served: u64,
    /// The start of each flow's last arrival, unless it is past.
    last_starts: HashMap<FlowId, u64>,
    /// May name waiters that are gone.
    deadlines: BinaryHeap<Reverse<(Time, Ticket)>>,
    arrivals: u64,
    waiting: [usize; Priority::ALL.len()],
}

impl Line {
    /// Lets somebody into the room; see [`Line::stand`] for the line.
    pub(super) fn enter(&mut self, now: Time, ask: Ask, standing: Standing) -> Ticket {
        let start = match self.last_starts.get(&ask.flow) {
            Some(last) => self.served.max(last + 1),
            None => self.served,
        };
        let key = if ask.is_front {
            0
        } else {
            start + ask.priority.penalty()
        };
        if !ask.is_front {
            self.last_starts.insert(ask.flow, start);
        }
        self.arrivals += 1;
        let rank = Rank {
            key,
            arrival: self.arrivals,
        };
        self.waiting[ask.priority as usize] += 1;
        let deadline = ask.deadline;
        let waiter = Waiter {
            ask,
            rank,
            since: now,
            standing,
            start,
            is_looked_at: false,
        };
        let ticket = Ticket {
            index: self.waiters.insert(waiter),
            arrival: rank.arrival,
        };
        self.deadlines.push(Reverse((deadline, ticket)));
        if standing == Standing::InLine {
            self.in_line.insert(rank, ticket);
        }
        ticket
    }

    /// Puts a parked waiter in the line, at the place that it would have had.
    pub(super) fn stand(&mut self, ticket: Ticket) {
        if let Some(waiter) = self.get_mut(ticket) {
            waiter.standing = Standing::InLine;
            let rank = waiter.rank;
            self.in_line.insert(rank, ticket);
        }
    }

    pub(super) fn first(&self) -> Option<Ticket> {
        self.in_line.values().next().copied()
    }

    /// Ends a wait. The waiter stays until it looks; see [`Line::remove`].
    pub(super) fn conclude(&mut self, ticket: Ticket, verdict: Verdict) {
        let Some(waiter) = self.get_mut(ticket) else {
            return;
        };
        let (rank, start, priority) = (waiter.rank, waiter.start, waiter.ask.priority);
        let was_served = matches!(verdict, Verdict::Granted { .. });
        if matches!(waiter.standing, Standing::Done(_)) {
            return;
        }
        waiter.standing = Standing::Done(verdict);
        self.in_line.remove(&rank);
        self.waiting[priority as usize] -= 1;
        if was_served {
            self.served = self.served.max(start);
        }
        self.forget_the_past();
    }

    /// Takes a waiter out, whatever became of it.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Waiter> {
        self.get(ticket)?;
        let waiter = self.waiters.remove(ticket.index);
        if !matches!(waiter.standing, Standing::Done(_)) {
            self.waiting[waiter.ask.priority as usize] -= 1;
        }
        self.in_line.remove(&waiter.rank);
        self.forget_the_past();
        Some(waiter)
    }

    pub(super) fn get(&self, ticket: Ticket) -> Option<&Waiter> {
        self.waiters
            .get(ticket.index)
            .filter(|waiter| waiter.rank.arrival == ticket.arrival)
    }

    pub(super) fn get_mut(&mut self, ticket: Ticket) -> Option<&mut Waiter> {
        self.waiters
            .get_mut(ticket.index)
            .filter(|waiter| waiter.rank.arrival == ticket.arrival)
    }

    /// Everybody whose wait hasn't ended, in no order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (Ticket, &Waiter)> {
        self.waiters.iter().filter_map(|(index, waiter)| {
            let ticket = Ticket {
                index,
                arrival: waiter.rank.arrival,
            };
            (!matches!(waiter.standing, Standing::Done(_))).then_some((ticket, waiter))
        })
    }

    /// How many wait, by priority from low to critical.
    pub(super) fn counts(&self) -> [usize; Priority::ALL.len()] {
        self.waiting
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.iter().sum()
    }

    pub(super) fn len_in_line(&self) -> usize {
        self.in_line.len()
    }

    /// How many go before this one.
    pub(super) fn ahead_of(&self, ticket: Ticket) -> Option<usize> {
        let rank = self.get(ticket)?.rank;
        Some(self.in_line.range(..rank).count())
    }

    /// One whose time is up.
    pub(super) fn overdue(&mut self, now: Time) -> Option<Ticket> {
        let (deadline, ticket) = self.next_deadline()?;
        (deadline <= now).then_some(ticket)
    }

    /// The earliest deadline of somebody who still waits.
    pub(super) fn next_deadline(&mut self) -> Option<(Time, Ticket)> {
        self.forget_the_past();
        self.deadlines.peek().map(|Reverse(next)| *next)
    }

    /// Drops what is known of waiters and flows that are gone, a bounded piece at a time.
    fn forget_the_past(&mut self) {
        while let Some(Reverse((_, ticket))) = self.deadlines.peek() {
            let ticket = *ticket;
            let waits = |waiter: &Waiter| !matches!(waiter.standing, Standing::Done(_));
            if self.get(ticket).is_some_and(waits) {
                break;
            }
            self.deadlines.pop();
        }
        if self.deadlines.len() > 64 + 2 * self.waiters.len() {
            let live = std::mem::take(&mut self.deadlines);
            let live = live
                .into_iter()
                .filter(|Reverse((_, ticket))| self.get(*ticket).is_some());
            self.deadlines = live.collect();
        }
        // The busy period is over, and with it everybody's debts.
        if self.waiting.iter().all(|count| *count == 0) {
            self.last_starts.clear();
        }
        if self.last_starts.len() > 64 && self.last_starts.len() > 2 * self.waiters.len() {
            let served = self.served;
            self.last_starts.retain(|_, last| *last >= served);
        }
    }
}

#[cfg(test)]
mod tests;
