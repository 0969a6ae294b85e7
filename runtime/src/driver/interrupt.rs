//! Which statement is out on a connection, and whether somebody has it stopped, or the whole connection cut off.
//!
//! One word says it, so that a stop that comes late can't hit the statement after:
//!
//! | word | meaning |
//! |---|---|
//! | 0 | nothing is out that may be stopped: nothing at all, or what only keeps account |
//! | `DECIDING` | a commit is out, or what decides about one: it decides for itself |
//! | n | statement n is out |
//! | n + `STOPPING` | statement n is out, and is being stopped |
//! | n + `CANCELLED` | statement n is out, and a server has been asked to cancel it |
//!
//! SQLite's progress handler reads `STOPPING` and nothing else. A server cancels whatever its process does by the time
//! the cancel arrives; so whoever asks it holds a [`Claim`], and the connection is used by nobody until that was answered.
//!
//! A connection whose server says nothing any more is *severed*, once and for good: nothing that is out on it is waited
//! for, a commit included, and there is nothing left to stop.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use tokio::sync::oneshot;

const STOPPING: u64 = 1 << 63;
const CANCELLED: u64 = 1 << 62;
const DECIDING: u64 = 1 << 61;
const NUMBER: u64 = DECIDING - 1;

/// Which statement is out, and whether somebody has it stopped.
#[derive(Debug, Default)]
pub(crate) struct Interrupt {
    word: AtomicU64,
    /// The last statement's number. Written by who holds the connection, and by nobody else.
    last: AtomicU64,
    /// Guards how the last cancel ended; written together with the bits in the word.
    cancel: Mutex<Option<oneshot::Receiver<()>>>,
    /// Why the connection was severed; empty while it isn't.
    severed: OnceLock<Arc<str>>,
    /// Whoever waits for the exchange that is out.
    waiter: AtomicWaker,
}

/// The right to have a server cancel one statement. Dropped without [`Claim::answered`], nobody knows whether the cancel
/// is still to come, and the connection is given up.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    interrupt: &'a Interrupt,
    number: u64,
    sender: oneshot::Sender<()>,
}

impl Interrupt {
    /// A statement that may be stopped goes out.
    pub(super) fn begin(&self) {
        let number = self.last.load(Ordering::Relaxed) + 1;
        self.last.store(number, Ordering::Relaxed);
        self.word.store(number, Ordering::Release);
    }

    /// A commit goes out, or what decides about one.
    pub(super) fn begin_deciding(&self) {
        self.word.store(DECIDING, Ordering::Release);
    }

    /// Whether a commit is out, or what decides about one.
    pub(super) fn is_deciding(&self) -> bool {
        self.word.load(Ordering::Acquire) & DECIDING != 0
    }

    /// Nothing is out any more. What is returned must be awaited before the connection is used: the server has been
    /// asked to cancel, and may not have done so yet.
    pub(super) fn end(&self) -> Option<oneshot::Receiver<()>> {
        let word = self.word.swap(0, Ordering::AcqRel);
        (word & CANCELLED != 0).then(|| self.cancel().take())?
    }

    /// The statement that is out and may be stopped.
    pub(super) fn running(&self) -> Option<u64> {
        if self.severed().is_some() {
            return None;
        }
        let number = self.word.load(Ordering::Acquire) & NUMBER;
        (number != 0).then_some(number)
    }

    /// Whether what is out is to be stopped. Asked by SQLite, every so many operations.
    pub(super) fn is_stopping(&self) -> bool {
        self.word.load(Ordering::Relaxed) & STOPPING != 0 || self.severed().is_some()
    }

    /// Cuts the connection off. Whoever waits for an answer is told why instead.
    pub(super) fn sever(&self, why: &Arc<str>) {
        // Severed twice, the first reason stays.
        let _ = self.severed.set(why.clone());
        self.waiter.wake();
    }

    /// Why the connection was severed, if it was.
    pub(super) fn severed(&self) -> Option<&str> {
        self.severed.get().map(AsRef::as_ref)
    }

    /// Waits until the connection is severed. For one at a time: whoever waits for the exchange that is out.
    pub(super) fn poll_severed(&self, cx: &mut Context<'_>) -> Poll<&str> {
        // In this order, so that a severing either is seen here or wakes.
        self.waiter.register(cx.waker());
        self.severed().map_or(Poll::Pending, Poll::Ready)
    }

