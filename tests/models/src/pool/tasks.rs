//! What callers do with a pool, as `shared.rs` and `waiting.rs` of the runtime do it, without a database.
//!
//! Each connection has a counter that its owner reads, adds one to and writes back, without any ordering of its own. If two
//! owned it at once, or the next owner didn't see what the last one wrote, one would be lost.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic;
use std::task::Poll;
use std::time::Duration;

use super::core::{Chores, Core, Layout};
use super::desk::{Desk, Verdict};
use super::idle::{Given, IdleSet, Shelf};
use super::partition::{Affinity, Partition, PartitionKey, PartitionKind, PartitionLimits, Seat};
use super::priority::Priority;
use super::refusal::{CloseReason, Refusal};
use super::rooms::PartitionRules;
use super::site::Runner;
use super::state::{Census, Failure, Settings, SlotId, State, Step, Steps};
use super::sync::{AtomicUsize, Ordering};
use super::waiter::{Ask, Wait};
use crate::clock::Time;

/// How a model's pool is laid out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) max: usize,
    pub(crate) max_opening: usize,
    /// How many connections the callers of one tenant may use together; they are numbered from 0.
    pub(crate) limits: &'static [u32],
    /// Whether connections are kept for those who used them last.
    pub(crate) keeps: bool,
}

/// What becomes of the steps that the pool leaves to others.
type CarryOut = Box<dyn Fn(&Pool, Step) + Send + Sync>;

pub(crate) struct Pool {
    core: Core<()>,
    carry_out: CarryOut,
    /// By tenant.
    partitions: Vec<Vec<Arc<Partition>>>,
    used: Vec<AtomicUsize>,
    /// How often connections were used, counted by those who can't be wrong: the checkers don't see it.
    uses: atomic::AtomicUsize,
    ms: atomic::AtomicU64,
    options: Options,
}

/// Who wants a connection.
pub(crate) struct Caller {
    seat: Seat,
    priority: Priority,
    patience_ms: u64,
}

impl Pool {
    pub(crate) fn new(
        options: Options,
        carry_out: impl Fn(&Self, Step) + Send + Sync + 'static,
    ) -> Self {
        let key = |tenant: usize| PartitionKey::new(PartitionKind::Tenant, tenant.to_string());
        let limits = options.limits.iter().enumerate();
        let named = limits
            .map(|(tenant, limit)| (key(tenant), PartitionLimits::new().max_connections(*limit)));
        let mut state = State::new(Settings {
            max: options.max,
            min: 0,
            max_opening: options.max_opening,
            max_waiters: usize::MAX,
            connect_timeout: Duration::from_millis(10),
            elastic: None,
            codel: None,
            rules: PartitionRules {
                named: named.collect(),
                ..PartitionRules::default()
            },
        });
        let partitions = (0..options.limits.len())
            .map(|tenant| state.resolve(&[key(tenant)]))
            .collect();
        let layout = Layout {
            threads: options.max,
            keeps: options.keeps,
        };
        Self {
            core: Core::new(state, vec![(); options.max], layout),
            carry_out: Box::new(carry_out),
            partitions,
            used: (0..options.max).map(|_| AtomicUsize::new(0)).collect(),
            uses: atomic::AtomicUsize::new(0),
            ms: atomic::AtomicU64::new(0),
            options,
        }
    }

    /// A caller of a tenant, or of none.
    pub(crate) fn caller(
        &self,
        flow: u64,
        priority: Priority,
        tenant: Option<usize>,
        patience_ms: u64,
    ) -> Caller {
        let partitions = tenant.map_or(Vec::new(), |tenant| self.partitions[tenant].clone());
        let affinity = if self.options.keeps {
            Affinity::Keep
        } else {
            Affinity::Prefer
        };
        Caller {
            seat: Seat::new(flow, affinity, partitions),
            priority,
            patience_ms,
        }
    }

