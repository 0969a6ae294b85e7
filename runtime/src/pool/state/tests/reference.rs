//! Random histories of a pool and of a naive one, which keeps plain lists of everything and is obviously right. What goes
//! wrong is shrunk to the shortest history.

use std::task::{Context, Poll, Waker};

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::super::*;
use super::script::{ask, rules, settings};
use crate::policy::elastic::Bounds;
use crate::pool::core::{Chores, Core, Layout};
use crate::pool::desk::Verdict;
use crate::pool::flow::FlowId;
use crate::pool::idle::{Given, Shelf};
use crate::pool::partition::{Affinity, PartitionLimits, Seat};
use crate::pool::priority::Priority;
use crate::pool::waiter::{Ask, Wait};

const MAX: usize = 4;
const MAX_OPENING: usize = 2;
/// By tenant; whoever has none has no limit.
const LIMITS: [usize; 2] = [1, 2];
/// By tenant, where anything is guaranteed.
const GUARANTEED: [usize; 2] = [0, 1];
const PAUSE: Duration = Duration::from_millis(100);
/// Where the line is shed, and where the pool follows the load.
const TARGET: Duration = Duration::from_millis(5);
const INTERVAL: Duration = Duration::from_millis(60);
const BOUNDS: Bounds = Bounds {
    min: 1,
    max: MAX as u32,
};

/// What not every pool has.
#[derive(Debug, Clone, Copy)]
struct Extras {
    guarantees: bool,
    sheds: bool,
    is_elastic: bool,
}

fn extras() -> impl Strategy<Value = Extras> {
    any::<[bool; 3]>().prop_map(|[guarantees, sheds, is_elastic]| Extras {
        guarantees,
        sheds,
        is_elastic,
    })
}

#[derive(Debug, Clone)]
enum Event {
    Ask {
        flow: FlowId,
        priority: Priority,
        tenant: Option<usize>,
        patience_ms: u64,
    },
    Leave(usize),
    Give(usize),
    Dirty(usize),
    Retire(usize),
    Cleaned(usize),
    Spoilt(usize),
    Opened(usize),
    Failed(usize, Failure),
    Closed(usize),
    Reap,
    Wait {
        ms: u64,
    },
    Sample,
    Kill(FlowId),
    Close,
}

fn event() -> impl Strategy<Value = Event> {
    let failure = prop_oneof![
        Just(Failure::Crowded),
        Just(Failure::Unreachable),
        Just(Failure::Final)
    ];
    let asks = (0..3u64, 0..4usize, 0..4usize, 1..500u64).prop_map(
        |(flow, priority, tenant, patience_ms)| {
            let tenant = (tenant < LIMITS.len()).then_some(tenant);
            Event::Ask {
                flow,
                priority: Priority::ALL[priority],
                tenant,
                patience_ms,
            }
        },
    );
    prop_oneof![
        60 => asks,
        15 => any::<usize>().prop_map(Event::Leave),
        60 => any::<usize>().prop_map(Event::Give),
        10 => any::<usize>().prop_map(Event::Dirty),
        8 => any::<usize>().prop_map(Event::Retire),
        10 => any::<usize>().prop_map(Event::Cleaned),
        4 => any::<usize>().prop_map(Event::Spoilt),
        40 => any::<usize>().prop_map(Event::Opened),
        8 => (any::<usize>(), failure).prop_map(|(which, failure)| Event::Failed(which, failure)),
        20 => any::<usize>().prop_map(Event::Closed),
        4 => Just(Event::Reap),
        15 => (0..60u64).prop_map(|ms| Event::Wait { ms }),
        10 => Just(Event::Sample),
        2 => (0..3u64).prop_map(Event::Kill),
        1 => Just(Event::Close),
    ]
}

#[derive(Debug, Clone)]
struct Waiter {
    wait: Wait,
    flow: FlowId,
    priority: Priority,
    tenant: Option<usize>,
    since: Time,
    deadline: Time,
}

