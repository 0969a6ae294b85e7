//! Cutting a pool off from its node: for a node that froze or vanished, about which TCP says nothing. Decides not when:
//! whoever watches the node does.
//!
//! Whoever waits is told, and nothing waits for the node: an exchange that is out ends as lost, and sockets are dropped
//! without a good-bye. What the program does on sqlx's own connection can't be ended from here; it is dropped when it comes
//! back. Afterwards connections are opened as ever, since a node may come back.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{Either, select};
use tokio::sync::Notify;

use super::keeper::Work;
use super::refusal::{CloseReason, Refusal};
use super::shared::{Pool, Shared};
use crate::clock::Time;

/// When a pool was cut off from its node, and why.
#[derive(Debug, Default)]
pub(super) struct Severings {
    /// Read by every caller who doesn't find a connection at once, and hardly ever written.
    count: AtomicU64,
    /// Guards why it was severed last, for those who are refused.
    why: Mutex<Arc<str>>,
    /// Told to what the keeper is at.
    told: Notify,
}

impl Severings {
    /// How often it was severed.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Why it was severed last.
    pub(super) fn why(&self) -> Arc<str> {
        self.reason().clone()
    }

    fn reason(&self) -> MutexGuard<'_, Arc<str>> {
        // One value, replaced whole.
        self.why.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pool {
    /// Ends at once whatever goes on with the node, without a word to it.
    ///
    /// Exchanges that are out, and callers in line, fail with `ConnectionLost`, a commit with `CommitUnknown`; units of work
    /// that idle learn it at their next use. All connections are dropped, and openings given up. A database in memory
    /// has no other end: it stays as it is.
    pub(crate) fn sever(&self, why: &str) {
        let shared = self.shared();
        if shared.endpoint.is_in_memory() {
            return;
        }
        tracing::warn!(
            database = shared.endpoint.name(),
            why,
            "the pool is severed from its server"
        );
        let why: Arc<str> = why.into();
        *shared.severings.reason() = why.clone();
        shared.severings.count.fetch_add(1, Ordering::Relaxed);
        // Early, so that whoever slips through below is too old for the next caller.
        shared.generation.fetch_add(1, Ordering::Relaxed);
        // Before openings are given up, which would be replaced for those in line.
        shared.decide(|state, idle, steps| {
            state.refuse_all(Time::now(), Refusal::Severed, |_, _| true, idle, steps);
        });
        let stoppers: Vec<_> = shared
            .core
            .slots()
            .filter_map(|own| own.stopper.clone())
            .collect();
        for stopper in stoppers {
            stopper.sever(&why);
        }
        // After the connections: work that begins now finds them severed, and work that began before is told.
        shared.severings.told.notify_waiters();
        for slot in 0..shared.config.max_connections as usize {
            if shared.core.idle().take_exactly(slot) {
                shared.retire(slot, CloseReason::Severed);
            }
        }
        shared.send(Work::AbandonControl);
    }
}

impl Shared {
    /// Works until the pool is severed. Then the work is dropped, and the answer is `None`.
    pub(super) async fn unless_severed<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let severed = self.severings.told.notified();
        match select(pin!(work), pin!(severed)).await {
            Either::Left((done, _)) => Some(done),
            Either::Right(_) => None,
        }
    }
}
