//! When an idle connection is to be validated before it is lent.
//!
//! A connection that was used a moment ago is most likely still there, and asking costs a round trip. How long a moment
//! is depends on what is between here and the server, so it can be learned. This says when to ask and is told what came
//! of it; it asks nobody.
#![deny(clippy::disallowed_methods)]

use std::time::Duration;

/// When connections are validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validation {
    Never,
    /// After idling for at least this long; after nothing means always.
    AfterIdle(Duration),
    /// After a time that grows while all connections are found well, and is nothing once one was not.
    Adaptive,
}

/// How validations have gone, and what follows for the next.
#[derive(Debug, Clone)]
pub(crate) struct Freshness {
    validation: Validation,
    /// Of `Adaptive` alone.
    threshold: Duration,
    passes_in_a_row: u32,
    passed: u64,
    failed: u64,
}

impl Freshness {
    /// Where the adaptive threshold starts, and its first step up from nothing: 1 s.
    const FIRST: Duration = Duration::from_secs(1);
    /// What it never exceeds: 60 s. Many firewalls forget connections after a few minutes.
    const LAST: Duration = Duration::from_secs(60);
    /// How many passes in a row double it.
    const PASSES: u32 = 8;

    pub(crate) const fn new(validation: Validation) -> Self {
        Self {
            validation,
            threshold: Self::FIRST,
            passes_in_a_row: 0,
            passed: 0,
            failed: 0,
        }
    }

    /// How long a connection must have been idle to be validated before use; `None`: it never is.
    pub(crate) fn threshold(&self) -> Option<Duration> {
        match self.validation {
            Validation::Never => None,
            Validation::AfterIdle(idle) => Some(idle),
            Validation::Adaptive => Some(self.threshold),
        }
    }

    /// A connection was validated, and is well.
    pub(crate) fn passed(&mut self) {
        self.passed += 1;
        self.passes_in_a_row += 1;
        if self.passes_in_a_row == Self::PASSES {
            self.passes_in_a_row = 0;
            self.threshold = (self.threshold * 2).clamp(Self::FIRST, Self::LAST);
        }
    }

    /// A connection was validated, and is lost. What took it may have taken the others, so the next are asked at once.
    pub(crate) fn failed(&mut self) {
        self.failed += 1;
        self.passes_in_a_row = 0;
        self.threshold = Duration::ZERO;
    }

    /// How many validations found a connection well.
    pub(crate) fn passed_total(&self) -> u64 {
        self.passed
    }

    /// How many validations found a connection lost.
    pub(crate) fn failed_total(&self) -> u64 {
        self.failed
    }

    /// The share of validations that found a connection well, in `0.0 ..= 1.0`; `None`, if there was none.
    pub(crate) fn pass_rate(&self) -> Option<f64> {
        let all = self.passed + self.failed;
        (all > 0).then(|| self.passed as f64 / all as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The thresholds, in seconds, after each `PASSES` passes.
    fn climb(freshness: &mut Freshness, steps: usize) -> Vec<u64> {
        (0..steps)
            .map(|_| {
                for _ in 0..Freshness::PASSES {
                    freshness.passed();
                }
                freshness.threshold().unwrap().as_secs()
            })
            .collect()
    }

    #[test]
    fn the_adaptive_threshold_doubles_up_to_a_minute() {
        let mut freshness = Freshness::new(Validation::Adaptive);
        assert_eq!(freshness.threshold(), Some(Duration::from_secs(1)));
        assert_eq!(climb(&mut freshness, 8), [2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn a_failure_asks_always_and_trust_grows_again() {
        let mut freshness = Freshness::new(Validation::Adaptive);
        climb(&mut freshness, 4);
        freshness.failed();
        assert_eq!(freshness.threshold(), Some(Duration::ZERO));
        assert_eq!(climb(&mut freshness, 3), [1, 2, 4]);
    }

    #[test]
    fn only_passes_in_a_row_count() {
        let mut freshness = Freshness::new(Validation::Adaptive);
        for _ in 0..10 {
            for _ in 0..Freshness::PASSES - 1 {
                freshness.passed();
            }
            freshness.failed();
        }
        assert_eq!(freshness.threshold(), Some(Duration::ZERO));
    }

    #[test]
    fn a_fixed_threshold_learns_nothing() {
        let idle = Duration::from_secs(5);
        for (validation, threshold) in [
            (Validation::Never, None),
            (Validation::AfterIdle(idle), Some(idle)),
            (Validation::AfterIdle(Duration::ZERO), Some(Duration::ZERO)),
        ] {
            let mut freshness = Freshness::new(validation);
            freshness.failed();
            for _ in 0..100 {
                freshness.passed();
            }
            assert_eq!(freshness.threshold(), threshold);
        }
    }

    #[test]
    fn the_pass_rate_counts_all() {
        let mut freshness = Freshness::new(Validation::Never);
        assert_eq!(freshness.pass_rate(), None);
        for _ in 0..3 {
            freshness.passed();
        }
        freshness.failed();
        assert_eq!(freshness.pass_rate(), Some(0.75));
        assert_eq!((freshness.passed_total(), freshness.failed_total()), (3, 1));
    }
}
