//! What can be set on a circuit breaker.
#![deny(clippy::disallowed_methods)]

use std::time::Duration;

use crate::policy::time_limit::{LONGEST, SHORTEST};

/// What can be set on the circuit breaker of a node.
///
/// Only what says something about the node counts: a connection that broke, an answer that didn't come. An error of a
/// statement doesn't, nor does a server that has no connection left.
#[derive(Debug, Clone, PartialEq)]
pub struct BreakerConfig {
    pub(super) window: BreakerWindow,
    pub(super) min_calls: u32,
    pub(super) failure_rate: f64,
    pub(super) slow_call_rate: Option<f64>,
    pub(super) slow_call_duration: Duration,
    pub(super) open_duration: Duration,
    pub(super) max_open_duration: Duration,
    pub(super) trials: u32,
}

/// Which calls a circuit breaker looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BreakerWindow {
    /// The last so many. From 1 to 10,000.
    Calls(u32),
    /// Those of the last time, to a tenth of it. From 10 ms to 7 days.
    Time(Duration),
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self {
            window: BreakerWindow::Calls(100),
            // Ten failures at least: a server that ends a handful of sessions is not a failing one.
            min_calls: 20,
            failure_rate: 0.5,
            // How long statements take is mostly the program's doing.
            slow_call_rate: None,
            slow_call_duration: Duration::from_secs(10),
            // A few probes long: that a node is gone is found by them, and not by the breaker.
            open_duration: Duration::from_secs(1),
            max_open_duration: Duration::from_secs(30),
            trials: 3,
        }
    }
}

impl BreakerConfig {
    const MOST_CALLS: u32 = 10_000;
    const SHORTEST_WINDOW: Duration = Duration::from_millis(10);
    const LOWEST_RATE: f64 = 0.01;

    /// The defaults, which suit most programs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Which calls it looks at. Default: the last 100.
    pub fn window(mut self, window: BreakerWindow) -> Self {
        self.window = window;
        self
    }

    /// How many calls there must be in the window before it opens.
    ///
    /// Default: 20. From 1 to 10,000, and no more than the window holds.
    pub fn min_calls(mut self, calls: u32) -> Self {
        self.min_calls = calls;
        self
    }

    /// Which part of the calls must have failed for it to open. Default: 0.5. From 0.01 to 1.
    pub fn failure_rate(mut self, rate: f64) -> Self {
        self.failure_rate = rate;
        self
    }

    /// Which part of the calls must have been slow for it to open; `None`: it doesn't matter how long calls take.
    ///
    /// Default: `None`. From 0.01 to 1.
    pub fn slow_call_rate(mut self, rate: impl Into<Option<f64>>) -> Self {
        self.slow_call_rate = rate.into();
        self
    }

    /// From which duration on a call is slow. Default: 10 s. From 1 ms to 7 days.
    pub fn slow_call_duration(mut self, duration: Duration) -> Self {
        self.slow_call_duration = duration;
        self
    }

    /// How long it stays open before some calls may try. Each time that they fail it is twice as long.
    ///
    /// Default: 1 s. From 1 ms to [`BreakerConfig::max_open_duration`].
    pub fn open_duration(mut self, duration: Duration) -> Self {
        self.open_duration = duration;
        self
    }

    /// How long it stays open at most; after having been closed for as long, it begins with `open_duration` again.
    ///
    /// Default: 30 s. From 1 ms to 7 days.
    pub fn max_open_duration(mut self, duration: Duration) -> Self {
        self.max_open_duration = duration;
        self
    }

    /// How many calls may try when it has been open, all of which must end well for it to close.
    ///
    /// Default: 3. From 1 to 10,000.
    pub fn trials(mut self, calls: u32) -> Self {
        self.trials = calls;
        self
    }

