//! The pool itself: the hand-over, what it is set up with, and the way back in for connections.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};

use super::acquire::{AcquireOptions, Purpose};
use super::age::AgeRules;
use super::caller::Caller;
use super::config::{PoolConfig, Recycling, Sizing};
use super::core::{Chores, Core, Layout};
use super::idle::{Given, IdleSet, Shelf};
use super::keeper::{self, Work};
use super::partition::{Affinity, Partition, PartitionKey, Seat};
use super::refusal::CloseReason;
use super::severing::Severings;
use super::site::Site;
use super::slot::{Loan, Slot};
use super::state::{Position, Settings, SlotId, State, Step, Steps};
use crate::clock::Time;
use crate::driver::{Endpoint, Role, SharedControl, Stop};
use crate::error::{Error, Result};
use crate::policy::codel::Codel;
use crate::policy::elastic::{Bounds, Elastic};
use crate::policy::freshness::{Freshness, Validation};
use crate::policy::rate::Rate;
use crate::policy::usage::UsagePattern;
use crate::task_group::TaskGroup;

/// Connections to one node for one purpose. A handle: clones are the same pool.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) core: Core<Slot>,
    pub(super) endpoint: Endpoint,
    pub(super) role: Role,
    pub(super) config: PoolConfig,
    pub(super) control: SharedControl,
    pub(super) rules: AgeRules,
    /// Whether what comes back is asked, or shown to the program.
    looks_at_returns: bool,
    /// Raised when all connections are to be replaced. Read by every checkout, and hardly ever written.
    pub(super) generation: AtomicU64,
    /// Nanoseconds without use after which a connection is asked; `u64::MAX`: never. As `generation`.
    pub(super) check_after: AtomicU64,
    /// When it was cut off from its node, and why.
    pub(super) severings: Severings,
    /// Guards what was learnt from asking.
    pub(super) freshness: Mutex<Freshness>,
    /// Guards why the last opening failed, for those who are told.
    pub(super) failure: Mutex<Option<Arc<Error>>>,
    /// Guards what is seen over time; the keeper's, and for whoever asks for statistics.
    pub(super) trends: Mutex<Trends>,
    /// Whether the keeper ended before the pool was closed.
    pub(super) is_orphaned: AtomicBool,
    /// Told whenever the keeper has finished something.
    pub(super) progress: Notify,
    work: mpsc::UnboundedSender<Work>,
}

/// What is seen over time.
#[derive(Debug)]
pub(super) struct Trends {
    pub(super) rate: Rate,
    pub(super) usage: UsagePattern,
}

/// What the server at the other end turned out to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Product {
    pub(crate) has_returning: bool,
}

impl Pool {
    /// Starts a pool and its keeper; opens nothing yet.
    pub(crate) fn start(
        endpoint: Endpoint,
        role: Role,
        config: PoolConfig,
        tasks: &TaskGroup,
    ) -> Self {
        let endpoint = match config.statement_cache {
            Some(statements) => endpoint.statement_cache(statements),
            None => endpoint,
        };
        let slots = config.max_connections as usize;
        let (work, receiver) = mpsc::unbounded_channel();
        let layout = Layout {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            keeps: config.affinity == Affinity::Keep,
        };
        let freshness = Freshness::new(validation(&config));
        let pool = Self {
            shared: Arc::new(Shared {
                core: Core::new(
                    State::new(settings(&config)),
                    (0..slots).map(|_| Slot::default()),
                    layout,
                ),
                control: SharedControl::new(endpoint.clone()),
                role,
                rules: AgeRules {
                    max_lifetime: config.max_lifetime,
                    max_uses: config.max_uses,
                    idle_timeout: config.idle_timeout,
                    replaces: config.recycling == Recycling::Replace,
                    keeps: endpoint.is_in_memory(),
                },
                looks_at_returns: config.check_on_release || config.hooks.after_release.is_some(),
                generation: AtomicU64::new(0),
                check_after: AtomicU64::new(nanos(freshness.threshold())),
                severings: Severings::default(),
                freshness: Mutex::new(freshness),
                failure: Mutex::default(),
                trends: Mutex::new(Trends {
                    rate: Rate::new(Rate::HALF_LIFE),
                    usage: UsagePattern::default(),
                }),
                endpoint,
                is_orphaned: AtomicBool::new(false),
                progress: Notify::new(),
                work,
                config,
            }),
        };
        tasks.start(
            "pool keeper",
            keeper::run(Arc::downgrade(&pool.shared), receiver),
        );
        pool
    }

