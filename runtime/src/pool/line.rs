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

use super::flow::Flows;
use super::priority::Priority;
use super::queue::Queue;
use super::waiter::{Ask, Index, Move, Rank, Ticket, Waiter};
use crate::clock::Time;

/// How long the line rests for each record that was looked through, so that looking for those whose time is up takes a
/// fiftieth of the time, however densely they time out. It takes some 20 ns each.
const REST: Duration = Duration::from_micros(1);
/// How late a wait may end for that. In a line of more than 10,000 looking takes a larger part of the time.
const MOST_LATE: Duration = Duration::from_millis(10);

/// Who waits for a connection.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiters: Slab<Waiter>,
    in_line: Queue<Rank, Index>,
    /// The last place that was served: the virtual time.
    served: u64,
    flows: Flows,
    arrivals: u64,
    /// When to look for those whose time is up. It may be early, since whoever leaves doesn't move it.
    next_expiry: Option<Time>,
    /// Until when nobody is looked through.
    rests_until: Time,
    waiting: [usize; Priority::ALL.len()],
}

impl Line {
    /// Lets somebody into the room; see [`Line::stand`] for the line.
    #[inline]
    pub(super) fn enter(&mut self, now: Time, ask: Ask) -> Ticket {
        self.arrivals += 1;
        let arrival = self.arrivals;
        let entry = self.waiters.vacant_entry();
        // A line of four billion doesn't fit into memory.
        let index = entry.key() as Index;
        // Whoever goes before everybody takes no place, or the virtual time would jump to the end of its flow.
        let place = (!ask.is_front).then(|| self.flows.enter(ask.flow, self.served, index));
        let rank = Rank::new(ask.priority, place, arrival);
        self.waiting[ask.priority as usize] += 1;
        let expiry = ask.deadline.max(self.rests_until);
        self.next_expiry = Some(self.next_expiry.map_or(expiry, |next| next.min(expiry)));
        entry.insert(Waiter {
            ask,
            rank,
            flow: place.map_or(0, |place| place.flow),
            came_at: self.served,
            since: now,
            in_line_since: now,
            units: 0,
            looked_at: now,
        });
        rank.ticket(index)
    }

    /// Puts a waiter in the line, at the place that it took when it came.
    #[inline]
    pub(super) fn stand(&mut self, now: Time, ticket: Ticket) {
        if let Some(waiter) = self.get_mut(ticket) {
            waiter.in_line_since = now;
            let rank = waiter.rank;
            self.in_line.insert(rank, ticket.index);
        }
    }

    #[inline]
    pub(super) fn first(&self) -> Option<Ticket> {
        let (rank, index) = self.in_line.first()?;
        Some(rank.ticket(index))
    }

    /// Takes a waiter out that gets a connection.
    #[inline]
    pub(super) fn serve(&mut self, ticket: Ticket) -> Option<Waiter> {
        let waiter = self.take(ticket)?;
        if let Some(place) = waiter.place() {
            self.flows.serve(place);
            self.served = self.served.max(place.at);
        }
        self.ended(&waiter);
        Some(waiter)
    }

    /// Takes a waiter out that gets none.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Waiter> {
        let waiter = self.take(ticket)?;
        if let Some(place) = waiter.place() {
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
            let to = from.moved(waiter.ask.priority, place);
            waiter.rank = to;
            if self.in_line.remove(from).is_some() {
                self.in_line.insert(to, index);
            }
            let ticket = to.ticket(index);
            moves.push(Move { ticket, from, to });
        }
        moves
    }

    pub(super) fn get(&self, ticket: Ticket) -> Option<&Waiter> {
        self.waiters
            .get(ticket.index as usize)
            .filter(|waiter| waiter.rank.ticket(ticket.index) == ticket)
    }

    pub(super) fn get_mut(&mut self, ticket: Ticket) -> Option<&mut Waiter> {
        self.waiters
            .get_mut(ticket.index as usize)
            .filter(|waiter| waiter.rank.ticket(ticket.index) == ticket)
    }

    /// Everybody, in no order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (Ticket, &Waiter)> {
        self.waiters
            .iter()
            .map(|(index, waiter)| (waiter.rank.ticket(index as Index), waiter))
    }

    /// The same, to note something of them.
    pub(super) fn waiting_mut(&mut self) -> impl Iterator<Item = (Ticket, &mut Waiter)> {
        self.waiters
            .iter_mut()
            .map(|(index, waiter)| (waiter.rank.ticket(index as Index), waiter))
    }

    /// How many wait, by priority from low to critical.
    pub(super) fn counts(&self) -> [usize; Priority::ALL.len()] {
        self.waiting
    }

    pub(super) fn len(&self) -> usize {
        self.waiters.len()
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
        if self.next_expiry.is_none_or(|next| now < next) {
            return Vec::new();
        }
        let deadlines = || {
            self.waiting()
                .map(|(ticket, waiter)| (waiter.ask.deadline, ticket))
        };
        let mut overdue: Vec<_> = deadlines().filter(|(at, _)| *at <= now).collect();
        overdue.sort_unstable_by_key(|(at, ticket)| (*at, ticket.arrival));
        let next = deadlines().map(|(at, _)| at).filter(|at| *at > now).min();
        // Gone through are the records, though not all of them are in use.
        let records = u32::try_from(self.waiters.capacity()).unwrap_or(u32::MAX);
        self.rests_until = now + REST.saturating_mul(records).min(MOST_LATE);
        self.next_expiry = next.map(|next| next.max(self.rests_until));
        overdue.into_iter().map(|(_, ticket)| ticket).collect()
    }

    /// When to look for those whose time is up; `None` while nobody waits.
    #[inline]
    pub(super) fn next_expiry(&self) -> Option<Time> {
        self.next_expiry
    }

    /// Somebody doesn't wait any more.
    fn ended(&mut self, waiter: &Waiter) {
        self.in_line.remove(waiter.rank);
        self.waiting[waiter.ask.priority as usize] -= 1;
        // The busy period is over, and with it everybody's debts.
        if self.len() == 0 {
            self.flows.forget_all();
            self.next_expiry = None;
            self.rests_until = Time::default();
            // Its records are gone through whether they are in use or not.
            self.waiters.clear();
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
