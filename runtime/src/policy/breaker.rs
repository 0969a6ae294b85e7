//! Whether calls may go to a node that has been failing: a circuit breaker.
//!
//! Closed, it counts how calls end in a window of fixed size and opens when too many of the last ones failed or were
//! slow. Open, it lets nothing through for a time. Then it lets a few calls try: if all of them end well it closes, and
//! with the first that doesn't it opens again for twice as long, up to a bound. How often it has opened is forgotten only
//! after it was closed for as long as it may be open at most, so a node that is well and ill by turns is tried ever more
//! rarely: the breaker doesn't flap. The idea is from Nygard, "Release It!"; rates and window are as in Resilience4j.
//!
//! It sends nothing and knows no error: the caller says which calls count, and how they ended.
#![deny(clippy::disallowed_methods)]

mod change;
mod config;
mod door;
mod window;

use std::fmt;
use std::time::{Duration, Instant};

pub(crate) use change::{Cause, Change};
pub use config::{BreakerConfig, BreakerWindow};
pub(crate) use door::Door;
use window::Window;

/// What a circuit breaker does with calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BreakerState {
    /// All calls pass and are counted.
    Closed,
    /// No call passes, until some may try again.
    Open,
    /// A few calls pass, to find out whether the node is well again.
    HalfOpen,
    /// No call passes until somebody resets it.
    ForcedOpen,
    /// All calls pass and none is counted, until somebody resets it.
    ForcedClosed,
}

impl fmt::Display for BreakerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half open",
            Self::ForcedOpen => "forced open",
            Self::ForcedClosed => "forced closed",
        })
    }
}

/// The circuit breaker of one node.
#[derive(Debug)]
pub(crate) struct Breaker {
    config: BreakerConfig,
    phase: Phase,
    /// Raised by every change of the state.
    generation: u64,
    window: Window,
    /// How often it has opened in a row: each time doubles how long it stays open.
    openings: u32,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// -> `Open` when a rate is reached.
    Closed { since: Option<Instant> },
    /// -> `HalfOpen` with the first call at `until` or later.
    Open { until: Instant },
    /// -> `Closed` when all trials ended well; -> `Open` when one didn't.
    HalfOpen(Trials),
    /// -> `Closed` by a reset alone.
    ForcedOpen,
    /// -> `Closed` by a reset alone.
    ForcedClosed,
}

#[derive(Debug, Clone, Copy)]
struct Trials {
    sent: u32,
    passed: u32,
    /// When those that haven't ended are given up and may be replaced. A caller that went away tells nothing.
    patience_until: Instant,
}

/// A call was let through. Whoever holds it says how the call ended, or, if nobody waited for the end, nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pass {
    generation: u64,
}

/// A call was not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rejected {
    pub(crate) state: BreakerState,
    /// When it is worth asking again; `None`: when somebody has reset the breaker.
    pub(crate) retry_at: Option<Instant>,
}

/// How a call ended, as far as it says something about the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallEnd {
    Success,
    Failure,
}

impl Breaker {
    /// `config` has no problems.
    pub(crate) fn new(config: BreakerConfig) -> Self {
        Self {
            window: Window::new(config.window),
            config,
            phase: Phase::Closed { since: None },
            generation: 0,
            openings: 0,
        }
    }

    pub(crate) fn state(&self) -> BreakerState {
        match self.phase {
            Phase::Closed { .. } => BreakerState::Closed,
            Phase::Open { .. } => BreakerState::Open,
            Phase::HalfOpen(_) => BreakerState::HalfOpen,
            Phase::ForcedOpen => BreakerState::ForcedOpen,
            Phase::ForcedClosed => BreakerState::ForcedClosed,
        }
    }

    /// Whether a call would be let through. Takes no trial.
    pub(crate) fn would_pass(&self, now: Instant) -> Result<(), Rejected> {
        let retry_at = match self.phase {
            Phase::Closed { .. } | Phase::ForcedClosed => return Ok(()),
            Phase::Open { until } if now >= until => return Ok(()),
            Phase::Open { until } => Some(until),
            Phase::HalfOpen(trials) if trials.sent < self.config.trials => return Ok(()),
            Phase::HalfOpen(trials) if now >= trials.patience_until => return Ok(()),
            Phase::HalfOpen(trials) => Some(trials.patience_until),
            Phase::ForcedOpen => None,
        };
        Err(Rejected {
            state: self.state(),
            retry_at,
        })
    }

