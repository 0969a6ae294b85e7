//! Who waits for a connection, and who is next. Pure: it is told the time and grants nothing by itself.
//!
//! Start-time fair queueing (Goyal, Vin, Cheng: "Start-time Fair Queueing", 1996), with arrivals for lengths: the n-th
//! waiter of one *flow* (a session, say) starts n places behind the one that was served last, so a flow that floods the
//! line queues up behind itself. A priority is a fixed number of places in the same virtual time. That ages waiters without
//! any timer, and bounds how often one is overtaken: a waiter that starts `d` places behind the virtual time is overtaken by
//! at most `d + penalty(own) - penalty(theirs)` later arrivals of each other flow, and by none of its own flow and priority.
#![deny(clippy::disallowed_methods)]

use std::time::Duration;

use slab::Slab;

use super::flow::{Flows, Place};
use super::partition::PartitionId;
use super::priority::Priority;
use super::queue::Queue;
use super::refusal::Refusal;
use super::site::Runner;
use super::state::SlotId;
use crate::clock::Time;

/// Whoever shares this number is one party in the line; 0 is everybody who has no session.
pub(crate) type FlowId = u64;

/// What looking at a waiter may cost, with the time in between: so looking for those whose time is up takes a fiftieth of the
/// time at most, however many wait and however densely they time out. Ten thousand are looked through every 10 ms.
const LOOK_COSTS: Duration = Duration::from_micros(1);

/// Where a waiter is kept.
pub(super) type Index = u32;

/// A place in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ticket {
    pub(super) index: Index,
    /// Tells the users of one index apart.
    arrival: u64,
}

/// The order in the line: the place in virtual time, then who came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    key: u64,
    arrival: u64,
}

impl Rank {
    fn new(priority: Priority, place: Option<Place>, arrival: u64) -> Self {
        let key = place.map_or(0, |place| 1 + place.at + priority.penalty());
        Self { key, arrival }
    }
}

/// A waiter's rank has changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move {
    pub(super) ticket: Ticket,
    pub(super) from: Rank,
    pub(super) to: Rank,
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
    pub(crate) partitions: Box<[PartitionId]>,
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

#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) ask: Ask,
    pub(super) rank: Rank,
    /// Its place in virtual time, before its priority counts; none for those who go before everybody.
    place: Option<Place>,
    /// The virtual time when it came: no gap brings it further forward.
    came_at: u64,
    pub(super) since: Time,
    /// When it had its units; before that, when it came.
    pub(super) in_line_since: Time,
    /// The partitions, from the first, of which it has its unit.
    pub(super) units: usize,
    /// Whether it has all its units: then it is next when it is the first. Else it is parked where it lacks one.
    pub(super) is_in_line: bool,
    /// When it was last seen whether it waits for itself; before that, when it came.
    pub(super) looked_at: Time,
}

/// Who waits for a connection.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiters: Slab<Waiter>,
    in_line: Queue<Rank, Index>,
    /// The last place that was served: the virtual time.
    served: u64,
    flows: Flows,
    arrivals: u64,
    /// Nobody's time is up before this. It may be early, since whoever leaves doesn't move it.
    next_deadline: Option<Time>,
    /// When those who wait may be looked through again.
    rested: Time,
    waiting: [usize; Priority::ALL.len()],
}

impl Line {
    /// Lets somebody into the room; see [`Line::stand`] for the line.
    pub(super) fn enter(&mut self, now: Time, ask: Ask) -> Ticket {
        self.arrivals += 1;
        let arrival = self.arrivals;
        let entry = self.waiters.vacant_entry();
        // There are fewer than `max_waiters`, which is of that type.
        let index = entry.key() as Index;
        // Whoever goes before everybody takes no place, or the virtual time would jump to the end of its flow.
        let place = (!ask.is_front).then(|| self.flows.enter(ask.flow, self.served, index));
        let rank = Rank::new(ask.priority, place, arrival);
        self.waiting[ask.priority as usize] += 1;
        let deadline = ask.deadline.max(self.rested);
        self.next_deadline = Some(
            self.next_deadline
                .map_or(deadline, |next| next.min(deadline)),
        );
        entry.insert(Waiter {
            ask,
            rank,
            place,
            came_at: self.served,
            since: now,
            in_line_since: now,
            units: 0,
            is_in_line: false,
            looked_at: now,
        });
        Ticket { index, arrival }
    }

    /// Puts a waiter in the line, at the place that it took when it came.
    pub(super) fn stand(&mut self, now: Time, ticket: Ticket) {
        if let Some(waiter) = self.get_mut(ticket) {
            waiter.is_in_line = true;
            waiter.in_line_since = now;
            let rank = waiter.rank;
            self.in_line.insert(rank, ticket.index);
        }
    }