    pub(super) fn of(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(super) fn to_shared(&self) -> Arc<Shared> {
        self.shared.clone()
    }

    pub(super) fn downgrade(&self) -> Weak<Shared> {
        Arc::downgrade(&self.shared)
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.shared.endpoint
    }

    pub(crate) fn config(&self) -> &PoolConfig {
        &self.shared.config
    }

    /// Whether two handles are the same pool.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    pub(super) fn is_of(&self, shared: &Weak<Shared>) -> bool {
        std::ptr::eq(Arc::as_ptr(&self.shared), shared.as_ptr())
    }

    pub(super) fn make_seat(&self, flow: super::flow::FlowId, keys: &[PartitionKey]) -> Seat {
        let partitions = self.shared.decide(|state, _, _| state.resolve(keys));
        Seat::new(flow, self.shared.config.affinity, partitions)
    }

    /// Opens the first connections, so that a wrong address or password shows at once.
    pub(crate) async fn warm_up(&self) -> Result<Option<Product>> {
        let initial = self.shared.config.initial_connections as usize;
        let options = AcquireOptions {
            fails_fast: true,
            ..AcquireOptions::new(Site::named("connect"), Purpose::Statement)
        };
        let ask = |_| self.acquire(&options);
        let leases = futures_util::future::try_join_all((0..initial).map(ask)).await?;
        let product = leases.into_iter().next().map(|mut lease| Product {
            has_returning: lease
                .connection()
                .is_none_or(|connection| connection.has_returning),
        });
        if product.is_some() && !self.endpoint().is_in_memory() {
            self.shared.control.open().await?;
        }
        let min = self.shared.config.min_connections as usize;
        self.shared.decide(|state, _, steps| state.fill(min, steps));
        Ok(product)
    }

    /// Where a caller stands in the line.
    pub(crate) fn positions(&self, caller: &Caller) -> Vec<Position> {
        self.shared
            .core
            .look(|state, _| state.positions(Time::now(), caller.id()))
    }

    /// Has every connection that is open now replaced before its next use.
    pub(crate) fn recycle_connections(&self) {
        self.shared.generation.fetch_add(1, Ordering::Relaxed);
        self.shared.tend(Time::now());
    }
}

impl Shared {
    /// Takes a connection back, in whatever state it is. Never waits.
    pub(super) fn take_back(&self, mut loan: Box<Loan>) {
        let now = Time::coarse();
        let slot = loan.slot;
        let mut own = self.core.slot(slot);
        // Closing would lose a database in memory, whatever its connection was marked for.
        let (seat, end) = (
            loan.seat.take(),
            loan.end.take().filter(|_| !self.rules.keeps),
        );
        own.released(now);
        let generation = self.generation.load(Ordering::Relaxed);
        let end = end.or_else(|| own.age.as_ref()?.end(now, generation, &self.rules));
        let is_clean = loan.wire.is_clean();
        if is_clean && end.is_none() && !self.looks_at_returns {
            own.loan = Some(loan);
            let keeps = seat
                .as_ref()
                .is_some_and(|seat| seat.affinity == Affinity::Keep);
            let shelf = if keeps { Shelf::Kept } else { Shelf::Shared };
            if self.core.give(own, shelf) == Given::Wanted {
                self.hand_over(slot);
            }
        } else {
            let is_severed = loan.wire.is_severed().then_some(CloseReason::Severed);
            own.loan = Some(loan);
            drop(own);
            match is_severed.or(end.filter(|_| is_clean)) {
                Some(reason) => self.retire(slot, reason),
                None => self.quarantine(slot, end),
            }
        }
        self.units_back(seat.as_deref());
    }

    /// Has a connection cleaned, or looked at, and then perhaps closed.
    fn quarantine(&self, slot: SlotId, end: Option<CloseReason>) {
        self.decide(|state, _, _| state.quarantined(slot));
        self.send(Work::Clean { slot, end });
    }

    /// Gives a clean connection to whoever is next.
    pub(super) fn hand_over(&self, slot: SlotId) {
        let now = Time::now();
        self.decide(|state, idle, steps| state.returned(now, slot, idle, steps));
    }

    pub(super) fn give_units(&self, partitions: &[Arc<Partition>]) {
        let mut chores = Chores::new();
        self.core.give_units(Time::now, partitions, &mut chores);
        self.carry_out(chores);
    }

    #[inline]
    pub(super) fn units_back(&self, seat: Option<&Seat>) {
        if let Some(seat) = seat {
            self.give_units(&seat.partitions);
        }
    }

    /// Gives up a connection that is in its slot and nobody's.
    pub(super) fn retire(&self, slot: SlotId, reason: CloseReason) {
        self.decide(|state, _, steps| state.retire(slot, reason, steps));
    }

