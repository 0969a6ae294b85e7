//! One who waits for a connection: what it asked for, where it stands, and where the end of its wait is told.
#![deny(clippy::disallowed_methods)]

use std::num::NonZeroU64;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::desk::{Desk, Verdict};
use super::flow::{FlowId, Place};
use super::partition::PartitionId;
use super::priority::Priority;
use super::site::Runner;
use crate::clock::Time;

/// Tells the sessions that ask apart.
pub(crate) type CallerId = NonZeroU64;

/// Where a waiter is kept.
pub(super) type Index = u32;

/// A place in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ticket {
    pub(super) index: Index,
    /// Tells the users of one index apart.
    pub(super) arrival: u64,
}

/// The order in the line: the place in virtual time, then who came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    key: u64,
    arrival: u64,
}

impl Rank {
    pub(super) fn new(priority: Priority, place: Option<Place>, arrival: u64) -> Self {
        let key = place.map_or(0, |place| 1 + place.at + priority.penalty());
        Self { key, arrival }
    }

    /// The place in virtual time of a waiter of this rank and priority; none for those who go before everybody.
    fn place(self, priority: Priority) -> Option<u64> {
        let place = self.key.checked_sub(1)?;
        Some(place - priority.penalty())
    }

    /// The rank of the same waiter at another place.
    pub(super) fn moved(self, priority: Priority, place: Place) -> Self {
        Self::new(priority, Some(place), self.arrival)
    }

    /// The ticket of the waiter of this rank, who is kept there.
    pub(super) fn ticket(self, index: Index) -> Ticket {
        let arrival = self.arrival;
        Ticket { index, arrival }
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
#[derive(Debug)]
pub(crate) struct Ask {
    /// Which session asks.
    pub(crate) caller: Option<CallerId>,
    pub(crate) flow: FlowId,
    pub(crate) priority: Priority,
    /// Whether it goes before everybody: because those may wait for what it holds, or because it has waited before.
    pub(crate) is_front: bool,
    pub(crate) deadline: Time,
    /// Whether the first connection that can't be opened is reason enough to fail.
    pub(crate) fails_fast: bool,
    pub(crate) partitions: Box<[PartitionId]>,
    pub(crate) runner: Runner,
    /// Where its end is told. Nobody in the line looks at it.
    pub(crate) desk: Arc<Desk>,
}

/// A wait that is under way: a place in the line, and where its end will be told.
#[derive(Debug, Clone)]
pub(super) struct Wait {
    pub(super) ticket: Ticket,
    pub(super) desk: Arc<Desk>,
    /// Whether it hasn't been polled yet.
    is_new: bool,
}

impl Wait {
    /// A wait that is polled next by the task that the desk wakes.
    pub(super) fn new(ticket: Ticket, desk: Arc<Desk>) -> Self {
        Self {
            ticket,
            desk,
            is_new: true,
        }
    }

    /// How the wait ended; else the task is woken when it has. Told once.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Verdict> {
        // Whoever asks for the first time has just come, and if the wait has ended since, it has been woken.
        if std::mem::take(&mut self.is_new) {
            return Poll::Pending;
        }
        self.desk.look(cx)
    }
}

/// What is larger is moved by a call of `memcpy`, and takes a third cache line.
const _: () = assert!(size_of::<Waiter>() <= 128);

/// Somebody who waits.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) ask: Ask,
    pub(super) rank: Rank,
    /// Where its flow is kept; means nothing for those who go before everybody.
    pub(super) flow: Index,
    /// The virtual time when it came: no gap brings it further forward.
    pub(super) came_at: u64,
    pub(super) since: Time,
    /// When it had its units; before that, when it came.
    pub(super) in_line_since: Time,
    /// The partitions, from the first, of which it has its unit.
    pub(super) units: u32,
    /// When it was last seen whether it waits for itself; before that, when it came.
    pub(super) looked_at: Time,
}

impl Waiter {
    /// Whether it has all its units: then it is next when it is the first. Else it is parked where it lacks one.
    pub(super) fn is_in_line(&self) -> bool {
        self.units as usize == self.ask.partitions.len()
    }

    /// Its place in virtual time, before its priority counts; none for those who go before everybody.
    pub(super) fn place(&self) -> Option<Place> {
        let at = self.rank.place(self.ask.priority)?;
        let flow = self.flow;
        Some(Place { flow, at })
    }
}
