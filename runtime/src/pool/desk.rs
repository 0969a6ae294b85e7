//! Where the end of one wait is laid down for whoever waits, who reads it without the pool's lock.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::line::{Ticket, Verdict};
use super::sync::{Mutex, MutexGuard, lock};

/// A wait that is under way: a place in the line, and where its end will be told.
#[derive(Debug, Clone)]
pub(super) struct Wait {
    pub(super) ticket: Ticket,
    pub(super) desk: Arc<Desk>,
}

/// Where the end of one wait is laid down.
#[derive(Debug)]
pub(super) struct Desk {
    /// Taken after the pool's lock, or alone.
    paper: Mutex<Paper>,
}

#[derive(Debug)]
struct Paper {
    verdict: Option<Verdict>,
    waker: Option<Waker>,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            paper: Mutex::new(Paper {
                verdict: None,
                waker: None,
            }),
        }
    }

    /// Ends the wait. Whoever is returned is to be woken.
    pub(super) fn lay(&self, verdict: Verdict) -> Option<Waker> {
        let mut paper = self.paper();
        paper.verdict = Some(verdict);
        paper.waker.take()
    }

    /// Whether the wait has ended; else the task is woken when it has. Told once.
    pub(super) fn look(&self, cx: &mut Context<'_>) -> Poll<Verdict> {
        let mut paper = self.paper();
        if let Some(verdict) = paper.verdict.take() {
            return Poll::Ready(verdict);
        }
        match &mut paper.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// How the wait ended, for whoever doesn't wait any more.
    pub(super) fn take(&self) -> Option<Verdict> {
        self.paper().verdict.take()
    }

    fn paper(&self) -> MutexGuard<'_, Paper> {
        lock(&self.paper)
    }
}