    /// Everything that is wrong.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = self.wrong_counts();
        problems.extend(self.wrong_rates());
        problems.extend(self.wrong_times());
        problems
    }

    fn wrong_counts(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |name: &str, calls: u32, most: u32, most_is: &str| {
            if calls == 0 || calls > most {
                problems.push(format!(
                    "{name} of the breaker is {calls}, and 1 to {most}{most_is} is allowed"
                ));
            }
        };
        match self.window {
            BreakerWindow::Calls(calls) => {
                check("window", calls, Self::MOST_CALLS, "");
                // A window that is wrong itself is no bound to name.
                let held = calls.clamp(1, Self::MOST_CALLS);
                check("min_calls", self.min_calls, held, " (its window)");
            }
            BreakerWindow::Time(_) => check("min_calls", self.min_calls, Self::MOST_CALLS, ""),
        }
        check("trials", self.trials, Self::MOST_CALLS, "");
        problems
    }

    fn wrong_rates(&self) -> Vec<String> {
        let rates = [
            ("failure_rate", Some(self.failure_rate)),
            ("slow_call_rate", self.slow_call_rate),
        ];
        rates
            .into_iter()
            .filter_map(|(name, rate)| Some((name, rate?)))
            // Written so that it refuses what is no number.
            .filter(|(_, rate)| !(Self::LOWEST_RATE..=1.0).contains(rate))
            .map(|(name, rate)| {
                format!(
                    "{name} of the breaker is {rate}, and {} to 1 is allowed",
                    Self::LOWEST_RATE
                )
            })
            .collect()
    }

    fn wrong_times(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |name: &str, value: Duration, least: Duration, most: Duration| {
            if value < least || value > most {
                let most = if most == LONGEST {
                    "7 days".to_owned()
                } else {
                    format!("{most:?} (max_open_duration)")
                };
                problems.push(format!(
                    "{name} of the breaker is {value:?}, and {least:?} to {most} is allowed"
                ));
            }
        };
        if let BreakerWindow::Time(span) = self.window {
            check("window", span, Self::SHORTEST_WINDOW, LONGEST);
        }
        let slow = self.slow_call_duration;
        check("slow_call_duration", slow, SHORTEST, LONGEST);
        let most = self.max_open_duration;
        check("max_open_duration", most, SHORTEST, LONGEST);
        let most = most.clamp(SHORTEST, LONGEST);
        check("open_duration", self.open_duration, SHORTEST, most);
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_sound() {
        assert_eq!(BreakerConfig::new().problems(), Vec::<String>::new());
        let by_time = BreakerConfig::new()
            .window(BreakerWindow::Time(Duration::from_secs(10)))
            .slow_call_rate(1.0);
        assert_eq!(by_time.problems(), Vec::<String>::new());
    }

    #[test]
    fn all_problems_are_named_with_value_and_range() {
        let config = BreakerConfig::new()
            .window(BreakerWindow::Calls(10))
            .trials(0)
            .failure_rate(f64::NAN)
            .slow_call_rate(1.5)
            .slow_call_duration(Duration::ZERO)
            .open_duration(Duration::from_secs(60));
        assert_eq!(
            config.problems(),
            [
                "min_calls of the breaker is 20, and 1 to 10 (its window) is allowed",
                "trials of the breaker is 0, and 1 to 10000 is allowed",
                "failure_rate of the breaker is NaN, and 0.01 to 1 is allowed",
                "slow_call_rate of the breaker is 1.5, and 0.01 to 1 is allowed",
                "slow_call_duration of the breaker is 0ns, and 1ms to 7 days is allowed",
                "open_duration of the breaker is 60s, and 1ms to 30s (max_open_duration) is allowed",
            ]
        );
        let config = BreakerConfig::new()
            .window(BreakerWindow::Time(Duration::from_millis(1)))
            .min_calls(0)
            .max_open_duration(Duration::MAX);
        assert_eq!(
            config.problems(),
            [
                "min_calls of the breaker is 0, and 1 to 10000 is allowed",
                "window of the breaker is 1ms, and 10ms to 7 days is allowed",
                "max_open_duration of the breaker is 18446744073709551615.999999999s, and 1ms to 7 days is allowed",
            ]
        );
    }
}
