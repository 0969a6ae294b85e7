//! Waiting for a connection: until it is granted, until the time is up, or until it is plain that it is in vain.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use super::acquire::AcquireOptions;
use super::core::Chores;
use super::desk::{Desk, Verdict};
use super::partition::Seat;
use super::priority::Priority;
use super::refusal::Refusal;
use super::shared::{Pool, Shared};
use super::site::Runner;
use super::slot::Lent;
use super::state::SlotId;
use super::waiter::{Ask, Wait};
use crate::clock::Time;
use crate::error::{Error, ErrorKind, Result};

/// How long every holder must have been this very task, idle, before a wait is called a deadlock. Long enough for another
/// branch of the same task to take its turn, short enough to be told at once.
const DEADLOCK_AFTER: Duration = super::state::LOOK_AFTER;
/// How many holders an error names.
const NAMED_HOLDERS: usize = 3;

impl Pool {
    /// Waits in the line, and says for how long. The connection comes with a unit of each of the caller's partitions.
    pub(super) async fn wait(
        &self,
        options: &AcquireOptions,
        seat: Option<&Seat>,
        has_waited: bool,
        now: Time,
        deadline: Time,
    ) -> Result<(SlotId, Duration)> {
        let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
        let waiting = self.stand(waker, options, seat, has_waited, now, deadline)?;
        match waiting.await {
            Verdict::Granted { slot, waited } => Ok((slot, waited)),
            Verdict::Refused(refusal) => Err(self.explain(refusal, options)),
        }
    }

    /// Takes a place in the line.
    fn stand<'a>(
        &'a self,
        waker: Waker,
        options: &AcquireOptions,
        seat: Option<&'a Seat>,
        has_waited: bool,
        now: Time,
        deadline: Time,
    ) -> Result<Waiting<'a>> {
        let shared = self.shared();
        let partitions = seat.map_or(&[][..], |seat| &seat.partitions);
        let held = (options.held)(self);
        if held >= self.config().max_connections as usize {
            return Err(self.self_deadlock(options));
        }
        let ask = Ask {
            caller: options.caller.as_ref().map(|caller| caller.id()),
            flow: seat.map_or(0, |seat| seat.flow),
            priority: options
                .caller
                .as_ref()
                .map_or(Priority::default(), |caller| caller.priority),
            is_front: has_waited || held > 0,
            deadline,
            fails_fast: options.fails_fast,
            partitions: partitions.iter().map(|partition| partition.id).collect(),
            runner: Runner::current(),
            desk: Arc::new(Desk::new(waker)),
        };
        let mut chores = Chores::new();
        let asked = shared.core.ask(now, ask, &mut chores);
        shared.carry_out(chores);
        let wait = asked.map_err(|refusal| self.explain(refusal, options))?;
        Ok(Waiting {
            shared,
            seat,
            wait: Some(wait),
        })
    }

    fn self_deadlock(&self, options: &AcquireOptions) -> Error {
        let now = Time::now();
        let held = self
            .shared()
            .longest_held(1)
            .first()
            .map(|lent| lent.describe(now))
            .unwrap_or_default();
        let message = format!(
            "{} wants another connection to {} while all {} are held by its own unit of work ({held}); \
             pass the unit of work instead, or raise max_connections",
            options.site,
            self.endpoint().name(),
            self.config().max_connections,
        );
        Error::new(ErrorKind::PoolSelfDeadlock, message)
            .attempting(|| "acquire a connection".into())
    }

    /// What a refusal means to whoever asked.
    pub(super) fn explain(&self, refusal: Refusal, options: &AcquireOptions) -> Error {
        let overloaded =
            |message: String| Error::new(ErrorKind::PoolOverloaded, message).retryable();
        let error = match refusal {
            Refusal::Closed => return self.closed(),
            Refusal::Killed => Error::new(
                ErrorKind::Cancelled,
                "the session was killed while it waited",
            ),
            Refusal::Severed => Error::new(
                ErrorKind::ConnectionLost,
                format!(
                    "the pool was severed from its server: {}",
                    self.shared().severings.why()
                ),
            )
            .retryable(),
            Refusal::SelfDeadlock => return self.self_deadlock(options),
            Refusal::CanNotOpen => return self.can_not_open(),
            Refusal::LineFull { waiting, allowed } => overloaded(format!(
                "{waiting} callers wait already, and max_waiters is {allowed} ({})",
                self.situation(0)
            )),
            Refusal::PartitionFull {
                partition,
                waiting,
                allowed,
            } => {
                let whose = self
                    .shared()
                    .core
                    .look(|state, _| state.partition_name(partition));
                overloaded(format!(
                    "{waiting} callers of {whose} wait already, and its max_waiters is {allowed}"
                ))
            }
            Refusal::Shed { waited } => overloaded(format!(
                "turned away after {waited:.1?}, since everybody has been waiting for too long ({})",
                self.situation(1)
            )),
            Refusal::TimedOut { waited } => {
                let failure = self.shared().last_failure();
                let failure = failure
                    .map(|error| format!("; the last opening failed: {error}"))
                    .unwrap_or_default();
                let message = format!(
                    "none came free within {waited:.1?} for {} ({}){failure}",
                    options.site,
                    self.situation(1)
                );
                Error::new(ErrorKind::PoolTimeout, message).retryable()
            }
        };
        error.attempting(|| format!("acquire a connection to {}", self.endpoint().name()))
    }

    fn can_not_open(&self) -> Error {
        let failure = self.shared().last_failure();
        failure.map_or_else(|| self.closed(), |error| error.copy())
    }

    fn closed(&self) -> Error {
        let message = if self.shared().is_orphaned.load(Ordering::Relaxed) {
            "the task that keeps the pool has ended, most likely with the tokio runtime on which the database was opened; \
             open a database on the runtime that uses it"
        } else {
            "the database has been closed"
        };
        Error::new(ErrorKind::PoolClosed, message).attempting(|| "acquire a connection".into())
    }

    /// "10 of 10 lent, longest by …; 0 being opened, 0 being cleaned; 7 callers waiting"
    fn situation(&self, itself: usize) -> String {
        let now = Time::now();
        let census = self.shared().core.look(|state, idle| state.census(idle));
        let holders = self.shared().longest_held(NAMED_HOLDERS);
        let held: Vec<String> = holders.iter().map(|lent| lent.describe(now)).collect();
        let held = if held.is_empty() {
            String::new()
        } else {
            format!(", longest {}", held.join(", "))
        };
        format!(
            "{} of {} lent{held}; {} being opened, {} being cleaned; {} callers waiting",
            census.lent,
            census.limit,
            census.opening,
            census.quarantined + census.closing,
            census.waiting.iter().sum::<usize>() + itself,
        )
    }
}

