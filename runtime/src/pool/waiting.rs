//! Waiting for a connection: until it is granted, until the time is up, or until it is plain that it is in vain.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::holder::{Holder, Runner};
use super::shared::{AcquireOptions, Granted, Pool, closed};
use super::state::Ticket;
use crate::error::{Error, ErrorKind, Result};

/// How long this very task must have held every connection before a wait is called a deadlock. Long enough for another
/// branch of the same task to take its turn, short enough to be told at once.
const DEADLOCK_AFTER: Duration = Duration::from_millis(100);
/// How many holders an error names.
const NAMED_HOLDERS: usize = 3;

impl Pool {
    /// Waits in the line.
    pub(super) async fn wait(
        &self,
        ticket: Ticket,
        receiver: oneshot::Receiver<Result<Granted>>,
        started: Instant,
        options: &AcquireOptions,
    ) -> Result<Granted> {
        let leave = LeaveOnDrop { pool: self, ticket };
        let deadline = started + self.shared().config.acquire_timeout;
        let deadline = options
            .deadline
            .map_or(deadline, |other| other.min(deadline));
        if let Some(error) = self.deadlock(started, options, Duration::ZERO) {
            return Err(error);
        }
        let mut receiver = receiver;
        let mut pause = std::pin::pin!(tokio::time::sleep_until(
            (started + DEADLOCK_AFTER).min(deadline).into()
        ));
        let mut looked = false;
        let granted = std::future::poll_fn(|cx| {
            if let std::task::Poll::Ready(granted) = std::pin::Pin::new(&mut receiver).poll(cx) {
                return std::task::Poll::Ready(granted.unwrap_or_else(|_| Err(closed())));
            }
            while pause.as_mut().poll(cx).is_ready() {
                if looked || started + DEADLOCK_AFTER >= deadline {
                    return std::task::Poll::Ready(Err(self.timed_out(started, options)));
                }
                looked = true;
                if let Some(error) = self.deadlock(Instant::now(), options, DEADLOCK_AFTER) {
                    return std::task::Poll::Ready(Err(error));
                }
                pause.as_mut().reset(deadline.into());
            }
            std::task::Poll::Pending
        })
        .await;
        drop(leave);
        granted
    }

    /// Whether everybody that could return a connection is the one who waits for it.
    fn deadlock(
        &self,
        now: Instant,
        options: &AcquireOptions,
        held_for: Duration,
    ) -> Option<Error> {
        let inner = self.lock();
        let census = inner.state.census();
        if census.lent < census.max {
            return None;
        }
        let holders: Vec<&Holder> = inner.holders.iter().flatten().collect();
        // Known: the caller said how many it holds. Guessed, after a while: every holder is a unit of this very task,
        // and none of them has ended.
        let is_known = options.held_by_caller >= census.max;
        let runner = Runner::current();
        let is_guessed = !held_for.is_zero()
            && holders.len() == census.max
            && holders.iter().all(|holder| {
                holder.is_unit && holder.runner == runner && holder.held(now) >= held_for
            });
        if !is_known && !is_guessed {
            return None;
        }
        let held = holders
            .first()
            .map(|holder| holder.describe(now))
            .unwrap_or_default();
        let message = format!(
            "{} wants another connection to {} while all {} are held by its own unit of work ({held}); \
             pass the unit of work instead, or raise max_connections",
            options.site,
            self.endpoint().name(),
            census.max,
        );
        Some(
            Error::new(ErrorKind::PoolSelfDeadlock, message)
                .attempting(|| "acquire a connection".into()),
        )
    }

    fn timed_out(&self, started: Instant, options: &AcquireOptions) -> Error {
        let now = Instant::now();
        let inner = self.lock();
        let census = inner.state.census();
        let mut holders: Vec<&Holder> = inner.holders.iter().flatten().collect();
        holders.sort_by_key(|holder| holder.since);
        let held: Vec<String> = holders
            .iter()
            .take(NAMED_HOLDERS)
            .map(|holder| holder.describe(now))
            .collect();
        let held = if held.is_empty() {
            String::new()
        } else {
            format!(", longest {}", held.join(", "))
        };
        let message = format!(
            "none came free within {:.1?} for {} ({} of {} lent{held}; {} being opened, {} being cleaned; {} callers waiting)",
            now.saturating_duration_since(started),
            options.site,
            census.lent,
            census.max,
            census.opening,
            census.quarantined,
            census.waiting,
        );
        Error::new(ErrorKind::PoolTimeout, message)
            .attempting(|| format!("acquire a connection to {}", self.endpoint().name()))
            .retryable()
    }
}

/// Takes a waiter out of the line, however it ends.
struct LeaveOnDrop<'a> {
    pool: &'a Pool,
    ticket: Ticket,
}

impl Drop for LeaveOnDrop<'_> {
    fn drop(&mut self) {
        let mut inner = self.pool.lock();
        inner.state.left(self.ticket);
        inner.waiters.remove(&self.ticket);
    }
}
