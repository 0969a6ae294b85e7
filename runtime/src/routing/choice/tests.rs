//! Every branch of the choice, as cases: what is needed, which nodes there are, and what is told.

#![expect(
    clippy::disallowed_methods,
    reason = "any moment will do to count from"
)]

use std::time::{Duration, Instant};

use super::*;
use crate::policy::breaker::{BreakerState, Rejected};
use crate::routing::config::{Routing, Rules};
use crate::topology::{Access, NodeId, NodeState, Role};

const DRAWS: Draws = Draws {
    turn: 1,
    first: 0,
    second: 0,
};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// A replica that is up and where everybody is.
fn replica(id: u32) -> Candidate<'static> {
    Candidate {
        id: NodeId(id),
        role: Role::Replica,
        state: NodeState::Up,
        breaker: Ok(()),
        lag: Some(Duration::ZERO),
        progress: Progress::Reached,
        tags: &[],
        zone: None,
        priority: 0,
        weight: 1,
    }
}

/// What the nodes of these numbers have to do; the others nothing.
#[derive(Default)]
struct Loads(Vec<(u32, Load)>);

impl Tiebreak for Loads {
    fn load(&self, candidate: &Candidate<'_>) -> Load {
        let mut loads = self.0.iter();
        let own = loads.find(|(id, _)| NodeId(*id) == candidate.id);
        own.map_or_else(
            || Load {
                in_use: 0,
                weight: candidate.weight,
                latency: None,
            },
            |(_, load)| *load,
        )
    }

    fn draws(&self) -> Draws {
        DRAWS
    }
}

fn primary(id: u32) -> Candidate<'static> {
    Candidate {
        role: Role::Primary,
        // What is asked of replicas alone is not to matter.
        lag: None,
        progress: Progress::Unknown,
        ..replica(id)
    }
}

fn with(
    mut node: Candidate<'static>,
    change: impl FnOnce(&mut Candidate<'static>),
) -> Candidate<'static> {
    change(&mut node);
    node
}

