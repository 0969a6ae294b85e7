//! When a read that is slow to answer may be sent to a second node: hedged requests.
//!
//! The second copy goes out when the first has taken longer than 95 % of all, so it is rarely needed and helps just where
//! it hurts: Dean and Barroso, "The Tail at Scale", CACM 56(2), 2013. When *all* reads become slow, all would be sent
//! twice: a budget bounds the copies to a part of all reads.
//!
//! It sends nothing: the caller waits, asks again, and cancels the loser.
#![deny(clippy::disallowed_methods)]

use std::fmt;
use std::time::{Duration, Instant};

use super::budget::{Budget, Deposits};
use super::latency::Measured;
use super::time_limit::{LONGEST, SHORTEST};

/// When a read is sent to a second node because the first takes long; whoever answers first is heard.
///
/// It is sent when the first has taken longer than 95 % of the reads of that node. The loser is cancelled on its server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hedge {
    floor: Duration,
    extra_load: f64,
    min_samples: u64,
}

impl Default for Hedge {
    fn default() -> Self {
        Self {
            floor: Duration::from_millis(5),
            extra_load: 0.05,
            min_samples: 100,
        }
    }
}

impl Hedge {
    const LOWEST_LOAD: f64 = 0.001;
    const MOST_LOAD: f64 = 0.5;
    /// The 95th percentile of fewer is the greatest of them.
    const FEWEST_SAMPLES: u64 = 20;
    const MOST_SAMPLES: u64 = 1_000_000;

    /// The defaults: at the 95th percentile of 100 reads or more, not before 5 ms, at most 5 % more reads.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long a read has in any case before it is sent again.
    ///
    /// Default: 5 ms, so that a loaded machine isn't taken for a slow node. From 1 ms to 7 days.
    pub fn floor(mut self, floor: Duration) -> Self {
        self.floor = floor;
        self
    }

    /// How many reads may be sent twice, as a part of all. Default: 0.05. From 0.001 to 0.5.
    pub fn extra_load(mut self, part: f64) -> Self {
        self.extra_load = part;
        self
    }

    /// How many reads a node must have answered in the last half minute or minute for its percentile to be believed.
    ///
    /// Default: 100. From 20 to 1,000,000.
    pub fn min_samples(mut self, reads: u64) -> Self {
        self.min_samples = reads;
        self
    }

    /// Everything that is wrong.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.floor < SHORTEST || self.floor > LONGEST {
            problems.push(format!(
                "floor of hedges is {:?}, and {SHORTEST:?} to 7 days is allowed",
                self.floor
            ));
        }
        if !(Self::LOWEST_LOAD..=Self::MOST_LOAD).contains(&self.extra_load) {
            problems.push(format!(
                "extra_load of hedges is {}, and {} to {} is allowed",
                self.extra_load,
                Self::LOWEST_LOAD,
                Self::MOST_LOAD
            ));
        }
        if !(Self::FEWEST_SAMPLES..=Self::MOST_SAMPLES).contains(&self.min_samples) {
            problems.push(format!(
                "min_samples of hedges is {}, and {} to {} is allowed",
                self.min_samples,
                Self::FEWEST_SAMPLES,
                Self::MOST_SAMPLES
            ));
        }
        problems
    }
}

/// Decides about hedges, for all reads under one [`Hedge`].
#[derive(Debug)]
pub(crate) struct Hedging {
    hedge: Hedge,
    budget: Budget,
}

/// Why a read isn't sent again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum NoHedge {
    TooFewSamples { samples: u64, needed: u64 },
    LoadReached { extra_load: f64 },
}

impl fmt::Display for NoHedge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewSamples { samples, needed } => {
                write!(f, "only {samples} of {needed} reads have been measured")
            }
            Self::LoadReached { extra_load } => {
                write!(f, "{} % of the reads were sent twice", extra_load * 100.0)
            }
        }
    }
}

