//! The way in: from who wants a connection to a lease of one.

use std::backtrace::Backtrace;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::age::Fitness;
use super::caller::Caller;
use super::config::Hook;
use super::holder::Holder;
use super::lease::Lease;
use super::partition::Seat;
use super::refusal::Refusal;
use super::shared::Pool;
use super::site::{Runner, Site};
use super::slot::Slot;
use super::slots::SlotGuard;
use crate::clock::Time;
use crate::error::Result;

/// Whether a connection is wanted for one statement or for several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Statement,
    Unit,
}

#[derive(Debug, Clone)]
pub(crate) struct AcquireOptions {
    pub(crate) site: Site,
    /// The session that asks; `None` for everybody else.
    pub(crate) caller: Option<Arc<Caller>>,
    pub(crate) purpose: Purpose,
    /// How many of a pool's connections the caller is known to hold, so that waiting for one of them is known to be in vain.
    /// Asked of those who have to wait.
    pub(crate) held: fn(&Pool) -> usize,
    /// How many it is known to hold of those that its session may use.
    pub(crate) held_by_session: usize,
    pub(crate) deadline: Option<Instant>,
    /// Whether the first connection that can't be opened is reason enough to fail.
    pub(crate) fails_fast: bool,
}

impl AcquireOptions {
    pub(crate) fn new(site: Site, purpose: Purpose) -> Self {
        Self {
            site,
            caller: None,
            purpose,
            held: |_| 0,
            held_by_session: 0,
            deadline: None,
            fails_fast: false,
        }
    }

    fn check_caller(&self) -> Result<()> {
        self.caller.as_ref().map_or(Ok(()), |caller| caller.check())
    }
}

