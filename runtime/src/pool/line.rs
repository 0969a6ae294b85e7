//! Who waits for a connection, and who is next. Pure: it is told the time and grants nothing by itself.
//!
//! Start-time fair queueing (Goyal, Vin, Cheng: "Start-time Fair Queueing", 1996), with arrivals for lengths: the n-th
//! waiter of one *flow* (a session, say) starts n places behind the one that was served last, so a flow that floods the
//! line queues up behind itself. A priority is a fixed number of places in the same virtual time. That ages waiters without
//! any timer, and bounds how often one is overtaken: a waiter that starts `d` places behind the virtual time is overtaken by
//! at most `d + penalty(own) - penalty(theirs)` later arrivals of each other flow, and by none of its own flow and priority.
#![deny(clippy::disallowed_methods)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};
use std::time::Duration;

use slab::Slab;

use super::flow::Flow;
use super::partition::PartitionId;
use super::priority::Priority;
use super::refusal::Refusal;
use super::site::Runner;
use super::state::SlotId;
use crate::clock::Time;

/// How many flows may be remembered, whoever waits.
const FLOWS_KEPT: usize = 64;

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

impl Rank {
    fn new(priority: Priority, place: Option<u64>, arrival: u64) -> Self {
        let key = place.map_or(0, |place| 1 + place + priority.penalty());
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
    /// Its place in virtual time, before its priority counts; none for those who go before everybody.
    place: Option<u64>,
    pub(super) since: Time,
    /// When it had its units; before that, when it came.
    pub(super) in_line_since: Time,
    pub(super) standing: Standing,
    /// When it was last seen whether it waits for itself; before that, when it came.
    pub(super) looked_at: Time,
}

impl Waiter {
    /// Whether its wait hasn't ended.
    pub(super) fn waits(&self) -> bool {
        !matches!(self.standing, Standing::Done(_))
    }
}

/// Who waits for a connection.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiters: Slab<Waiter>,
    in_line: BTreeMap<Rank, Ticket>,
    /// The last place that was served: the virtual time.
    served: u64,
    flows: HashMap<FlowId, Flow>,
    /// The flows in which gaps may have to be closed.
    left: HashSet<FlowId>,
    /// Above how many flows those that are past are forgotten.
    flows_to_sweep: usize,
    /// May name waiters that are gone.
    deadlines: BinaryHeap<Reverse<(Time, Ticket)>>,
    arrivals: u64,
    waiting: [usize; Priority::ALL.len()],
}

impl Line {
    /// Lets somebody into the room; see [`Line::stand`] for the line.
    pub(super) fn enter(&mut self, now: Time, ask: Ask, standing: Standing) -> Ticket {
        let flow = self.flows.entry(ask.flow).or_default();
        // Whoever goes before everybody takes no place, or the virtual time would jump to the end of its flow.
        let place = (!ask.is_front).then(|| flow.next_place(self.served));
        self.arrivals += 1;
        let rank = Rank::new(ask.priority, place, self.arrivals);
        let (deadline, priority) = (ask.deadline, ask.priority);
        let waiter = Waiter {
            ask,
            rank,
            place,
            since: now,
            in_line_since: now,
            standing,
            looked_at: now,
        };
        let ticket = Ticket {
            index: self.waiters.insert(waiter),
            arrival: rank.arrival,
        };
        if place.is_some() {
            flow.enter(self.served, ticket);
        }
        self.waiting[priority as usize] += 1;
        self.deadlines.push(Reverse((deadline, ticket)));
        if standing == Standing::InLine {
            self.in_line.insert(rank, ticket);
        }
        ticket
    }

    /// Puts a parked waiter in the line, at the place that it would have had.
    pub(super) fn stand(&mut self, now: Time, ticket: Ticket) {
        if let Some(waiter) = self.get_mut(ticket) {
            waiter.standing = Standing::InLine;
            waiter.in_line_since = now;
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
        if !waiter.waits() {
            return;
        }
        waiter.standing = Standing::Done(verdict);
        let (rank, place, priority, flow) = (
            waiter.rank,
            waiter.place,
            waiter.ask.priority,
            waiter.ask.flow,
        );
        self.in_line.remove(&rank);
        self.waiting[priority as usize] -= 1;
        if let Some(place) = place {
            match verdict {
                Verdict::Granted { .. } => {
                    self.flows.entry(flow).or_default().serve(place);
                    self.served = self.served.max(place);
                }
                Verdict::Refused(_) => self.leave_place(flow, place),
            }
        }
        self.forget_the_past();
    }

    /// Takes a waiter out, whatever became of it.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Waiter> {
        self.get(ticket)?;
        let waiter = self.waiters.remove(ticket.index);
        if waiter.waits() {
            self.waiting[waiter.ask.priority as usize] -= 1;
            self.in_line.remove(&waiter.rank);
            if let Some(place) = waiter.place {
                self.leave_place(waiter.ask.flow, place);
            }
        }
        self.forget_the_past();
        Some(waiter)
    }

    /// Where many of a flow left without a connection, those behind them move up.
    pub(super) fn close_gaps(&mut self) -> Vec<Move> {
        let mut moves = Vec::new();
        for flow in std::mem::take(&mut self.left) {
            let Some(places) = self.flows.get_mut(&flow).map(Flow::close_gaps) else {
                continue;
            };
            for (ticket, place) in places {
                let Some(waiter) = self.get_mut(ticket) else {
                    continue;
                };
                let from = waiter.rank;
                waiter.place = Some(place);
                waiter.rank = Rank::new(waiter.ask.priority, waiter.place, from.arrival);
                let to = waiter.rank;
                if self.in_line.remove(&from).is_some() {
                    self.in_line.insert(to, ticket);
                }
                moves.push(Move { ticket, from, to });
            }
        }
        moves
    }

    fn leave_place(&mut self, flow: FlowId, place: u64) {
        self.flows.entry(flow).or_default().leave(place);
        self.left.insert(flow);
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
            waiter.waits().then_some((ticket, waiter))
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
            if self.get(ticket).is_some_and(Waiter::waits) {
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
            self.flows.clear();
            self.left.clear();
        }
        if self.flows.len() > self.flows_to_sweep.max(FLOWS_KEPT) {
            // Where everybody comes once, all have the same place and the time would stand still, and nobody be past. As a
            // round it is over: whoever waits came before those who come now, and stays ahead of them.
            self.served += 1;
            let served = self.served;
            self.flows.retain(|_, flow| !flow.is_past(served));
            self.flows_to_sweep = 2 * self.flows.len();
        }
    }
}

#[cfg(test)]
mod tests;