impl Shared {
    /// Those who have held a connection for longest.
    fn longest_held(&self, count: usize) -> Vec<Lent> {
        let mut lent = self.lent();
        lent.sort_by_key(|lent| lent.holder.since);
        lent.truncate(count);
        lent
    }

    /// Ends the waits that are plainly in vain: every connection is held by idle units of the very task that waits.
    pub(super) fn end_hopeless_waits(&self, now: Time) {
        let due = self.decide(|state, _, _| state.due_for_a_look(now));
        if due.is_empty() {
            return;
        }
        let lent = self.lent();
        let Some(runner) = lent.first().and_then(|first| first.holder.unit_of) else {
            return;
        };
        let is_one_idle_task = lent.len() == self.config.max_connections as usize
            && lent.iter().all(|lent| {
                lent.holder.unit_of == Some(runner) && lent.has_idled(now, DEADLOCK_AFTER)
            });
        if !is_one_idle_task {
            return;
        }
        self.decide(|state, idle, steps| {
            let is_meant = |ticket, ask: &Ask| due.contains(&ticket) && ask.runner == runner;
            state.refuse_all(now, Refusal::SelfDeadlock, is_meant, idle, steps);
        });
    }
}

/// A place in the line. Dropped, it is left, and what was granted meanwhile is given back.
struct Waiting<'a> {
    shared: &'a Shared,
    seat: Option<&'a Seat>,
    /// `None` when its end has been told: there is nothing left to leave.
    wait: Option<Wait>,
}

impl Future for Waiting<'_> {
    type Output = Verdict;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Verdict> {
        let Some(wait) = &mut self.wait else {
            return Poll::Pending;
        };
        let verdict = ready!(wait.poll(cx));
        self.wait = None;
        Poll::Ready(verdict)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Some(wait) = self.wait.take() else {
            return;
        };
        let mut chores = Chores::new();
        let granted = self.shared.core.leave(Time::now(), &wait, &mut chores);
        self.shared.carry_out(chores);
        if let Some(slot) = granted {
            self.shared.hand_over(slot);
            self.shared.units_back(self.seat);
        }
    }
}
