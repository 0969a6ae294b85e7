//! Who gets how much, on a clock that is only counted: one connection, and whoever is next gets it for a millisecond.

use std::collections::{HashMap, VecDeque};

use super::super::*;
use super::script::{ask, settings};
use crate::pool::desk::{Desk, Verdict};
use crate::pool::flow::FlowId;
use crate::pool::priority::Priority;
use crate::pool::slots::Slots;
use crate::pool::waiter::{Ask, Ticket, Wait};

/// A pool of one connection, which is always lent.
struct Queue {
    state: State,
    idle: Slots<()>,
    ms: u64,
    /// Those who wait, by their desks.
    waits: HashMap<*const Desk, Wait>,
}

impl Queue {
    fn new() -> Self {
        let settings = Settings {
            max: 1,
            max_waiters: usize::MAX,
            ..settings()
        };
        let mut queue = Self {
            idle: Slots::new([()], 1, false),
            state: State::new(settings),
            ms: 0,
            waits: HashMap::new(),
        };
        let first = queue.ask(u64::MAX, Priority::Normal);
        let mut steps = Steps::new();
        queue.state.opened(queue.now(), 0, &queue.idle, &mut steps);
        assert_eq!(queue.granted(&mut steps), Some(first));
        queue
    }

    fn now(&self) -> Time {
        Time::from_millis(self.ms)
    }

    fn ask(&mut self, flow: FlowId, priority: Priority) -> Ticket {
        self.ask_until(flow, priority, Time::from_millis(u64::MAX))
    }

    fn ask_until(&mut self, flow: FlowId, priority: Priority, deadline: Time) -> Ticket {
        let ask = Ask {
            deadline,
            ..ask(flow, priority)
        };
        let desk = ask.desk.clone();
        let asked = self
            .state
            .ask(self.now(), ask, &self.idle, &mut Steps::new());
        let ticket = asked.unwrap();
        self.waits
            .insert(Arc::as_ptr(&desk), Wait::new(ticket, desk));
        ticket
    }

    fn leave(&mut self, ticket: Ticket) {
        self.state
            .leave(self.now(), ticket, &self.idle, &mut Steps::new());
    }

    /// A millisecond later: whose turn it is.
    fn next(&mut self) -> Option<Ticket> {
        self.ms += 1;
        let mut steps = Steps::new();
        self.state.tick(self.now(), &self.idle, &mut steps);
        for step in steps.drain(..) {
            let Step::End { verdict, .. } = step else {
                panic!("{step:?}")
            };
            assert!(matches!(
                verdict,
                Verdict::Refused(Refusal::TimedOut { .. })
            ));
        }
        self.state.returned(self.now(), 0, &self.idle, &mut steps);
        self.granted(&mut steps)
    }

    /// Who was granted the connection, if anybody was.
    fn granted(&mut self, steps: &mut Steps) -> Option<Ticket> {
        let step = steps.pop()?;
        let Step::End { desk, verdict } = step else {
            panic!("{step:?}")
        };
        assert!(steps.is_empty(), "{steps:?}");
        assert!(matches!(verdict, Verdict::Granted { slot: 0, .. }));
        let wait = self.waits.remove(&Arc::as_ptr(&desk));
        Some(wait.unwrap().ticket)
    }
}

/// (sum of x)^2 / (n * sum of x^2): 1 when all have the same, 1/n when one has everything.
fn jain(shares: &[u64]) -> f64 {
    let sum: f64 = shares.iter().map(|share| *share as f64).sum();
    let squares: f64 = shares.iter().map(|share| (*share as f64).powi(2)).sum();
    sum * sum / (shares.len() as f64 * squares)
}

/// How many of those who come later go before one who waits.
fn overtakers(own: Priority, theirs: Priority, flows: &[FlowId]) -> usize {
    let mut queue = Queue::new();
    let waiter = queue.ask(1, own);
    for _ in 0..600 {
        for flow in flows {
            queue.ask(*flow, theirs);
        }
    }
    (0..).take_while(|_| queue.next() != Some(waiter)).count()
}

#[test]
fn a_waiter_is_overtaken_by_the_difference_of_penalties_of_each_other_flow() {
    for own in Priority::ALL {
        for theirs in Priority::ALL {
            let places = own.penalty().saturating_sub(theirs.penalty()) as usize;
            assert_eq!(
                overtakers(own, theirs, &[2]),
                places,
                "{own:?} by {theirs:?}"
            );
            assert_eq!(
                overtakers(own, theirs, &[2, 3, 4]),
                3 * places,
                "{own:?} by {theirs:?} of three"
            );
            // Of its own flow by one less, since there it stands a place ahead of them.
            assert_eq!(
                overtakers(own, theirs, &[1]),
                places.saturating_sub(1),
                "{own:?} by its own {theirs:?}"
            );
        }
    }
}

