//! A script is one event a line, `<ms> <event> [args]`, and its trace says what came of each.
//!
//! `ask a [low|high|critical] [flow=1] [in=acme,blue] [until=500] [front] [fast]`: `a` wants a connection. `leave a`: it
//! doesn't want it any more. `give a`, `dirty a`, `retire a`: its connection comes back clean, unclean, too old.
//! `opened 0`, `failed 0 unreachable|crowded|final`, `cleaned 0`, `spoilt 0`, `closed 0`: what became of a slot.
//! `tick`, `sample`, `look`, `fill 2`, `kill 1`, `close`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::task::Waker;

use expect_test::Expect;

use super::super::*;
use crate::pool::core::{Core, Layout};
use crate::pool::desk::{Desk, Verdict};
use crate::pool::flow::FlowId;
use crate::pool::idle::{Given, Shelf};
use crate::pool::partition::{PartitionKind, PartitionLimits};
use crate::pool::priority::Priority;
use crate::pool::site::Runner;
use crate::pool::slots::Slots;
use crate::pool::waiter::{Ask, Wait};

/// Two connections, and nothing special.
pub(super) fn settings() -> Settings {
    Settings {
        max: 2,
        min: 0,
        max_opening: 2,
        max_waiters: 100,
        connect_timeout: Duration::from_millis(1_000),
        elastic: None,
        codel: None,
        rules: PartitionRules::default(),
    }
}

/// How long a script's pool waits after a failed opening.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) fn check(settings: Settings, script: &str, expected: Expect) {
    let mut pool = Scripted::new(settings);
    let mut trace = String::new();
    for line in script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let said = pool.run(line);
        let said = if said.is_empty() {
            "-".to_owned()
        } else {
            said.join(", ")
        };
        writeln!(trace, "{line:<28} {said}").unwrap();
    }
    expected.assert_eq(&trace);
}

pub(super) fn tenant(name: &str) -> PartitionKey {
    PartitionKey::new(PartitionKind::Tenant, name)
}

pub(super) fn rules<const N: usize>(limits: [(&str, PartitionLimits); N]) -> PartitionRules {
    PartitionRules {
        named: limits
            .into_iter()
            .map(|(name, limits)| (tenant(name), limits))
            .collect(),
        ..PartitionRules::default()
    }
}

pub(super) fn ask(flow: FlowId, priority: Priority) -> Ask {
    Ask {
        flow,
        caller: None,
        priority,
        is_front: false,
        deadline: Time::from_millis(1_000_000),
        fails_fast: false,
        partitions: Box::default(),
        runner: Runner::current(),
        desk: Arc::new(Desk::new(Waker::noop().clone())),
    }
}

/// The whole hand-over, for one thread.
pub(super) fn core(settings: Settings) -> Core<()> {
    let layout = Layout {
        threads: 1,
        keeps: false,
    };
    let slots = vec![(); settings.max];
    Core::new(State::new(settings), slots, layout)
}

/// A pool's state, its idle set, and everybody who has to do with them.
pub(super) struct Scripted {
    pub(super) state: State,
    pub(super) idle: Slots<()>,
    steps: Steps,
    partitions: BTreeMap<String, Vec<Arc<Partition>>>,
    waiting: BTreeMap<String, Wait>,
    lent: BTreeMap<String, SlotId>,
}