/// A pool, and beside it what a naive one would know.
struct Both {
    extras: Extras,
    core: Core<()>,
    seats: [Seat; LIMITS.len()],
    now: Time,
    chores: Chores,
    idle: Vec<SlotId>,
    lent: Vec<(SlotId, Option<usize>)>,
    opening: Vec<SlotId>,
    quarantined: Vec<SlotId>,
    closing: Vec<SlotId>,
    waiting: Vec<Waiter>,
    /// Until when nothing is opened.
    paused_until: Time,
    may_refuse_all: bool,
    /// By tenant, before the event. What it gives back is handed on while it still counts.
    held: [usize; LIMITS.len()],
    is_closed: bool,
}

impl Both {
    fn new(extras: Extras) -> Self {
        let limits = [("0", 0), ("1", 1)].map(|(name, tenant)| {
            let limits = PartitionLimits::new().max_connections(LIMITS[tenant] as u32);
            let guaranteed = if extras.guarantees {
                GUARANTEED[tenant]
            } else {
                0
            };
            (name, limits.guaranteed(guaranteed as u32))
        });
        let rules = rules(limits);
        let elastic = || Elastic::new(BOUNDS, 2, INTERVAL);
        let mut state = State::new(Settings {
            max: MAX,
            max_opening: MAX_OPENING,
            rules,
            codel: extras.sheds.then(|| Codel::new(TARGET, INTERVAL)),
            elastic: extras.is_elastic.then(elastic),
            ..settings()
        });
        let seats = ["0", "1"].map(|name| {
            Seat::new(
                0,
                Affinity::None,
                state.resolve(&[super::script::tenant(name)]),
            )
        });
        Self {
            extras,
            core: Core::new(
                state,
                [(); MAX],
                Layout {
                    threads: 2,
                    keeps: false,
                },
            ),
            seats,
            now: Time::from_millis(0),
            chores: Chores::new(),
            idle: Vec::new(),
            lent: Vec::new(),
            opening: Vec::new(),
            quarantined: Vec::new(),
            closing: Vec::new(),
            waiting: Vec::new(),
            paused_until: Time::from_millis(0),
            may_refuse_all: false,
            held: [0; LIMITS.len()],
            is_closed: false,
        }
    }

