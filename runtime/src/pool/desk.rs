//! Where the end of one wait is laid down for whoever waits, who reads it without the pool's lock.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::refusal::Refusal;
use super::state::SlotId;
use super::sync::{Mutex, MutexGuard, lock};

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

/// Where the end of one wait is laid down.
#[derive(Debug)]
pub(crate) struct Desk {
    /// Taken after the pool's lock, or alone.
    paper: Mutex<Paper>,
}

#[derive(Debug)]
enum Paper {
    /// Who is to be woken.
    Awaited(Waker),
    Told(Verdict),
    /// The verdict has been taken.
    Blank,
}

impl Paper {
    fn take(&mut self) -> Option<Verdict> {
        let Self::Told(verdict) = *self else {
            return None;
        };
        *self = Self::Blank;
        Some(verdict)
    }
}

impl Desk {
    /// A wait of the task that this wakes.
    pub(super) fn new(waker: Waker) -> Self {
        Self {
            paper: Mutex::new(Paper::Awaited(waker)),
        }
    }

    /// Ends the wait. Whoever is returned is to be woken.
    pub(super) fn lay(&self, verdict: Verdict) -> Option<Waker> {
        match std::mem::replace(&mut *self.paper(), Paper::Told(verdict)) {
            Paper::Awaited(waker) => Some(waker),
            _ => None,
        }
    }

    /// Whether the wait has ended; else the task is woken when it has. Told once.
    pub(super) fn look(&self, cx: &mut Context<'_>) -> Poll<Verdict> {
        let mut paper = self.paper();
        if let Some(verdict) = paper.take() {
            return Poll::Ready(verdict);
        }
        match &mut *paper {
            Paper::Awaited(waker) => waker.clone_from(cx.waker()),
            blank => *blank = Paper::Awaited(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// How the wait ended, for whoever doesn't wait any more.
    pub(super) fn take(&self) -> Option<Verdict> {
        self.paper().take()
    }

    fn paper(&self) -> MutexGuard<'_, Paper> {
        lock(&self.paper)
    }
}
