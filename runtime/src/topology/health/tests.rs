#![expect(
    clippy::disallowed_methods,
    reason = "a test has no caller who says what time it is"
)]

use super::*;

struct Node {
    health: Health,
    config: HealthConfig,
    now: Instant,
}

impl Node {
    fn up() -> Self {
        let mut node = Self {
            health: Health::new(),
            config: HealthConfig::new(),
            now: Instant::now(),
        };
        assert_eq!(node.good(), NodeState::Up, "the first answer is enough");
        node
    }

    fn good(&mut self) -> NodeState {
        self.health.answered(self.now);
        self.health.state()
    }

    fn bad(&mut self, failure: &ProbeFailure) -> NodeState {
        self.health.failed(self.now, failure, &self.config);
        self.health.state()
    }

    fn refused(&mut self) -> NodeState {
        self.bad(&ProbeFailure::Refused("refused".into()))
    }

    fn interval_ms(&self) -> u128 {
        let usual = Duration::from_millis(250);
        self.health.interval(usual, &self.config).as_millis()
    }
}

#[test]
fn silence_is_a_verdict_after_three_probes() {
    let mut node = Node::up();
    assert_eq!(node.bad(&ProbeFailure::Silent), NodeState::Suspect);
    assert_eq!(node.interval_ms(), 0, "a first miss is checked at once");
    assert_eq!(node.health.timeout(&node.config).as_millis(), 100);
    assert_eq!(node.bad(&ProbeFailure::Silent), NodeState::Suspect);
    assert_eq!(node.interval_ms(), 25);
    assert_eq!(node.bad(&ProbeFailure::Silent), NodeState::Down);
    assert_eq!(node.interval_ms(), 250);
    assert_eq!(node.health.timeout(&node.config).as_millis(), 500);
}

#[test]
fn a_frozen_server_is_found_in_a_second_at_the_worst() {
    let mut node = Node::up();
    let config = node.config.clone();
    let mut worst = config.probe_interval;
    while node.health.state() != NodeState::Down {
        worst += node.health.timeout(&config);
        node.bad(&ProbeFailure::Silent);
        worst += node.health.interval(config.probe_interval, &config);
    }
    worst -= config.probe_interval;
    assert!(worst <= Duration::from_secs(1), "{worst:?}");
}

#[test]
fn one_good_probe_ends_a_suspicion() {
    let mut node = Node::up();
    for _ in 0..10 {
        assert_eq!(node.bad(&ProbeFailure::Silent), NodeState::Suspect);
        assert_eq!(node.bad(&ProbeFailure::Silent), NodeState::Suspect);
        assert_eq!(node.good(), NodeState::Up);
    }
    node.health.suspect();
    assert_eq!(node.health.state(), NodeState::Suspect);
    assert_eq!(node.good(), NodeState::Up);
}

#[test]
fn a_refused_connection_is_a_verdict_at_once_and_a_lost_one_with_the_next() {
    assert_eq!(Node::up().refused(), NodeState::Down);
    let mut node = Node::up();
    assert_eq!(node.bad(&ProbeFailure::Lost), NodeState::Suspect);
    assert_eq!(node.bad(&ProbeFailure::Lost), NodeState::Down);
    let mut node = Node::up();
    assert_eq!(node.bad(&ProbeFailure::Lost), NodeState::Suspect);
    assert_eq!(node.good(), NodeState::Up);
    assert_eq!(node.bad(&ProbeFailure::Lost), NodeState::Suspect);
}

#[test]
fn a_server_that_is_full_is_there() {
    let mut node = Node::up();
    for _ in 0..100 {
        assert_eq!(node.bad(&ProbeFailure::Full), NodeState::Up);
    }
    node.bad(&ProbeFailure::Silent);
    assert_eq!(node.bad(&ProbeFailure::Full), NodeState::Up);
    node.refused();
    assert_eq!(node.bad(&ProbeFailure::Full), NodeState::Down);
}

#[test]
fn who_starts_is_not_there_yet_and_who_shuts_down_not_gone_yet() {
    let mut node = Node::up();
    for state in [NodeState::Suspect, NodeState::Suspect, NodeState::Down] {
        assert_eq!(node.bad(&ProbeFailure::StartingUp), state);
    }
    let mut node = Node::up();
    assert_eq!(node.bad(&ProbeFailure::ShuttingDown), NodeState::Draining);
    assert_eq!(node.refused(), NodeState::Down);
    assert_eq!(node.bad(&ProbeFailure::ShuttingDown), NodeState::Down);
    let mut node = Node::up();
    node.bad(&ProbeFailure::ShuttingDown);
    assert_eq!(node.good(), NodeState::Up, "it was called off");
}

#[test]
fn whoever_relapses_is_watched_for_longer_each_time() {
    let mut node = Node::up();
    let mut goods = Vec::new();
    for _ in 0..6 {
        node.refused();
        goods.push((1..).find(|_| node.good() == NodeState::Up).unwrap());
    }
    assert_eq!(goods, [2, 4, 8, 16, 16, 16]);
    node.now += STEADY;
    node.refused();
    assert_eq!(node.good(), NodeState::Probation);
    assert_eq!(node.interval_ms(), 0);
    assert_eq!(node.good(), NodeState::Up, "it had been well for long");
}

#[test]
fn a_probation_ends_with_the_first_failure() {
    for failure in [
        ProbeFailure::Lost,
        ProbeFailure::Silent,
        ProbeFailure::StartingUp,
    ] {
        let mut node = Node::up();
        node.refused();
        assert_eq!(node.good(), NodeState::Probation);
        assert_eq!(node.bad(&failure), NodeState::Down, "{failure}");
    }
}