    fn run(&mut self, event: &Event) {
        self.may_refuse_all = false;
        self.held = [0, 1].map(|tenant| self.lent_to(tenant));
        let now = self.now;
        match event.clone() {
            Event::Ask {
                flow,
                priority,
                tenant,
                patience_ms,
            } => self.ask(flow, priority, tenant, patience_ms),
            Event::Leave(which) => {
                if let Some(waiter) = pick(&mut self.waiting, which) {
                    // Whoever was granted a connection has claimed it: see `claim`.
                    assert_eq!(self.core.leave(now, &waiter.wait, &mut self.chores), None);
                }
            }
            Event::Give(which) => {
                if let Some((slot, tenant)) = pick(&mut self.lent, which) {
                    self.idle.push(slot);
                    if self.core.give(self.core.slot(slot), Shelf::Shared) == Given::Wanted {
                        self.decide(|state, idle, steps| state.returned(now, slot, idle, steps));
                    }
                    self.units_back(tenant);
                }
            }
            Event::Dirty(which) => {
                if let Some((slot, tenant)) = pick(&mut self.lent, which) {
                    self.quarantined.push(slot);
                    self.core
                        .decide(&mut self.chores, |state, _, _| state.quarantined(slot));
                    self.units_back(tenant);
                }
            }
            Event::Retire(which) => {
                if let Some((slot, tenant)) = pick(&mut self.lent, which) {
                    self.retire(slot, CloseReason::MaxUses);
                    self.units_back(tenant);
                }
            }
            Event::Cleaned(which) => {
                if let Some(slot) = pick(&mut self.quarantined, which) {
                    self.idle.push(slot);
                    self.decide(|state, idle, steps| state.returned(now, slot, idle, steps));
                }
            }
            Event::Spoilt(which) => {
                if let Some(slot) = pick(&mut self.quarantined, which) {
                    self.retire(slot, CloseReason::NotCleanable);
                }
            }
            Event::Opened(which) => {
                if let Some(slot) = pick(&mut self.opening, which) {
                    self.idle.push(slot);
                    self.paused_until = now;
                    self.decide(|state, idle, steps| state.opened(now, slot, idle, steps));
                }
            }
            Event::Failed(which, failure) => {
                if let Some(slot) = pick(&mut self.opening, which) {
                    self.paused_until = now + PAUSE;
                    self.may_refuse_all = failure != Failure::Crowded;
                    self.decide(|state, idle, steps| {
                        state.open_failed(now, slot, failure, PAUSE, idle, steps)
                    });
                    assert!(
                        failure != Failure::Final
                            || self.claim().is_empty() && self.waiting.is_empty()
                    );
                }
            }
            Event::Closed(which) => {
                if let Some(slot) = pick(&mut self.closing, which) {
                    self.decide(|state, idle, steps| state.closed(now, slot, idle, steps));
                }
            }
            Event::Reap => {
                if let Some(slot) = (0..MAX).find(|slot| self.core.idle().take_exactly(*slot)) {
                    self.idle.retain(|idle| *idle != slot);
                    self.retire(slot, CloseReason::IdleTimeout);
                }
            }
            Event::Wait { ms } => {
                self.now = self.now + Duration::from_millis(ms);
                let now = self.now;
                self.decide(|state, idle, steps| state.tick(now, idle, steps));
            }
            Event::Sample => {
                self.decide(|state, idle, steps| state.sample(now, idle, steps));
            }
            Event::Kill(flow) => {
                self.may_refuse_all = true;
                self.decide(|state, idle, steps| {
                    state.refuse_all(now, Refusal::Killed, |_, ask| ask.flow == flow, idle, steps)
                });
                self.claim();
                assert!(self.waiting.iter().all(|waiter| waiter.flow != flow));
            }
            Event::Close => {
                self.may_refuse_all = true;
                self.is_closed = true;
                self.decide(|state, idle, steps| state.close(now, idle, steps));
            }
        }
        self.claim();
        self.carry_out();
        self.compare();
    }

    fn ask(&mut self, flow: FlowId, priority: Priority, tenant: Option<usize>, patience_ms: u64) {
        let seat = tenant.map(|tenant| &self.seats[tenant]);
        let taken = self.core.take(seat).map(|taken| taken.id());
        let units = match taken {
            Ok(slot) => {
                let place = self.idle.iter().position(|idle| *idle == slot);
                self.idle.remove(place.expect("what is taken was idle"));
                return self.lend(slot, tenant);
            }
            Err(units) => units,
        };
        // As `Pool::attempt` does.
        let held = seat.map_or(&[][..], |seat| &seat.partitions[..units]);
        self.core.give_units(|| self.now, held, &mut self.chores);
        let partitions = seat.map_or(&[][..], |seat| &seat.partitions);
        let deadline = self.now + Duration::from_millis(patience_ms);
        let ask = Ask {
            partitions: partitions.iter().map(|of| of.id).collect(),
            deadline,
            ..ask(flow, priority)
        };
        match self.core.ask(self.now, ask, &mut self.chores) {
            Ok(wait) => self.waiting.push(Waiter {
                wait,
                flow,
                priority,
                tenant,
                since: self.now,
                deadline,
            }),
            Err(refusal) => {
                assert!(self.is_closed && refusal == Refusal::Closed, "{refusal:?}");
            }
        }
    }