    #[inline]
    pub(super) fn first(&self) -> Option<Ticket> {
        let (rank, index) = self.in_line.first()?;
        let arrival = rank.arrival;
        Some(Ticket { index, arrival })
    }

    /// Takes a waiter out that gets a connection.
    pub(super) fn serve(&mut self, ticket: Ticket) -> Option<Waiter> {
        let waiter = self.take(ticket)?;
        if let Some(place) = waiter.place {
            self.flows.serve(place);
            self.served = self.served.max(place.at);
        }
        self.ended(&waiter);
        Some(waiter)
    }

    /// Takes a waiter out that gets none.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Waiter> {
        let waiter = self.take(ticket)?;
        if let Some(place) = waiter.place {
            self.flows.leave(place);
        }
        self.ended(&waiter);
        Some(waiter)
    }

    fn take(&mut self, ticket: Ticket) -> Option<Waiter> {
        self.get(ticket)?;
        Some(self.waiters.remove(ticket.index as usize))
    }

    /// Whether somebody left without a connection since gaps were closed last.
    pub(super) fn may_have_gaps(&self) -> bool {
        self.flows.may_have_gaps()
    }

    /// Where many of a flow left without a connection, those behind them move up.
    pub(super) fn close_gaps(&mut self) -> Vec<Move> {
        let mut moves = Vec::new();
        let waiters = &mut self.waiters;
        let came_at = |index| {
            waiters
                .get(index as usize)
                .map_or(0, |waiter: &Waiter| waiter.came_at)
        };
        for (index, place) in self.flows.close_gaps(came_at) {
            let Some(waiter) = waiters.get_mut(index as usize) else {
                continue;
            };
            let from = waiter.rank;
            waiter.place = Some(place);
            waiter.rank = Rank::new(waiter.ask.priority, waiter.place, from.arrival);
            let to = waiter.rank;
            if self.in_line.remove(from).is_some() {
                self.in_line.insert(to, index);
            }
            let arrival = to.arrival;
            let ticket = Ticket { index, arrival };
            moves.push(Move { ticket, from, to });
        }
        moves
    }

    pub(super) fn get(&self, ticket: Ticket) -> Option<&Waiter> {
        self.waiters
            .get(ticket.index as usize)
            .filter(|waiter| waiter.rank.arrival == ticket.arrival)
    }

    pub(super) fn get_mut(&mut self, ticket: Ticket) -> Option<&mut Waiter> {
        self.waiters
            .get_mut(ticket.index as usize)
            .filter(|waiter| waiter.rank.arrival == ticket.arrival)
    }

    /// Everybody, in no order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (Ticket, &Waiter)> {
        self.waiters.iter().map(|(index, waiter)| {
            let ticket = Ticket {
                index: index as Index,
                arrival: waiter.rank.arrival,
            };
            (ticket, waiter)
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
        Some(self.in_line.count_before(rank))
    }

    /// Those whose time is up, in the order in which it was.
    pub(super) fn overdue(&mut self, now: Time) -> Vec<Ticket> {
        if self.next_deadline.is_none_or(|next| now < next) {
            return Vec::new();
        }
        let deadlines = self
            .waiting()
            .map(|(ticket, waiter)| (waiter.ask.deadline, ticket));
        let (mut overdue, rest): (Vec<_>, Vec<_>) =
            deadlines.partition(|(deadline, _)| *deadline <= now);
        overdue.sort_unstable_by_key(|(deadline, ticket)| (*deadline, ticket.arrival));
        self.rested = now + LOOK_COSTS * self.waiters.len() as u32;
        let next = rest.iter().map(|(deadline, _)| *deadline).min();
        self.next_deadline = next.map(|next| next.max(self.rested));
        overdue.into_iter().map(|(_, ticket)| ticket).collect()
    }

    /// When to look for those whose time is up.
    #[inline]
    pub(super) fn next_deadline(&self) -> Option<Time> {
        self.next_deadline
    }

    /// Somebody doesn't wait any more.
    fn ended(&mut self, waiter: &Waiter) {
        self.in_line.remove(waiter.rank);
        self.waiting[waiter.ask.priority as usize] -= 1;
        // The busy period is over, and with it everybody's debts.
        if self.len() == 0 {
            self.flows.forget_all();
            self.next_deadline = None;
        }
        if self.flows.are_many() {
            // Where everybody comes once, all have the same place and the time would stand still, and nobody be past. As a
            // round it is over: whoever waits came before those who come now, and stays ahead of them.
            self.served += 1;
            self.flows.forget_past(self.served);
        }
    }
}

#[cfg(test)]
mod tests;