impl Scripted {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            idle: Slots::new(vec![(); settings.max], 1, false),
            state: State::new(settings),
            steps: Steps::new(),
            partitions: BTreeMap::new(),
            waiting: BTreeMap::new(),
            lent: BTreeMap::new(),
        }
    }

    /// Runs one line, and says what came of it.
    pub(super) fn run(&mut self, line: &str) -> Vec<String> {
        let mut words = line.split_whitespace();
        let now = Time::from_millis(words.next().unwrap().parse().unwrap());
        let event = words.next().unwrap();
        let args: Vec<&str> = words.collect();
        let number = || args[0].parse::<usize>().unwrap();
        let mut said = Vec::new();
        match event {
            "ask" => said.extend(self.ask(now, &args)),
            "leave" => self.leave(now, args[0]),
            "give" => self.give(now, args[0]),
            "dirty" => {
                let slot = self.take_from(now, args[0]);
                self.state.quarantined(slot);
            }
            "retire" => {
                let slot = self.take_from(now, args[0]);
                self.state
                    .retire(slot, CloseReason::MaxLifetime, &mut self.steps);
            }
            "cleaned" => self
                .state
                .returned(now, number(), &self.idle, &mut self.steps),
            "spoilt" => self
                .state
                .retire(number(), CloseReason::NotCleanable, &mut self.steps),
            "opened" => self
                .state
                .opened(now, number(), &self.idle, &mut self.steps),
            "failed" => {
                let failure = match args[1] {
                    "unreachable" => Failure::Unreachable,
                    "crowded" => Failure::Crowded,
                    "final" => Failure::Final,
                    other => panic!("unknown failure {other}"),
                };
                self.state
                    .open_failed(now, number(), failure, PAUSE, &self.idle, &mut self.steps);
            }
            "closed" => self
                .state
                .closed(now, number(), &self.idle, &mut self.steps),
            "tick" => self.state.tick(now, &self.idle, &mut self.steps),
            "sample" => self.state.sample(now, &self.idle, &mut self.steps),
            "look" => said.extend(self.look(now)),
            "fill" => self.state.fill(number(), &mut self.steps),
            "kill" => {
                let of_flow = |_, ask: &Ask| ask.flow == args[0].parse::<FlowId>().unwrap();
                self.state
                    .refuse_all(now, Refusal::Killed, of_flow, &self.idle, &mut self.steps);
            }
            "close" => self.state.close(now, &self.idle, &mut self.steps),
            other => panic!("unknown event {other}"),
        }
        said.extend(self.carry_out());
        self.assert_invariants();
        said
    }

    fn ask(&mut self, now: Time, args: &[&str]) -> Option<String> {
        let name = args[0].to_owned();
        let mut ask = ask(0, Priority::Normal);
        let mut keys = Vec::new();
        for arg in &args[1..] {
            match arg.split_once('=').unwrap_or((*arg, "")) {
                ("low", _) => ask.priority = Priority::Low,
                ("high", _) => ask.priority = Priority::High,
                ("critical", _) => ask.priority = Priority::Critical,
                ("flow", flow) => ask.flow = flow.parse().unwrap(),
                ("until", ms) => ask.deadline = Time::from_millis(ms.parse().unwrap()),
                ("in", names) => keys = names.split(',').map(tenant).collect(),
                ("front", _) => ask.is_front = true,
                ("fast", _) => ask.fails_fast = true,
                other => panic!("unknown argument {other:?}"),
            }
        }
        let partitions = self.state.resolve(&keys);
        ask.partitions = partitions.iter().map(|partition| partition.id).collect();
        // As `Core::take` does.
        let units = partitions
            .iter()
            .take_while(|partition| partition.units.take())
            .count();
        self.partitions.insert(name.clone(), partitions.clone());
        if units == partitions.len()
            && let Some(slot) = self.idle.take().map(|taken| taken.id())
        {
            self.lend(&name, slot);
            return Some(format!("{name} takes {slot}"));
        }
        // As `Pool::attempt` does.
        self.units_back(now, &partitions[..units]);
        let desk = ask.desk.clone();
        match self.state.ask(now, ask, &self.idle, &mut self.steps) {
            Ok(ticket) => {
                self.waiting.insert(name, Wait::new(ticket, desk));
                None
            }
            Err(refusal) => Some(format!("{name}: {refusal:?}")),
        }
    }

    fn leave(&mut self, now: Time, name: &str) {
        let ticket = self.waiting.remove(name).unwrap().ticket;
        self.state.leave(now, ticket, &self.idle, &mut self.steps);
    }

    fn look(&mut self, now: Time) -> Vec<String> {
        let due = self.state.due_for_a_look(now);
        let named = self
            .waiting
            .iter()
            .filter(|(_, wait)| due.contains(&wait.ticket));
        named.map(|(name, _)| format!("look at {name}")).collect()
    }

    fn give(&mut self, now: Time, name: &str) {
        let slot = self.lent.remove(name).unwrap();
        // As `Core::give` does.
        if self.idle.give(slot, Shelf::Shared) == Given::Wanted {
            self.state.returned(now, slot, &self.idle, &mut self.steps);
        }
        let partitions = self.partitions.remove(name).unwrap();
        self.units_back(now, &partitions);
    }

    /// Takes the connection from whoever holds it.
    fn take_from(&mut self, now: Time, name: &str) -> SlotId {
        let slot = self.lent.remove(name).unwrap();
        let partitions = self.partitions.remove(name).unwrap();
        self.units_back(now, &partitions);
        slot
    }

    fn units_back(&mut self, now: Time, partitions: &[Arc<Partition>]) {
        // As `Core::give_units` does.
        for partition in partitions {
            if !partition.units.give() {
                self.state
                    .unit_returned(now, partition.id, &self.idle, &mut self.steps);
            }
        }
    }

    fn lend(&mut self, name: &str, slot: SlotId) {
        assert!(
            !self.lent.values().any(|lent| *lent == slot),
            "{slot} is lent twice"
        );
        self.lent.insert(name.to_owned(), slot);
    }

    /// Claims what was decided, and says what is to be done.
    fn carry_out(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        for step in std::mem::take(&mut self.steps) {
            said.push(match step {
                Step::Open { slot } => format!("open {slot}"),
                Step::Close { slot, reason } => format!("close {slot} {reason:?}"),
                Step::Arm => unreachable!("the core arms"),
                Step::End { desk, verdict } => {
                    let is_its = |wait: &Wait| Arc::ptr_eq(&wait.desk, &desk);
                    let named = self.waiting.iter().find(|(_, wait)| is_its(wait));
                    let Some(name) = named.map(|(name, _)| name.clone()) else {
                        continue;
                    };
                    self.waiting.remove(&name);
                    match verdict {
                        Verdict::Granted { slot, .. } => {
                            self.lend(&name, slot);
                            format!("{name} gets {slot}")
                        }
                        Verdict::Refused(refusal) => {
                            self.partitions.remove(&name);
                            format!("{name}: {refusal:?}")
                        }
                    }
                }
            });
        }
        said
    }

    pub(super) fn assert_invariants(&self) {
        let (state, idle) = (&self.state, &self.idle);
        if state.is_closed {
            assert!(idle.is_raised(), "after close everybody comes to the lock");
            assert_eq!(state.line.len(), 0, "and nobody stays");
        } else {
            state.check(idle);
        }
        let census = state.census(idle);
        let places =
            census.idle + census.lent + census.opening + census.quarantined + census.closing;
        assert_eq!(places + state.vacant.len(), census.max, "{census:?}");
        assert_eq!(census.lent, self.lent.len(), "{census:?}");
        assert!(census.opening <= state.settings.max_opening, "{census:?}");
        assert!(self.lent.values().all(|slot| !idle.contains(*slot)));
        assert_eq!(state.line.len(), self.waiting.len());
        let in_line = state.line.len_in_line();
        assert!(
            in_line == 0 || census.idle == 0,
            "somebody waits while a connection idles: {census:?}"
        );
        let comes_back = places > 0 || state.outage.is_some();
        assert!(
            in_line == 0 || comes_back,
            "somebody waits for nothing: {census:?}"
        );
        for (partition, in_use, _) in state.rooms.census() {
            let holders = self.lent.keys().filter(|name| {
                self.partitions
                    .get(*name)
                    .is_some_and(|of| of.iter().any(|other| other.id == partition.id))
            });
            assert_eq!(in_use, holders.count() as u64, "{}", partition.key);
        }
    }
}