    /// Has SQLite stop a statement, if that is still out.
    pub(super) fn flag(&self, number: u64) {
        let _ = self.word.compare_exchange(
            number,
            number | STOPPING,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
    }

    /// The right to cancel a statement, if that is still out and nobody else is at it.
    pub(super) fn claim(&self, number: u64) -> Option<Claim<'_>> {
        // Its process may be anybody's by the time the server hears of it.
        if self.severed().is_some() {
            return None;
        }
        // Held over both, so that who sees the bits finds the receiver.
        let mut cancel = self.cancel();
        let claimed = self
            .word
            .try_update(Ordering::AcqRel, Ordering::Relaxed, |word| {
                let is_free = word & NUMBER == number && word & STOPPING == 0;
                is_free.then_some(word | STOPPING | CANCELLED)
            });
        claimed.ok()?;
        let (sender, receiver) = oneshot::channel();
        *cancel = Some(receiver);
        Some(Claim {
            interrupt: self,
            number,
            sender,
        })
    }

    fn cancel(&self) -> MutexGuard<'_, Option<oneshot::Receiver<()>>> {
        // One value, replaced whole.
        self.cancel.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim<'_> {
    /// The cancel has arrived, or will never be sent. If the statement goes on, it may be claimed again.
    pub(super) fn answered(self) {
        // Whoever has ended the statement meanwhile waits for this, so the word can't be a later statement's.
        let _ = self.sender.send(());
        let claimed = self.number | STOPPING | CANCELLED;
        let _ = self.interrupt.word.compare_exchange(
            claimed,
            self.number | CANCELLED,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out() -> Interrupt {
        let interrupt = Interrupt::default();
        interrupt.begin();
        interrupt
    }

    #[test]
    fn a_late_stop_hits_nothing() {
        let interrupt = out();
        let first = interrupt.running().expect("it is out");
        assert!(interrupt.end().is_none());
        assert_eq!(interrupt.running(), None);
        interrupt.flag(first);
        assert!(interrupt.claim(first).is_none());
        interrupt.begin();
        interrupt.flag(first);
        assert!(interrupt.claim(first).is_none());
        assert!(!interrupt.is_stopping());
    }

    #[test]
    fn a_flag_is_gone_with_its_statement() {
        let interrupt = out();
        interrupt.flag(1);
        assert!(interrupt.is_stopping());
        assert!(interrupt.end().is_none(), "SQLite owes no answer");
        interrupt.begin();
        assert!(!interrupt.is_stopping());
    }

    #[test]
    fn one_at_a_time_may_cancel() {
        let interrupt = out();
        let claim = interrupt.claim(1).expect("it is out");
        assert!(interrupt.claim(1).is_none());
        claim.answered();
        let again = interrupt.claim(1).expect("the statement went on");
        again.answered();
        let mut cancel = interrupt.end().expect("a server was asked");
        assert_eq!(cancel.try_recv(), Ok(()));
    }

    #[test]
    fn whoever_ends_the_statement_learns_how_the_cancel_went() {
        let interrupt = out();
        let claim = interrupt.claim(1).expect("it is out");
        let mut cancel = interrupt.end().expect("a server is being asked");
        assert!(cancel.try_recv().is_err(), "not yet");
        claim.answered();
        assert_eq!(cancel.try_recv(), Ok(()));

        interrupt.begin();
        drop(interrupt.claim(2));
        let mut cancel = interrupt.end().expect("a server may have been asked");
        assert_eq!(cancel.try_recv(), Err(oneshot::error::TryRecvError::Closed));
    }

    #[test]
    fn what_is_severed_can_not_be_stopped_and_the_first_reason_stays() {
        let interrupt = out();
        interrupt.sever(&"frozen".into());
        interrupt.sever(&"gone".into());
        assert_eq!(interrupt.severed(), Some("frozen"));
        assert!(interrupt.running().is_none() && interrupt.claim(1).is_none());
        assert!(interrupt.is_stopping(), "SQLite ends what runs");
    }

    #[test]
    fn a_claim_that_vanished_stays_claimed() {
        let interrupt = out();
        drop(interrupt.claim(1));
        assert!(interrupt.claim(1).is_none());
    }
}