    /// Gets a connection. Dropped half-way, it gives back what it has.
    pub(crate) async fn acquire(&self, caller: &Caller) -> Result<SlotId, Refusal> {
        let units = match self.core.take(Some(&caller.seat)) {
            Ok(taken) => return Ok(taken.id()),
            Err(units) => units,
        };
        // As `Pool::attempt` does.
        self.units_back(&caller.seat.partitions[..units]);
        let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
        let ask = Ask {
            flow: caller.seat.flow,
            caller: None,
            priority: caller.priority,
            is_front: false,
            deadline: self.now() + Duration::from_millis(caller.patience_ms),
            fails_fast: false,
            partitions: caller
                .seat
                .partitions
                .iter()
                .map(|partition| partition.id)
                .collect(),
            runner: Runner::current(),
            desk: Arc::new(Desk::new(waker)),
        };
        let mut chores = Chores::new();
        let asked = self.core.ask(self.now(), ask, &mut chores);
        self.carry_out(chores);
        let mut wait = asked?;
        let mut leave = LeaveOnDrop {
            pool: self,
            caller,
            wait: Some(wait.clone()),
        };
        let verdict = poll_fn(|cx| wait.poll(cx)).await;
        leave.wait = None;
        match verdict {
            Verdict::Granted { slot, .. } => Ok(slot),
            Verdict::Refused(refusal) => Err(refusal),
        }
    }

    /// Does something with a connection.
    pub(crate) fn use_it(&self, caller: &Caller, slot: SlotId) {
        let used = self.used[slot].load(Ordering::Relaxed);
        self.used[slot].store(used + 1, Ordering::Relaxed);
        self.uses.fetch_add(1, Ordering::Relaxed);
        caller.seat.used(slot);
        assert!(!self.core.idle().contains(slot), "{slot} is lent, and idle");
    }

    /// Gives a clean connection back.
    pub(crate) fn give(&self, caller: &Caller, slot: SlotId) {
        let shelf = if self.options.keeps {
            Shelf::Kept
        } else {
            Shelf::Shared
        };
        if self.core.give(self.core.slot(slot), shelf) == Given::Wanted {
            self.cleaned(slot);
        }
        self.units_back(&caller.seat.partitions);
    }

    /// Gives an unclean connection back: then somebody has to call [`cleaned`](Self::cleaned) or [`retire`](Self::retire).
    pub(crate) fn give_dirty(&self, caller: &Caller, slot: SlotId) {
        self.decide(|state, _, _, _| state.quarantined(slot));
        self.units_back(&caller.seat.partitions);
    }

    /// Gives a connection back that is to be closed.
    pub(crate) fn give_up(&self, caller: &Caller, slot: SlotId) {
        self.retire(slot, CloseReason::MaxUses);
        self.units_back(&caller.seat.partitions);
    }

    pub(crate) fn retire(&self, slot: SlotId, reason: CloseReason) {
        self.decide(|state, _, _, steps| state.retire(slot, reason, steps));
    }

    pub(crate) fn cleaned(&self, slot: SlotId) {
        self.decide(|state, now, idle, steps| state.returned(now, slot, idle, steps));
    }

    pub(crate) fn opened(&self, slot: SlotId) {
        self.decide(|state, now, idle, steps| state.opened(now, slot, idle, steps));
    }

    pub(crate) fn open_failed(&self, slot: SlotId, failure: Failure) {
        let pause = Duration::from_millis(1);
        self.decide(|state, now, idle, steps| {
            state.open_failed(now, slot, failure, pause, idle, steps)
        });
    }

    pub(crate) fn closed(&self, slot: SlotId) {
        self.decide(|state, now, idle, steps| state.closed(now, slot, idle, steps));
    }

    /// Closes one that idles, if there is one.
    pub(crate) fn reap(&self) {
        if let Some(slot) = (0..self.options.max).find(|slot| self.core.idle().take_exactly(*slot))
        {
            self.retire(slot, CloseReason::IdleTimeout);
        }
    }

    /// Looks into every slot, as who gathers statistics does.
    pub(crate) fn look_at_slots(&self) {
        self.core.slots().for_each(drop);
    }

