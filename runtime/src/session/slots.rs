//! The connections that one session may use at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, LimitExceeded, Result};
use crate::pool::{AcquireOptions, Purpose, Runner};

/// How long all of them must have been held by idle units of the very task that waits, before that is called hopeless.
const HOPELESS_AFTER: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Slots {
    max: Option<u32>,
    free: Arc<Semaphore>,
    /// Guards who holds what.
    holders: Arc<Mutex<Vec<Holder>>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Holder {
    number: u64,
    runner: Runner,
    purpose: Purpose,
    /// Since when nothing is run on it; `None` while something is, and before the first time.
    idle_since: Option<Instant>,
}

/// One of the session's connections, in use until this is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    number: u64,
    holders: Arc<Mutex<Vec<Holder>>>,
    _permit: Option<OwnedSemaphorePermit>,
}

/// Something runs on the connection, until this is dropped.
#[derive(Debug)]
pub(crate) struct Busy {
    number: u64,
    holders: Arc<Mutex<Vec<Holder>>>,
}

impl Slots {
    pub(super) fn new(max: Option<u32>) -> Self {
        Self {
            max,
            free: Arc::new(Semaphore::new(max.unwrap_or(0) as usize)),
            holders: Arc::default(),
        }
    }

    pub(super) fn in_use(&self) -> u32 {
        let holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        u32::try_from(holders.len()).unwrap_or(u32::MAX)
    }

    /// Whoever waits gets none, and nobody later.
    pub(super) fn close(&self) {
        self.free.close();
    }

    /// Takes one, or waits for it.
    ///
    /// # Cancel safety
    /// Safe: a place in the line is given up when dropped.
    pub(super) async fn take(
        &self,
        session: &str,
        options: &AcquireOptions,
        deadline: Instant,
    ) -> Result<Slot> {
        let permit = match self.max {
            None => None,
            Some(max) => Some(self.wait(max, session, options, deadline).await?),
        };
        let mut holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        let number = holders.last().map_or(0, |last| last.number + 1);
        holders.push(Holder {
            number,
            runner: Runner::current(),
            purpose: options.purpose,
            idle_since: None,
        });
        drop(holders);
        Ok(Slot {
            number,
            holders: self.holders.clone(),
            _permit: permit,
        })
    }

    async fn wait(
        &self,
        max: u32,
        session: &str,
        options: &AcquireOptions,
        deadline: Instant,
    ) -> Result<OwnedSemaphorePermit> {
        let exceeded = |hint, retry_after| {
            Error::limit(LimitExceeded {
                limit: "max_connections",
                scope: format!("session {session}"),
                used: max.into(),
                allowed: max.into(),
                retry_after,
                hint,
            })
        };
        let own =
            "its own units of work hold them all: pass the unit of work instead of the session";
        let closed = |_| exceeded("the session was killed", None);
        let free = self.free.clone();
        if options.held_by_session >= max as usize && free.available_permits() == 0 {
            return Err(exceeded(own, None));
        }
        let mut waiting = std::pin::pin!(free.acquire_owned());
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let pause = HOPELESS_AFTER.min(left);
            if let Ok(permit) = tokio::time::timeout(pause, &mut waiting).await {
                return permit.map_err(closed);
            }
            if self.is_hopeless(max) {
                return Err(exceeded(own, None));
            }
            if left <= HOPELESS_AFTER {
                let others = "wait until its other calls have ended";
                return Err(exceeded(others, Some(HOPELESS_AFTER)));
            }
        }
    }

    fn is_hopeless(&self, max: u32) -> bool {
        let (now, runner) = (Instant::now(), Runner::current());
        let holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        let has_idled = |since: Instant| now.saturating_duration_since(since) >= HOPELESS_AFTER;
        let is_ours = |holder: &Holder| {
            holder.runner == runner
                && holder.purpose == Purpose::Unit
                && holder.idle_since.is_some_and(has_idled)
        };
        holders.len() >= max as usize && holders.iter().all(is_ours)
    }
}

impl Slot {
    /// Nothing is run on it now.
    pub(crate) fn rest(&self) {
        note(&self.holders, self.number, Some(Instant::now()));
    }

    /// Something is run on it from now on.
    pub(crate) fn busy(&self) -> Busy {
        note(&self.holders, self.number, None);
        Busy {
            number: self.number,
            holders: self.holders.clone(),
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        note(&self.holders, self.number, Some(Instant::now()));
    }
}

fn note(holders: &Mutex<Vec<Holder>>, number: u64, idle_since: Option<Instant>) {
    let mut holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
    let holder = holders.iter_mut().find(|holder| holder.number == number);
    if let Some(holder) = holder {
        holder.idle_since = idle_since;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        holders.retain(|holder| holder.number != self.number);
    }
}