impl Hedging {
    /// `hedge` has no problems.
    pub(crate) fn new(start: Instant, hedge: Hedge) -> Self {
        let deposits = Deposits {
            ratio: hedge.extra_load,
            floor_per_second: 0,
            // A node that hangs for a moment makes a handful of reads slow at once.
            most: 10,
        };
        Self {
            hedge,
            budget: Budget::new(start, deposits),
        }
    }

    /// A read begins: after which time without an answer it asks whether it [may be sent](Self::may_send) again. `measured`
    /// is what the reads of its node took.
    pub(crate) fn begin(&self, measured: Measured) -> Result<Duration, NoHedge> {
        self.budget.deposit();
        if measured.samples < self.hedge.min_samples {
            return Err(NoHedge::TooFewSamples {
                samples: measured.samples,
                needed: self.hedge.min_samples,
            });
        }
        Ok(measured.p95.max(self.hedge.floor))
    }

    /// Whether a read that has taken long is sent again; if so, it has been counted.
    pub(crate) fn may_send(&self, now: Instant) -> Result<(), NoHedge> {
        if self.budget.take(now) {
            return Ok(());
        }
        Err(NoHedge::LoadReached {
            extra_load: self.hedge.extra_load,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        reason = "any moment will do to count from"
    )]

    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_hedge_waits_for_the_percentile_and_never_less_than_the_floor() {
        let hedging = Hedging::new(Instant::now(), Hedge::new());
        let too_few = |samples| {
            Err(NoHedge::TooFewSamples {
                samples,
                needed: 100,
            })
        };
        for (samples, p95, expected) in [
            (0, ms(0), too_few(0)),
            (99, ms(50), too_few(99)),
            (100, ms(50), Ok(ms(50))),
            (100, ms(5), Ok(ms(5))),
            (100, ms(1), Ok(ms(5))),
            (1_000_000, ms(0), Ok(ms(5))),
        ] {
            assert_eq!(hedging.begin(Measured { samples, p95 }), expected);
        }
    }

    #[test]
    fn when_all_reads_are_slow_only_the_allowed_part_is_sent_twice() {
        let start = Instant::now();
        for (extra_load, reads, expected) in [(0.05, 10_000, 500), (0.01, 1_000, 10), (0.05, 19, 0)]
        {
            let hedging = Hedging::new(start, Hedge::new().extra_load(extra_load));
            let slow = Measured {
                samples: 100,
                p95: ms(5),
            };
            let sent = (0..reads).filter(|read| {
                hedging.begin(slow).unwrap();
                hedging.may_send(start + ms(*read)).is_ok()
            });
            assert_eq!(sent.count(), expected);
        }
    }

    #[test]
    fn after_a_long_good_time_few_are_sent_at_once() {
        let now = Instant::now();
        let hedging = Hedging::new(now, Hedge::new());
        let measured = Measured {
            samples: 0,
            p95: ms(0),
        };
        (0..100_000).for_each(|_| assert!(hedging.begin(measured).is_err()));
        assert_eq!(
            (0..100).filter(|_| hedging.may_send(now).is_ok()).count(),
            10
        );
        let refused = hedging.may_send(now).unwrap_err();
        assert_eq!(refused.to_string(), "5 % of the reads were sent twice");
    }

    #[test]
    fn all_problems_are_named_with_value_and_range() {
        assert_eq!(Hedge::new().problems(), Vec::<String>::new());
        let hedge = Hedge::new()
            .floor(Duration::ZERO)
            .extra_load(0.6)
            .min_samples(5);
        assert_eq!(
            hedge.problems(),
            [
                "floor of hedges is 0ns, and 1ms to 7 days is allowed",
                "extra_load of hedges is 0.6, and 0.001 to 0.5 is allowed",
                "min_samples of hedges is 5, and 20 to 1000000 is allowed",
            ]
        );
        assert_eq!(Hedge::new().extra_load(f64::NAN).problems().len(), 1);
    }
}