    fn lend(&mut self, slot: SlotId, tenant: Option<usize>) {
        self.lent.push((slot, tenant));
        if let Some(tenant) = tenant {
            let lent = self.lent_to(tenant);
            assert!(lent <= LIMITS[tenant], "tenant {tenant} has {lent}");
        }
    }

    fn lent_to(&self, tenant: usize) -> usize {
        let lent = self.lent.iter();
        lent.filter(|(_, other)| *other == Some(tenant)).count()
    }

    /// Whether a tenant has less than is guaranteed to it, and somebody who waits.
    fn is_owed(&self, tenant: usize) -> bool {
        let waits = |waiter: &Waiter| waiter.tenant == Some(tenant);
        self.held[tenant].max(self.lent_to(tenant)) < GUARANTEED[tenant]
            && self.waiting.iter().any(waits)
    }

    fn units_back(&mut self, tenant: Option<usize>) {
        if let Some(tenant) = tenant {
            let now = self.now;
            self.core
                .give_units(|| now, &self.seats[tenant].partitions, &mut self.chores);
        }
    }

    fn retire(&mut self, slot: SlotId, reason: CloseReason) {
        // The chore that asks for it puts it among those that are being closed.
        self.idle.push(slot);
        self.decide(|state, _, steps| state.retire(slot, reason, steps));
    }

    fn decide(&mut self, with: impl FnOnce(&mut State, &dyn IdleSet, &mut Steps)) {
        self.core.decide(&mut self.chores, with);
    }

    /// Lets everybody look whose wait has ended. Nobody is passed over by an equal, and nobody is refused without a reason.
    fn claim(&mut self) -> Vec<SlotId> {
        let mut cx = Context::from_waker(Waker::noop());
        let (mut granted, mut served) = (Vec::new(), Vec::new());
        for waiter in std::mem::take(&mut self.waiting) {
            match waiter.wait.desk.look(&mut cx) {
                Poll::Pending => self.waiting.push(waiter),
                Poll::Ready(Verdict::Granted { slot, .. }) => {
                    let equals = |other: &Waiter| {
                        (other.flow, other.priority, other.tenant)
                            == (waiter.flow, waiter.priority, waiter.tenant)
                    };
                    assert!(
                        !self.waiting.iter().any(equals),
                        "{waiter:?} passed an equal"
                    );
                    let place = self.idle.iter().position(|idle| *idle == slot);
                    self.idle
                        .remove(place.expect("what is granted was nobody's"));
                    self.lend(slot, waiter.tenant);
                    granted.push(slot);
                    served.push(waiter.tenant);
                }
                Poll::Ready(Verdict::Refused(refusal)) => {
                    let is_late =
                        matches!(refusal, Refusal::TimedOut { .. }) && waiter.deadline <= self.now;
                    let stood = self.now.since(waiter.since);
                    let may_shed = self.extras.sheds && waiter.priority != Priority::Critical;
                    let is_shed = matches!(refusal, Refusal::Shed { .. });
                    assert!(
                        is_late || self.may_refuse_all || is_shed && may_shed && stood > 2 * TARGET,
                        "{waiter:?}: {refusal:?}"
                    );
                }
            }
        }
        if self.extras.guarantees {
            let passed = |tenant: &usize| served.iter().any(|other| *other != Some(*tenant));
            let is_passed = |tenant: &usize| self.is_owed(*tenant) && passed(tenant);
            assert_eq!(
                (0..LIMITS.len()).find(is_passed),
                None,
                "it was owed a connection"
            );
        }
        granted
    }

    fn carry_out(&mut self) {
        for chore in std::mem::take(&mut self.chores) {
            match chore {
                Step::Open { slot } => {
                    assert!(!self.occupied().contains(&slot) && self.now >= self.paused_until);
                    self.opening.push(slot);
                }
                Step::Close { slot, .. } => {
                    let place = self.idle.iter().position(|idle| *idle == slot);
                    self.idle
                        .remove(place.expect("what is closed was nobody's"));
                    self.closing.push(slot);
                }
                Step::Arm => {}
                Step::End { .. } => unreachable!("the core tells"),
            }
        }
    }