/// What came of an attempt that doesn't wait.
enum Attempt<'p> {
    Ready(Lease<'p>),
    /// To be asked first whether it is still there.
    Check(Lease<'p>),
    /// It was too old, and is being replaced.
    Unfit,
    /// There is none.
    None,
}

impl Pool {
    /// Borrows a connection.
    ///
    /// # Cancel safety
    /// Safe: a connection granted meanwhile goes to the next in line.
    #[inline]
    pub(crate) async fn acquire<'p>(&'p self, options: &AcquireOptions) -> Result<Lease<'p>> {
        options.check_caller()?;
        // Settled before anything is awaited: what lives on meanwhile is kept in memory, and every checkout waits for that.
        let (attempt, seat) = match self.acquire_at_once(options) {
            Ok(lease) => return Ok(lease),
            Err(first) => first,
        };
        let lease = self.insist(attempt, seat, options).await?;
        // It may have been killed between two places where it waits, and be in no line then.
        options.check_caller()?;
        Ok(lease)
    }

    /// Borrows a connection that is there and needs no look; else says what came of the attempt.
    #[inline]
    fn acquire_at_once<'p>(
        &'p self,
        options: &AcquireOptions,
    ) -> Result<Lease<'p>, (Attempt<'p>, Option<Arc<Seat>>)> {
        let seat = options.caller.as_ref().map(|caller| caller.seat(self));
        match self.attempt(seat.as_ref(), options) {
            Attempt::Ready(lease) if !self.has_hook() => Ok(lease),
            attempt => Err((attempt, seat)),
        }
    }

    /// Does what it takes until there is a connection.
    async fn insist<'p>(
        &'p self,
        first: Attempt<'p>,
        seat: Option<Arc<Seat>>,
        options: &AcquireOptions,
    ) -> Result<Lease<'p>> {
        let severings = self.shared().severings.count();
        let began = Time::now();
        let until = began + self.patience(options);
        let mut attempt = first;
        let (mut now, mut has_waited) = (began, false);
        loop {
            attempt = match attempt {
                Attempt::Ready(lease) if !self.has_hook() => return Ok(lease),
                Attempt::None => {
                    let wait = self.wait(options, seat.as_deref(), has_waited, now, until);
                    let granted = wait.await?;
                    // Whatever happens to the connection, its place in the line was used up for it.
                    has_waited = true;
                    let (slot, waited) = granted;
                    let mut own = self.shared().core.slot(slot);
                    own.totals.waits.record(waited);
                    self.lend(own, seat.clone(), options)
                }
                attempt => {
                    // On the heap, or everybody would have to have room for an exchange.
                    let left = until.since(Time::now());
                    let look = tokio::time::timeout(left, self.look_over(attempt));
                    let looked = Box::pin(look).await;
                    now = Time::now();
                    match looked {
                        Ok(Some(lease)) => return Ok(lease),
                        // One that answers at once is asked before the time is looked at.
                        Ok(None) if now < until => {}
                        Ok(None) | Err(_) => {
                            self.shared().decide(|state, _, _| state.count_timeout());
                            let waited = now.since(began);
                            return Err(self.explain(Refusal::TimedOut { waited }, options));
                        }
                    }
                    // Whoever was about to get a connection that was severed is told what those in line were told.
                    if self.shared().severings.count() != severings {
                        return Err(self.explain(Refusal::Severed, options));
                    }
                    // A task that never finds itself waiting must let others run now and then all the same.
                    tokio::task::consume_budget().await;
                    self.attempt(seat.as_ref(), options)
                }
            };
        }
    }

    /// How long a caller waits, looks at connections included.
    fn patience(&self, options: &AcquireOptions) -> Duration {
        let timeout = self.config().acquire_timeout;
        options.deadline.map_or(timeout, |deadline| {
            timeout.min(deadline.saturating_duration_since(Instant::now()))
        })
    }

    fn has_hook(&self) -> bool {
        self.config().hooks.before_acquire.is_some()
    }

    /// Finds out whether a connection can be used, by asking it and by asking the program.
    async fn look_over<'p>(&self, attempt: Attempt<'p>) -> Option<Lease<'p>> {
        let found = match attempt {
            Attempt::Ready(lease) => Some(lease),
            Attempt::Check(lease) => self.checked(lease).await,
            Attempt::Unfit | Attempt::None => None,
        };
        match (found, &self.config().hooks.before_acquire) {
            (Some(lease), Some(hook)) => self.prepared(lease, hook).await,
            (found, _) => found,
        }
    }

    #[inline(always)]
    fn attempt<'p>(&'p self, seat: Option<&Arc<Seat>>, options: &AcquireOptions) -> Attempt<'p> {
        match self.shared().core.take(seat.map(Arc::as_ref)) {
            Ok(own) => self.lend(own, seat.cloned(), options),
            Err(units) => {
                // Whoever is not going to wait must not keep them.
                let partitions = seat.map_or(&[][..], |seat| &seat.partitions[..units]);
                self.shared().give_units(partitions);
                Attempt::None
            }
        }
    }

    /// Makes a lease of a connection that is the caller's, or has it replaced when it is too old.
    // Always: it is a third of a checkout, and called from two places, so it would be a call with its own copies.
    #[inline(always)]
    fn lend<'p>(
        &'p self,
        mut own: SlotGuard<'_, Slot>,
        seat: Option<Arc<Seat>>,
        options: &AcquireOptions,
    ) -> Attempt<'p> {
        let shared = self.shared();
        let slot = own.id();
        let now = Time::coarse();
        let generation = shared.generation.load(Ordering::Relaxed);
        let check_after = shared.check_after.load(Ordering::Relaxed);
        let fitness = own
            .age
            .as_ref()
            .map(|age| age.fitness(now, generation, &shared.rules, check_after));
        let check = match fitness {
            Some(Fitness::Fit) => false,
            Some(Fitness::Check) => true,
            Some(Fitness::Unfit(reason)) => {
                drop(own);
                shared.retire(slot, reason);
                shared.units_back(seat.as_deref());
                return Attempt::Unfit;
            }
            // A slot without a connection is never granted.
            None => return Attempt::Unfit,
        };
        let Some(mut loan) = own.loan.take() else {
            return Attempt::Unfit;
        };
        own.lend(Holder {
            site: options.site,
            session: options.caller.as_ref().map(|caller| caller.name.clone()),
            unit_of: (options.purpose == Purpose::Unit).then(Runner::current),
            since: now,
            more: None,
        });
        drop(own);
        if let Some(seat) = &seat {
            seat.used(slot);
        }
        loan.seat = seat;
        let lease = Lease::new(self, loan);
        if shared.config.leak_backtraces {
            // Not under the slot's lock: it takes long.
            lease.note_backtrace(Backtrace::force_capture());
        }
        if check {
            Attempt::Check(lease)
        } else {
            Attempt::Ready(lease)
        }
    }

    /// Asks a connection whether it is still there; dropping the lease of one that isn't sees to the rest.
    async fn checked<'p>(&self, mut lease: Lease<'p>) -> Option<Lease<'p>> {
        let answer = tokio::time::timeout(self.shared().config.check_timeout, lease.ping()).await;
        let is_there = matches!(answer, Ok(true));
        self.shared().learn(is_there);
        if is_there { Some(lease) } else { None }
    }

    /// Lets the program look at a connection before it is lent.
    async fn prepared<'p>(&self, mut lease: Lease<'p>, hook: &Hook<bool>) -> Option<Lease<'p>> {
        let is_wanted = self.shared().unless_severed(lease.look(hook)).await == Some(true);
        // Of a database in memory there is no other connection.
        let is_only = self.endpoint().is_in_memory() && lease.is_clean();
        (is_wanted || is_only).then_some(lease)
    }
}
