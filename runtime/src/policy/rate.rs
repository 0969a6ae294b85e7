//! How often something happens a second, from a counter that is read now and then.
//!
//! The rate is weighted exponentially: what happened one half-life ago counts half of what happens now. It doesn't
//! matter at which pace the counter is read.
#![deny(clippy::disallowed_methods)]

use std::time::Duration;

use crate::clock::Time;

/// The rate at which a counter grows, of late.
#[derive(Debug, Clone)]
pub(crate) struct Rate {
    half_life: Duration,
    last: Option<Sample>,
    per_second: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Time,
    total: u64,
}

impl Rate {
    /// Half of the weight is on the last 10 s: quick enough to watch, slow enough to read.
    pub(crate) const HALF_LIFE: Duration = Duration::from_secs(10);

    /// `half_life` is more than nothing.
    pub(crate) const fn new(half_life: Duration) -> Self {
        Self {
            half_life,
            last: None,
            per_second: None,
        }
    }

    /// Tells what the counter, which never falls, shows.
    pub(crate) fn sample(&mut self, now: Time, total: u64) {
        let sample = Sample { at: now, total };
        let Some(last) = self.last else {
            self.last = Some(sample);
            return;
        };
        // Two readings at one moment say nothing alone: what they differ by counts with the next.
        let Some(recent) = sample.rate_since(last) else {
            return;
        };
        let half_lives = now.since(last.at).div_duration_f64(self.half_life);
        let kept = (-half_lives).exp2();
        // The first rate of all stands for the time before it, or a new counter would look slow for long.
        let before = self.per_second.unwrap_or(recent);
        self.per_second = Some(recent + kept * (before - recent));
        self.last = Some(sample);
    }

    /// Events a second of late; 0 until there are two samples.
    pub(crate) fn per_second(&self) -> f64 {
        self.per_second.unwrap_or(0.0)
    }
}

impl Sample {
    /// Events a second since `earlier`; `None`, if no time has passed.
    fn rate_since(self, earlier: Self) -> Option<f64> {
        let elapsed = self.at.since(earlier.at);
        let events = self.total.saturating_sub(earlier.total);
        (!elapsed.is_zero()).then(|| events as f64 / elapsed.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    #[track_caller]
    fn assert_close(told: f64, exact: f64) {
        assert!((told - exact).abs() < 1e-6, "{told} is not {exact}");
    }

    #[test]
    fn a_steady_rate_is_told_from_the_second_sample_on() {
        let mut rate = Rate::new(Rate::HALF_LIFE);
        rate.sample(at(5_000), 1_000);
        assert_eq!(rate.per_second(), 0.0);
        for second in 1..100 {
            rate.sample(at(5_000 + second * 1_000), 1_000 + second * 50);
            assert_close(rate.per_second(), 50.0);
        }
    }

    #[test]
    fn half_of_a_change_is_told_after_one_half_life() {
        let mut rate = Rate::new(Rate::HALF_LIFE);
        rate.sample(at(0), 0);
        rate.sample(at(1_000), 100);
        // Nothing happens any more.
        for (now, told) in [(11_000, 50.0), (21_000, 25.0), (31_000, 12.5)] {
            rate.sample(at(now), 100);
            assert_close(rate.per_second(), told);
        }
    }

    #[test]
    fn the_pace_of_the_samples_does_not_matter() {
        let paces: [&[u64]; 3] = [
            &[20_000],
            &[3_000, 3_001, 17_000, 20_000],
            &[10_000, 20_000],
        ];
        for pace in paces {
            let mut rate = Rate::new(Rate::HALF_LIFE);
            rate.sample(at(0), 0);
            rate.sample(at(1_000), 100);
            for after in pace {
                rate.sample(
                    at(1_000 + after),
                    100 + after / 1_000 * 500 + after % 1_000 / 2,
                );
            }
            // 500 a second for two half-lives, after 100 a second: a quarter of the difference is left.
            assert!((rate.per_second() - 400.0).abs() < 0.1, "{pace:?}");
        }
    }

    #[test]
    fn what_comes_within_one_moment_counts_with_the_next() {
        let mut rate = Rate::new(Rate::HALF_LIFE);
        rate.sample(at(0), 0);
        rate.sample(at(0), 60);
        assert_eq!(rate.per_second(), 0.0);
        rate.sample(at(1_000), 100);
        assert_close(rate.per_second(), 100.0);
    }
}