    /// Lets a call through, or not.
    pub(crate) fn may_pass(&mut self, now: Instant) -> Result<Pass, Rejected> {
        self.would_pass(now)?;
        let patience_until = now + self.open_duration();
        match &mut self.phase {
            Phase::Open { .. } => self.enter(Phase::HalfOpen(Trials {
                sent: 1,
                passed: 0,
                patience_until,
            })),
            Phase::HalfOpen(trials) if trials.sent < self.config.trials => trials.sent += 1,
            // Their places are given away and not their right to be heard: a node whose answers take longer than
            // anybody's patience could never show that it is well.
            Phase::HalfOpen(trials) => {
                trials.sent = trials.passed + 1;
                trials.patience_until = patience_until;
            }
            Phase::Closed { .. } | Phase::ForcedOpen | Phase::ForcedClosed => {}
        }
        Ok(Pass {
            generation: self.generation,
        })
    }

    /// Says how a call ended that was let through, and how long it took.
    ///
    /// What was let through before the last change of the state says nothing about the node as it is now, and is ignored.
    pub(crate) fn record(
        &mut self,
        now: Instant,
        pass: Pass,
        end: CallEnd,
        took: Duration,
    ) -> Option<Change> {
        if pass.generation != self.generation {
            return None;
        }
        let is_slow =
            self.config.slow_call_rate.is_some() && took >= self.config.slow_call_duration;
        let from = self.state();
        let because = match &mut self.phase {
            Phase::Closed { .. } => {
                self.window.record(now, end == CallEnd::Failure, is_slow);
                self.exceeded()?
            }
            Phase::HalfOpen(_) if end == CallEnd::Failure => Cause::TrialFailed,
            Phase::HalfOpen(_) if is_slow => Cause::TrialSlow { took },
            Phase::HalfOpen(trials) => {
                trials.passed += 1;
                if trials.passed < self.config.trials {
                    return None;
                }
                Cause::TrialsPassed {
                    trials: trials.passed,
                }
            }
            Phase::Open { .. } | Phase::ForcedOpen | Phase::ForcedClosed => return None,
        };
        match because {
            Cause::TrialsPassed { .. } => self.enter(Phase::Closed { since: Some(now) }),
            _ => self.open(now),
        }
        Some(Change {
            from,
            to: self.state(),
            because,
        })
    }

    /// Lets nothing through until [`reset`](Self::reset).
    pub(crate) fn force_open(&mut self) {
        self.enter(Phase::ForcedOpen);
    }

    /// Lets everything through and counts nothing until [`reset`](Self::reset).
    pub(crate) fn force_closed(&mut self) {
        self.enter(Phase::ForcedClosed);
    }

    /// Closes it and forgets all that was.
    pub(crate) fn reset(&mut self) {
        self.openings = 0;
        self.enter(Phase::Closed { since: None });
    }

    /// The rate that has been reached, if any.
    fn exceeded(&self) -> Option<Cause> {
        let seen = self.window.tally();
        if seen.calls < self.config.min_calls {
            return None;
        }
        let reached = |count: u32, rate: f64| f64::from(count) >= rate * f64::from(seen.calls);
        if reached(seen.failed, self.config.failure_rate) {
            return Some(Cause::Failures {
                failed: seen.failed,
                of: seen.calls,
            });
        }
        let slow_call_rate = self.config.slow_call_rate?;
        reached(seen.slow, slow_call_rate).then_some(Cause::SlowCalls {
            slow: seen.slow,
            of: seen.calls,
        })
    }

    fn open(&mut self, now: Instant) {
        if let Phase::Closed { since: Some(since) } = self.phase
            && now.saturating_duration_since(since) >= self.config.max_open_duration
        {
            self.openings = 0;
        }
        self.openings = self.openings.saturating_add(1);
        let until = now + self.open_duration();
        self.enter(Phase::Open { until });
    }

    /// How long it is open this time.
    fn open_duration(&self) -> Duration {
        let doublings = self.openings.saturating_sub(1).min(31);
        self.config
            .open_duration
            .saturating_mul(1 << doublings)
            .min(self.config.max_open_duration)
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.generation += 1;
        self.window.clear();
    }
}

#[cfg(test)]
mod tests;