    fn occupied(&self) -> Vec<SlotId> {
        let lent = self.lent.iter().map(|(slot, _)| slot);
        let lists = [&self.idle, &self.opening, &self.quarantined, &self.closing];
        lent.chain(lists.into_iter().flatten()).copied().collect()
    }

    /// How many wait for nothing but a connection.
    fn runnable(&self) -> usize {
        let of = |tenant: Option<usize>| {
            self.waiting
                .iter()
                .filter(|waiter| waiter.tenant == tenant)
                .count()
        };
        let limited = LIMITS
            .iter()
            .enumerate()
            .map(|(tenant, limit)| of(Some(tenant)).min(limit - self.lent_to(tenant)));
        of(None) + limited.sum::<usize>()
    }

    fn compare(&self) {
        let mut occupied = self.occupied();
        occupied.sort_unstable();
        assert!(
            occupied.windows(2).all(|pair| pair[0] != pair[1]),
            "a connection has two owners: {occupied:?}"
        );
        let census = self.core.look(|state, idle| state.census(idle));
        let counts = [
            census.idle,
            census.lent,
            census.opening,
            census.quarantined,
            census.closing,
        ];
        let lists = [
            self.idle.len(),
            self.lent.len(),
            self.opening.len(),
            self.quarantined.len(),
            self.closing.len(),
        ];
        assert_eq!(counts, lists, "idle, lent, opening, quarantined, closing");
        assert_eq!(census.waiting.iter().sum::<usize>(), self.waiting.len());
        assert!(
            self.idle
                .iter()
                .all(|slot| self.core.idle().contains(*slot))
        );
        assert!(self.opening.len() <= MAX_OPENING);
        if self.is_closed {
            assert!(self.waiting.is_empty() && self.idle.is_empty());
            assert_eq!(
                self.core.look(|state, _| state.is_drained()),
                occupied.is_empty()
            );
            return;
        }
        let runnable = self.runnable();
        assert!(
            runnable == 0 || self.idle.is_empty(),
            "{runnable} wait while {:?} idle",
            self.idle
        );
        if self.now >= self.paused_until {
            let limit = self.core.look(|state, _| state.limit());
            assert!((1..=MAX).contains(&limit) && (limit == MAX || self.extras.is_elastic));
            let wanted = runnable
                .min(MAX_OPENING)
                .min((self.opening.len() + limit).saturating_sub(occupied.len()));
            assert!(
                self.opening.len() >= wanted,
                "{} are being opened for {runnable}",
                self.opening.len()
            );
        }
        let alarm = self.core.arm();
        assert!(
            self.waiting
                .iter()
                .all(|waiter| alarm.is_some_and(|alarm| alarm <= waiter.deadline))
        );
    }

    /// When everything that is under way ends well, everybody is served.
    fn come_to_rest(&mut self) {
        for _ in 0..1_000 {
            if self.waiting.is_empty() {
                return;
            }
            let ms = self.paused_until.since(self.now).as_millis() as u64;
            for event in [
                Event::Wait { ms },
                Event::Cleaned(0),
                Event::Closed(0),
                Event::Opened(0),
                Event::Give(0),
            ] {
                self.run(&event);
            }
        }
        panic!("{} wait for ever", self.waiting.len());
    }
}

/// Takes one out of a list, whichever number it is called by.
fn pick<T>(list: &mut Vec<T>, which: usize) -> Option<T> {
    (!list.is_empty()).then(|| list.remove(which % list.len()))
}

proptest! {
    #![proptest_config(Config { cases: 400, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_pool_does_what_a_naive_one_would(extras in extras(), events in prop::collection::vec(event(), 1..100)) {
        let mut both = Both::new(extras);
        for event in &events {
            both.run(event);
        }
        both.come_to_rest();
    }
}