    /// Opens connections for nobody yet.
    pub(crate) fn fill(&self, count: usize) {
        self.decide(|state, _, _, steps| state.fill(count, steps));
    }

    /// A millisecond passes.
    pub(crate) fn tick(&self) {
        self.ms.fetch_add(1, Ordering::Relaxed);
        self.decide(|state, now, idle, steps| state.tick(now, idle, steps));
    }

    pub(crate) fn kill(&self, flow: u64) {
        self.decide(|state, now, idle, steps| {
            state.refuse_all(now, Refusal::Killed, |_, ask| ask.flow == flow, idle, steps)
        });
    }

    pub(crate) fn close(&self) {
        self.decide(|state, now, idle, steps| state.close(now, idle, steps));
    }

    /// Whether time alone will change something.
    pub(crate) fn has_alarm(&self) -> bool {
        self.core.arm().is_some()
    }

    /// What must hold at any time.
    pub(crate) fn assert_sound(&self) {
        let census = self.census();
        let places =
            census.idle + census.lent + census.opening + census.quarantined + census.closing;
        assert!(
            places <= census.max && census.opening <= self.options.max_opening,
            "{census:?}"
        );
    }

    /// What must hold when all callers are gone and all work is done.
    pub(crate) fn assert_at_rest(&self) {
        let census = self.census();
        let Census {
            idle,
            lent,
            opening,
            quarantined,
            closing,
            ..
        } = census;
        assert_eq!(
            [lent, opening, quarantined, closing],
            [0; 4],
            "nothing is lent or under way: {census:?}"
        );
        assert_eq!(census.waiting.iter().sum::<usize>(), 0, "{census:?}");
        let (is_closed, opened, closed) = self.core.look(|state, _| {
            (
                state.is_closed(),
                state.counts().opened,
                state.closed_count(),
            )
        });
        assert_eq!(
            opened - closed,
            idle as u64,
            "each connection is closed once, or idle: {census:?}"
        );
        assert!(!is_closed || idle == 0, "{census:?}");
        for partition in self.partitions.iter().flatten() {
            assert_eq!(partition.units.in_use(), 0, "{}", partition.key);
        }
        let used: usize = self
            .used
            .iter()
            .map(|used| used.load(Ordering::Relaxed))
            .sum();
        assert_eq!(
            used,
            self.uses.load(Ordering::Relaxed),
            "an owner didn't see what the last one did"
        );
    }

    fn census(&self) -> Census {
        self.core.look(|state, idle| state.census(idle))
    }

    fn units_back(&self, partitions: &[Arc<Partition>]) {
        let mut chores = Chores::new();
        self.core.give_units(|| self.now(), partitions, &mut chores);
        self.carry_out(chores);
    }

    fn decide<T>(&self, with: impl FnOnce(&mut State, Time, &dyn IdleSet, &mut Steps) -> T) -> T {
        let mut chores = Chores::new();
        let now = self.now();
        let answer = self.core.decide(&mut chores, |state, idle, steps| {
            with(state, now, idle, steps)
        });
        self.carry_out(chores);
        answer
    }

    fn carry_out(&self, chores: Chores) {
        for chore in chores {
            (self.carry_out)(self, chore);
        }
    }

    fn now(&self) -> Time {
        Time::default() + Duration::from_millis(self.ms.load(Ordering::Relaxed))
    }
}

/// Takes a waiter out of the line, and gives back what it was granted meanwhile.
struct LeaveOnDrop<'a> {
    pool: &'a Pool,
    caller: &'a Caller,
    wait: Option<Wait>,
}

impl Drop for LeaveOnDrop<'_> {
    fn drop(&mut self) {
        let Some(wait) = self.wait.take() else {
            return;
        };
        let pool = self.pool;
        let mut chores = Chores::new();
        let granted = pool.core.leave(pool.now(), &wait, &mut chores);
        pool.carry_out(chores);
        if let Some(slot) = granted {
            pool.cleaned(slot);
            pool.units_back(&self.caller.seat.partitions);
        }
    }
}
