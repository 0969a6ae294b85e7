//! How one node is, by what its probes and its users say. Knows no other node, and nothing of who is the primary.
//!
//! A single broken connection is a suspicion and no verdict: somebody may have ended that one. Silence is one after
//! several probes. A refused connection is one at once. A server that is full is there.
#![deny(clippy::disallowed_methods)]

use std::time::{Duration, Instant};

use super::config::HealthConfig;
use super::view::NodeState;
use crate::driver::ProbeFailure;

/// How many good probes in a row end a probation.
const GOOD: u32 = 2;
/// What that grows to, doubling with every relapse.
const MOST_GOOD: u32 = 16;
/// Who has been up for this long has recovered from its former relapses.
const STEADY: Duration = Duration::from_secs(30);

/// How one node is.
#[derive(Debug, Clone)]
pub(super) struct Health {
    state: NodeState,
    /// Probes in a row without an answer.
    misses: u32,
    /// Good probes in a row since it was down.
    good: u32,
    /// How many of them end the probation.
    wanted: u32,
    has_answered: bool,
    has_fallen: bool,
    last_failure: Option<ProbeFailure>,
    up_since: Option<Instant>,
}

impl Health {
    /// Nobody knows yet.
    pub(super) fn new() -> Self {
        Self {
            state: NodeState::Down,
            misses: 0,
            good: 0,
            wanted: GOOD,
            has_answered: false,
            has_fallen: false,
            last_failure: None,
            up_since: None,
        }
    }

    pub(super) fn state(&self) -> NodeState {
        self.state
    }

    /// Why the last probe failed, if it did.
    pub(super) fn last_failure(&self) -> Option<&ProbeFailure> {
        self.last_failure.as_ref()
    }

    /// A probe was answered.
    pub(super) fn answered(&mut self, now: Instant) {
        self.misses = 0;
        self.last_failure = None;
        self.good = self.good.saturating_add(1);
        self.state = match self.state {
            NodeState::Down | NodeState::Probation
                if self.has_answered && self.good < self.wanted =>
            {
                NodeState::Probation
            }
            _ => NodeState::Up,
        };
        if self.state == NodeState::Up {
            self.up_since.get_or_insert(now);
        }
        self.has_answered = true;
    }

    /// A probe wasn't answered.
    pub(super) fn failed(&mut self, now: Instant, failure: &ProbeFailure, config: &HealthConfig) {
        let before = self.last_failure.replace(failure.clone());
        let is_dead = match failure {
            // It is there: that is no reason to go elsewhere for good, and no proof that it is well.
            ProbeFailure::Full => {
                self.misses = 0;
                if self.state == NodeState::Suspect {
                    self.state = NodeState::Up;
                }
                return;
            }
            ProbeFailure::ShuttingDown => {
                self.good = 0;
                if self.state != NodeState::Down {
                    self.state = NodeState::Draining;
                }
                return;
            }
            ProbeFailure::Refused(_) => true,
            // The first may have been this one connection; the second was a new one.
            ProbeFailure::Lost => before == Some(ProbeFailure::Lost),
            ProbeFailure::Silent | ProbeFailure::StartingUp => false,
        };
        self.good = 0;
        self.misses = self.misses.saturating_add(1);
        let has_credit = matches!(self.state, NodeState::Up | NodeState::Suspect);
        if has_credit && !is_dead && self.misses < config.misses {
            self.state = NodeState::Suspect;
        } else {
            self.fall(now);
        }
    }

    /// Something went wrong there for somebody who used it.
    pub(super) fn suspect(&mut self) {
        if self.state == NodeState::Up {
            self.state = NodeState::Suspect;
        }
    }

    fn fall(&mut self, now: Instant) {
        if self.state == NodeState::Down {
            return;
        }
        let is_relapse = self
            .up_since
            .take()
            .is_none_or(|since| now.saturating_duration_since(since) < STEADY);
        self.wanted = match self.has_fallen && is_relapse {
            true => (self.wanted * 2).min(MOST_GOOD),
            false => GOOD,
        };
        self.has_fallen = true;
        self.state = NodeState::Down;
    }

    /// How long after a probe the next one is due, where `usual` is the interval of a node that is well.
    pub(super) fn interval(&self, usual: Duration, config: &HealthConfig) -> Duration {
        match self.state {
            // What a first miss leaves open is asked at once.
            NodeState::Suspect if self.misses <= 1 => Duration::ZERO,
            NodeState::Suspect => config.suspect_interval,
            NodeState::Probation if self.good <= 1 => Duration::ZERO,
            NodeState::Probation => config.suspect_interval,
            _ => usual,
        }
    }

    /// How long the next probe may take.
    pub(super) fn timeout(&self, config: &HealthConfig) -> Duration {
        match self.state {
            NodeState::Suspect => config.suspect_timeout.min(config.probe_timeout),
            _ => config.probe_timeout,
        }
    }
}

#[cfg(test)]
mod tests;