#[test]
fn whoever_comes_again_and_again_overtakes_no_more_than_a_flood() {
    for own in Priority::ALL {
        for theirs in Priority::ALL {
            let mut queue = Queue::new();
            let waiter = queue.ask(1, own);
            let mut overtaken = 0;
            queue.ask(2, theirs);
            while queue.next() != Some(waiter) {
                overtaken += 1;
                queue.ask(2, theirs);
            }
            assert_eq!(
                overtaken,
                own.penalty().saturating_sub(theirs.penalty()),
                "{own:?} by {theirs:?}"
            );
        }
    }
}

const POLITE: u64 = 20;

/// How often each party was served while party 0 had a thousand waiters and the others one each, and the longest that one
/// of those waited. `flow` says which flow a party is.
fn flooded(flow: impl Fn(u64) -> FlowId) -> (Vec<u64>, u64) {
    let mut queue = Queue::new();
    let mut of: HashMap<Ticket, (u64, u64)> = HashMap::new();
    for _ in 0..1_000 {
        of.insert(queue.ask(flow(0), Priority::Normal), (0, 0));
    }
    for party in 1..=POLITE {
        of.insert(queue.ask(flow(party), Priority::Normal), (party, 0));
    }
    let (mut served, mut longest) = (vec![0; POLITE as usize + 1], 0);
    for _ in 0..5_000 {
        let (party, since) = of.remove(&queue.next().unwrap()).unwrap();
        served[party as usize] += 1;
        if party != 0 {
            longest = longest.max(queue.ms - since);
        }
        of.insert(queue.ask(flow(party), Priority::Normal), (party, queue.ms));
    }
    (served, longest)
}

#[test]
fn one_flow_that_floods_the_line_a_thousandfold_takes_a_turn_like_the_others() {
    let (served, longest) = flooded(|party| party);
    assert!(longest <= POLITE + 1, "{longest} ms, more than a round");
    assert!(jain(&served[1..]) >= 0.95, "{served:?}");
    assert!(jain(&served) >= 0.95, "{served:?}");
}

/// First come, first served: what the test above must be able to see.
#[test]
fn without_flows_a_flood_has_nearly_everything() {
    let (served, longest) = flooded(|_| 0);
    assert!(longest > 1_000, "{longest} ms");
    assert!(jain(&served) < 0.1, "{served:?}");
}

#[test]
fn a_flow_most_of_whose_waiters_time_out_is_served_its_share_all_the_same() {
    let mut queue = Queue::new();
    let mut of: HashMap<Ticket, FlowId> = HashMap::new();
    let mut served = [0; 3];
    of.insert(queue.ask(1, Priority::Normal), 1);
    of.insert(queue.ask(2, Priority::Normal), 2);
    for _ in 0..1_500 {
        // Ten times what there is, and each of them waits for a fifth of a second at most.
        for _ in 0..10 {
            let deadline = queue.now() + Duration::from_millis(200);
            of.insert(queue.ask_until(0, Priority::Normal, deadline), 0);
        }
        let flow = of.remove(&queue.next().unwrap()).unwrap();
        served[flow as usize] += 1;
        if flow != 0 {
            of.insert(queue.ask(flow, Priority::Normal), flow);
        }
    }
    assert!(jain(&served) >= 0.95, "{served:?}");
}

#[test]
fn whoever_asked_often_and_left_each_time_stands_behind_nobody_for_it() {
    let mut queue = Queue::new();
    for _ in 0..1_000 {
        let ticket = queue.ask(1, Priority::Normal);
        queue.leave(ticket);
    }
    let patient = queue.ask(1, Priority::Normal);
    for _ in 0..10 {
        queue.ask(2, Priority::Normal);
    }
    assert_eq!(queue.next(), Some(patient));
}

#[test]
fn equals_of_one_flow_are_served_in_the_order_in_which_they_came() {
    let mut random = fastrand::Rng::with_seed(7);
    let mut queue = Queue::new();
    let mut lines: HashMap<(FlowId, Priority), VecDeque<Ticket>> = HashMap::new();
    let mut served = 0;
    for _ in 0..20_000 {
        let key = (random.u64(0..5), Priority::ALL[random.usize(0..4)]);
        let line = lines.entry(key).or_default();
        match random.u8(0..10) {
            0..5 => line.push_back(queue.ask(key.0, key.1)),
            5..7 if !line.is_empty() => {
                let left = line.remove(random.usize(..line.len())).unwrap();
                queue.leave(left);
            }
            _ if lines.values().any(|line| !line.is_empty()) => {
                let next = queue.next();
                let its_line = lines
                    .values_mut()
                    .find(|line| line.front().copied() == next);
                its_line
                    .expect("an equal that came earlier was passed over")
                    .pop_front();
                served += 1;
            }
            _ => {}
        }
    }
    assert!(served > 5_000, "{served}");
}