    /// Has something decided, and the steps carried out.
    pub(super) fn decide<T>(
        &self,
        with: impl FnOnce(&mut State, &dyn IdleSet, &mut Steps) -> T,
    ) -> T {
        let mut chores = Chores::new();
        let answer = self.core.decide(&mut chores, with);
        self.carry_out(chores);
        answer
    }

    #[inline]
    pub(super) fn carry_out(&self, chores: Chores) {
        // As after nearly every change.
        if !chores.is_empty() {
            self.carry_out_some(chores);
        }
    }

    fn carry_out_some(&self, chores: Chores) {
        for chore in chores {
            match chore {
                Step::Open { slot } => self.send(Work::Open { slot }),
                Step::Close { slot, reason } => self.send(Work::Close { slot, reason }),
                Step::Arm => self.send(Work::Arm),
                Step::End { .. } => {}
            }
        }
    }

    /// How the last opening failed, if it did.
    pub(super) fn note_failure(&self, failure: Option<Arc<Error>>) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }

    pub(super) fn last_failure(&self) -> Option<Arc<Error>> {
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Has a statement stopped. The keeper does it, so that no caller who leaves takes a cancel half-way with it.
    pub(super) fn ask_to_stop(&self, stop: Stop, patience: Duration) {
        self.send(Work::Interrupt { stop, patience });
    }

    pub(super) fn send(&self, work: Work) {
        let Err(unsent) = self.work.send(work) else {
            return;
        };
        // Or what could not be opened would be opened again.
        self.orphan();
        // Without a keeper nobody can wait for a good-bye: the connection just ends.
        match unsent.0 {
            Work::Open { slot } | Work::Clean { slot, .. } | Work::Close { slot, .. } => {
                let _gone = self.core.slot(slot).vacate();
                self.decide(|state, idle, steps| state.closed(Time::now(), slot, idle, steps));
            }
            Work::Interrupt { .. }
            | Work::Kill { .. }
            | Work::AbandonControl
            | Work::Arm
            | Work::Finish
            | Work::Stop => {}
        }
    }

    /// Closes a pool that has no keeper any more, unless it was closed before.
    pub(super) fn orphan(&self) {
        self.decide(|state, idle, steps| {
            if !state.is_closed() {
                self.is_orphaned.store(true, Ordering::Relaxed);
                state.close(Time::now(), idle, steps);
            }
        });
    }

    /// A connection was asked whether it is there.
    pub(super) fn learn(&self, is_there: bool) {
        let mut freshness = self
            .freshness
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if is_there {
            freshness.passed();
        } else {
            freshness.failed();
        }
        self.check_after
            .store(nanos(freshness.threshold()), Ordering::Relaxed);
    }

    /// Closes what has idled or lived too long.
    pub(super) fn tend(&self, now: Time) {
        let generation = self.generation.load(Ordering::Relaxed);
        for slot in 0..self.config.max_connections as usize {
            if !self.core.idle().contains(slot) {
                continue;
            }
            let Some(age) = self.core.slot(slot).age else {
                continue;
            };
            let end = age.end(now, generation, &self.rules).or_else(|| {
                let is_surplus = age.has_idled(now, &self.rules)
                    && self.core.look(|state, _| state.has_surplus());
                is_surplus.then_some(CloseReason::IdleTimeout)
            });
            if let Some(reason) = end
                && self.core.idle().take_exactly(slot)
            {
                self.retire(slot, reason);
            }
        }
        // What is missing to the minimum.
        self.decide(|state, idle, steps| state.tick(now, idle, steps));
    }
}

fn settings(config: &PoolConfig) -> Settings {
    let bounds = Bounds {
        min: config.min_connections,
        max: config.max_connections,
    };
    let initial = config.initial_connections.max(config.min_connections);
    Settings {
        max: config.max_connections as usize,
        min: config.min_connections as usize,
        max_opening: config.max_opening as usize,
        max_waiters: config.max_waiters as usize,
        connect_timeout: config.connect_timeout,
        elastic: (config.sizing == Sizing::Elastic)
            .then(|| Elastic::new(bounds, initial, Elastic::INTERVAL)),
        codel: config
            .shedding
            .map(|shedding| Codel::new(shedding.target, shedding.interval)),
        rules: config.partitions.clone(),
    }
}

fn validation(config: &PoolConfig) -> Validation {
    match config.recycling {
        Recycling::Fast => Validation::Never,
        Recycling::Checked | Recycling::Replace => Validation::AfterIdle(config.check_after_idle),
        Recycling::Adaptive => Validation::Adaptive,
    }
}

fn nanos(threshold: Option<Duration>) -> u64 {
    threshold.map_or(u64::MAX, |threshold| {
        u64::try_from(threshold.as_nanos()).unwrap_or(u64::MAX)
    })
}