fn in_state(node: Candidate<'static>, state: NodeState) -> Candidate<'static> {
    with(node, |node| node.state = state)
}

fn at(node: Candidate<'static>, progress: Progress) -> Candidate<'static> {
    with(node, |node| node.progress = progress)
}

fn behind(node: Candidate<'static>, bytes: u64) -> Candidate<'static> {
    at(node, Progress::Behind(Gap::Bytes(bytes)))
}

fn lagging(node: Candidate<'static>, lag: Option<Duration>) -> Candidate<'static> {
    with(node, |node| node.lag = lag)
}

fn in_zone(node: Candidate<'static>, zone: &'static str) -> Candidate<'static> {
    with(node, |node| node.zone = Some(zone))
}

fn of_priority(node: Candidate<'static>, priority: u32) -> Candidate<'static> {
    with(node, |node| node.priority = priority)
}

fn tagged(node: Candidate<'static>, tags: &[&str]) -> Candidate<'static> {
    // Leaked, so that the cases need no owner: a few bytes a test.
    let tags: Vec<String> = tags.iter().copied().map(str::to_owned).collect();
    with(node, |node| node.tags = tags.leak())
}

fn rejecting(
    node: Candidate<'static>,
    state: BreakerState,
    retry_at: Option<Instant>,
) -> Candidate<'static> {
    with(node, |node| {
        node.breaker = Err(Rejected { state, retry_at })
    })
}

/// A need for a read under `routing`, which may still wait.
struct Case {
    now: Instant,
    rules: Rules,
    access: Access,
    pin: Option<NodeId>,
    patience: Patience,
    loads: Loads,
}

impl Case {
    fn read(routing: Routing) -> Self {
        assert_eq!(routing.problems(), Vec::<String>::new());
        Self {
            now: Instant::now(),
            rules: routing.rules(),
            access: Access::Read,
            pin: None,
            patience: Patience::Fresh,
            loads: Loads::default(),
        }
    }

    fn write() -> Self {
        Self {
            access: Access::Write,
            ..Self::read(Routing::new())
        }
    }

    fn pinned(mut self, to: u32) -> Self {
        self.pin = Some(NodeId(to));
        self
    }

    fn having_waited(mut self) -> Self {
        self.patience = Patience::Used;
        self
    }

    #[track_caller]
    fn check(&self, candidates: &[Candidate<'_>], expected: &str) {
        let need = Need {
            now: self.now,
            access: self.access,
            rules: &self.rules,
            pin: self.pin,
            patience: self.patience,
        };
        assert_eq!(told(&choose(&need, candidates, &self.loads)), expected);
    }
}

fn told(choice: &Choice) -> String {
    let mut told = match &choice.decision {
        Decision::Read { node, because } => format!("read from node {node}: {because}"),
        Decision::Wait { nearest, gap } => format!("wait for node {nearest}: {gap}"),
        Decision::Primary { node, because } => format!("primary is node {node}: {because}"),
        Decision::Nobody(why) => format!("nobody: {why}"),
    };
    for (node, rejection) in &choice.rejected {
        told += &format!("; node {node}: {rejection}");
    }
    told
}

fn any() -> Routing {
    Routing::new().consistency(Consistency::Any)
}

#[test]
fn writes_go_to_the_primary_whatever_the_rules() {
    let case = Case::write();
    case.check(
        &[replica(1), primary(2)],
        "primary is node 2: it is a write",
    );
    let strict = Routing::new().tag("nobody's").max_lag(secs(1));
    let strict = Case {
        access: Access::Write,
        ..Case::read(strict).pinned(1)
    };
    strict.check(
        &[replica(1), primary(2)],
        "primary is node 2: it is a write",
    );
    let suspect = in_state(primary(2), NodeState::Suspect);
    case.check(&[suspect], "primary is node 2: it is a write");
}

#[test]
fn a_write_goes_nowhere_without_a_primary_that_is_well() {
    let case = Case::write();
    case.check(&[], "nobody: there is no primary");
    case.check(&[replica(1), replica(2)], "nobody: there is no primary");
    for (state, expected) in [
        (NodeState::Down, "it is down"),
        (NodeState::Probation, "it is probation"),
        (NodeState::Draining, "it is draining"),
        (NodeState::Foreign, "it is foreign"),
        (NodeState::Stale, "it is stale"),
    ] {
        case.check(
            &[replica(1), in_state(primary(2), state)],
            &format!("nobody: the primary can't serve it; node 2: {expected}"),
        );
    }
    case.check(
        &[rejecting(
            primary(2),
            BreakerState::Open,
            Some(case.now + secs(3)),
        )],
        "nobody: the primary can't serve it; node 2: its breaker is open for another 3s",
    );
}

#[test]
fn a_read_that_asks_for_the_primary_gets_it_or_nobody() {
    let case = Case::read(
        Routing::new()
            .consistency(Consistency::Primary)
            .tag("nobody's"),
    );
    case.check(
        &[replica(1), primary(2)],
        "primary is node 2: the primary was asked for",
    );
    case.check(&[replica(1)], "nobody: there is no primary");
    case.check(
        &[replica(1), in_state(primary(2), NodeState::Down)],
        "nobody: the primary can't serve it; node 2: it is down",
    );
}

#[test]
fn a_read_goes_to_a_replica_that_is_up() {
    let case = Case::read(Routing::new());
    case.check(
        &[primary(1), replica(2)],
        "read from node 2: it is the only one that fits",
    );
    case.check(
        &[primary(1), replica(2), replica(3)],
        "read from node 2: adaptive among 2",
    );
    for (state, expected) in [
        (NodeState::Down, "down"),
        (NodeState::Draining, "draining"),
        (NodeState::Foreign, "foreign"),
        (NodeState::Stale, "stale"),
    ] {
        case.check(
            &[primary(1), in_state(replica(2), state), replica(3)],
            &format!("read from node 3: it is the only one that fits; node 2: it is {expected}"),
        );
    }
    let unknown = with(replica(2), |node| node.role = Role::Unknown);
    case.check(
        &[primary(1), unknown, replica(3)],
        "read from node 3: it is the only one that fits; node 2: its role isn't known",
    );
}

#[test]
fn a_breaker_keeps_reads_away() {
    let case = Case::read(Routing::new());
    let until = case.now + Duration::from_millis(1_500);
    for (state, retry_at, expected) in [
        (BreakerState::Open, Some(until), "open for another 1.5s"),
        (
            BreakerState::HalfOpen,
            Some(until),
            "half open for another 1.5s",
        ),
        (BreakerState::ForcedOpen, None, "forced open"),
    ] {
        case.check(
            &[
                primary(1),
                rejecting(replica(2), state, retry_at),
                replica(3),
            ],
            &format!(
                "read from node 3: it is the only one that fits; node 2: its breaker is {expected}"
            ),
        );
    }
}

#[test]
fn the_primary_reads_when_no_replica_can() {
    let case = Case::read(Routing::new());
    let down = |id| in_state(replica(id), NodeState::Down);
    case.check(&[primary(1)], "primary is node 1: there is no replica");
    case.check(
        &[primary(1), down(2)],
        "primary is node 1: the only replica can't serve it; node 2: it is down",
    );
    case.check(
        &[primary(1), down(2), down(3)],
        "primary is node 1: none of 2 replicas can serve it; node 2: it is down; node 3: it is down",
    );
    case.check(
        &[in_state(primary(1), NodeState::Draining), down(2)],
        "nobody: no node can serve it; node 2: it is down; node 1: it is draining",
    );
    case.check(&[], "nobody: no node can serve it");
}

#[test]
fn a_shaky_replica_is_the_last_resort() {
    let case = Case::read(Routing::new());
    let suspect = in_state(replica(2), NodeState::Suspect);
    let returned = in_state(replica(3), NodeState::Probation);
    case.check(
        &[suspect.clone(), replica(4)],
        "read from node 4: it is the only one that fits",
    );
    case.check(
        &[primary(1), suspect.clone()],
        "primary is node 1: the only replica can't serve it",
    );
    case.check(
        &[in_state(primary(1), NodeState::Down), suspect.clone()],
        "read from node 2: it is suspect, and no better one fits; node 1: it is down",
    );
    case.check(
        std::slice::from_ref(&returned),
        "read from node 3: it is probation, and no better one fits",
    );
    case.check(
        &[suspect, returned],
        "read from node 2: it is suspect, and no better one fits",
    );
}

#[test]
fn a_replica_that_has_not_seen_it_all_is_waited_for_and_then_left() {
    let routing = Routing::new();
    let nodes = [primary(1), behind(replica(2), 900), behind(replica(3), 312)];
    let rejected = "node 2: it is 900 bytes behind what the session has seen; \
                    node 3: it is 312 bytes behind what the session has seen";
    let fresh = Case::read(routing.clone());
    fresh.check(&nodes, &format!("wait for node 3: 312 bytes; {rejected}"));
    let to_primary = format!("primary is node 1: none of 2 replicas can serve it; {rejected}");
    Case::read(routing.clone())
        .having_waited()
        .check(&nodes, &to_primary);
    let impatient = routing.clone().causal_wait(Duration::ZERO);
    Case::read(impatient).check(&nodes, &to_primary);
    // One that is there spares the wait.
    fresh.check(
        &[primary(1), behind(replica(2), 900), replica(3)],
        "read from node 3: it is the only one that fits; node 2: it is 900 bytes behind what the session has seen",
    );
    // Without a primary there is an error, and never the past.
    Case::read(routing).having_waited().check(
        &[at(replica(2), Progress::Behind(Gap::Transactions(1)))],
        "nobody: no node can serve it; node 2: it is 1 transaction behind what the session has seen",
    );
}

#[test]
fn only_what_is_up_and_on_its_way_is_waited_for() {
    let case = Case::read(Routing::new());
    case.check(
        &[primary(1), at(replica(2), Progress::Unknown)],
        "primary is node 1: the only replica can't serve it; node 2: its position isn't known",
    );
    case.check(
        &[primary(1), behind(in_state(replica(2), NodeState::Suspect), 1)],
        "primary is node 1: the only replica can't serve it; node 2: it is 1 byte behind what the session has seen",
    );
}

#[test]
fn who_does_not_ask_for_its_own_writes_is_not_made_to_wait() {
    let bounded = Routing::new().consistency(Consistency::BoundedStaleness(secs(1)));
    for routing in [any(), bounded] {
        for progress in [Progress::Unknown, Progress::Behind(Gap::Bytes(5))] {
            Case::read(routing.clone()).pinned(9).check(
                &[primary(1), at(replica(2), progress)],
                "read from node 2: it is the only one that fits",
            );
        }
    }
}

#[test]
fn a_replica_that_lags_too_much_or_nobody_knows_how_much_is_left() {
    let bounded = Routing::new().consistency(Consistency::BoundedStaleness(secs(2)));
    for routing in [
        bounded,
        any().max_lag(secs(2)),
        Routing::new().max_lag(secs(2)),
    ] {
        let case = Case::read(routing);
        case.check(
            &[primary(1), lagging(replica(2), Some(secs(2)))],
            "read from node 2: it is the only one that fits",
        );
        case.check(
            &[primary(1), lagging(replica(2), Some(secs(3))), lagging(replica(3), None)],
            "primary is node 1: none of 2 replicas can serve it; node 2: it lags by 3s, and 2s is allowed; \
             node 3: its lag isn't known, and 2s is allowed",
        );
    }
    Case::read(any()).check(
        &[primary(1), lagging(replica(2), None)],
        "read from node 2: it is the only one that fits",
    );
}

#[test]
fn a_pinned_session_reads_from_that_node_or_from_the_primary() {
    let nodes = [primary(1), replica(2), replica(3)];
    let case = || Case::read(Routing::new()).pinned(3);
    case().check(
        &nodes,
        "read from node 3: the session has read from it; node 2: the session has read from node 3",
    );
    case().check(
        &[
            primary(1),
            replica(2),
            in_state(replica(3), NodeState::Down),
        ],
        "primary is node 1: none of 2 replicas can serve it; \
         node 2: the session has read from node 3; node 3: it is down",
    );
    case().check(
        &[primary(1), replica(2), behind(replica(3), 7)],
        "wait for node 3: 7 bytes; node 2: the session has read from node 3; \
         node 3: it is 7 bytes behind what the session has seen",
    );
    // The node is gone, and so is the primary: no other one may answer.
    case().check(
        &[replica(2)],
        "nobody: no node can serve it; node 2: the session has read from node 3",
    );
    // Who has read from the primary has seen it all.
    Case::read(Routing::new()).pinned(1).check(
        &[primary(1), replica(2)],
        "primary is node 1: the only replica can't serve it; node 2: the session has read from node 1",
    );
}

#[test]
fn a_tag_is_a_must_for_the_primary_too() {
    let tagged_replica = |id| tagged(replica(id), &["analytics", "ssd"]);
    let case = Case::read(Routing::new().tag("analytics").tag("ssd"));
    case.check(
        &[primary(1), tagged(replica(2), &["ssd"]), tagged_replica(3)],
        "read from node 3: it is the only one that fits; node 2: it isn't tagged `analytics`",
    );
    case.check(
        &[primary(1), in_state(tagged_replica(2), NodeState::Down)],
        "nobody: no node can serve it; node 2: it is down; node 1: it isn't tagged `analytics`",
    );
    case.check(
        &[tagged(primary(1), &["analytics", "ssd"]), replica(2)],
        "primary is node 1: the only replica can't serve it; node 2: it isn't tagged `analytics`",
    );
    case.check(
        &[primary(1), tagged(replica(2), &["analytics"])],
        "nobody: no node is tagged `ssd`",
    );
}

#[test]
fn the_highest_priority_that_can_serves_and_then_the_own_zone() {
    let case = Case::read(any().zone("eu"));
    let far = in_zone(of_priority(replica(2), 5), "us");
    let near = in_zone(replica(3), "eu");
    let also_far = in_zone(of_priority(replica(4), 5), "asia");
    case.check(
        &[primary(1), near.clone(), far.clone()],
        "read from node 2: it is the only one that fits",
    );
    case.check(
        &[near.clone(), also_far.clone(), far.clone()],
        "read from node 4: adaptive among 2",
    );
    case.check(
        &[in_state(far, NodeState::Down), near.clone(), replica(5)],
        "read from node 3: it is the only one that fits; node 2: it is down",
    );
    // Who is nowhere isn't near those that are nowhere.
    Case::read(any()).check(&[replica(5), near], "read from node 5: adaptive among 2");
}

#[test]
fn a_key_stays_with_its_node_while_others_come_and_go() {
    let nodes: Vec<_> = (1..=5).map(replica).collect();
    let choose_among = |nodes: &[Candidate<'_>]| {
        let case = Case::read(any().sticky("tenant-7"));
        let need = Need {
            now: case.now,
            access: case.access,
            rules: &case.rules,
            pin: None,
            patience: Patience::Fresh,
        };
        match choose(&need, nodes, &case.loads).decision {
            Decision::Read { node, because } => (node, because),
            other => panic!("{other:?} is no read"),
        }
    };
    let (owner, because) = choose_among(&nodes);
    assert_eq!(because, Reason::Sticky { among: 5 });
    for gone in nodes.iter().map(|node| node.id) {
        let left: Vec<_> = nodes
            .iter()
            .filter(|node| node.id != gone)
            .cloned()
            .collect();
        let (next, _) = choose_among(&left);
        assert_eq!(next == owner, gone != owner, "without {gone}");
    }
}

#[test]
fn the_strategy_chooses_among_equals() {
    let loads = [(5, 9, Some(10)), (0, 0, Some(90)), (1, 1, Some(90))];
    let load = |(in_use, weight, millis): (u32, u32, Option<u64>)| Load {
        in_use,
        weight,
        latency: millis.map(Duration::from_millis),
    };
    let nodes = [replica(1), replica(2), replica(3)];
    for (strategy, expected) in [
        (
            Strategy::RoundRobin,
            "read from node 2: round robin among 3",
        ),
        (
            Strategy::LeastInUse,
            "read from node 2: least in use among 3",
        ),
        (Strategy::Weighted, "read from node 1: weighted among 3"),
        (Strategy::Latency, "read from node 1: by latency among 3"),
        (Strategy::Adaptive, "read from node 1: adaptive among 3"),
    ] {
        let loads = (1..).zip(loads.map(load)).collect();
        let case = Case {
            loads: Loads(loads),
            ..Case::read(any().strategy(strategy))
        };
        case.check(&nodes, expected);
    }
}
