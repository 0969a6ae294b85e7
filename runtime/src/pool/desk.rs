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
    /// Nobody has looked yet.
    Blank,
    /// Who is to be woken.
    Awaited(Waker),
    Told(Verdict),
    /// The verdict has been taken.
    Done,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            paper: Mutex::new(Paper::Blank),
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
        match &mut *paper {
            Paper::Told(verdict) => {
                let verdict = *verdict;
                *paper = Paper::Done;
                return Poll::Ready(verdict);
            }
            Paper::Awaited(waker) => waker.clone_from(cx.waker()),
            Paper::Blank | Paper::Done => *paper = Paper::Awaited(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// How the wait ended, for whoever doesn't wait any more.
    pub(super) fn take(&self) -> Option<Verdict> {
        let mut paper = self.paper();
        let Paper::Told(verdict) = *paper else {
            return None;
        };
        *paper = Paper::Done;
        Some(verdict)
    }

    fn paper(&self) -> MutexGuard<'_, Paper> {
        lock(&self.paper)
    }
}
