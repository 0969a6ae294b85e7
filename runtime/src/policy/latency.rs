//! How long one node's answers take of late: a mean that forgets, and a percentile.
//!
//! In the mean, an answer of one half-life ago counts half of one of now, so a burst of calls doesn't count more than it
//! lasted. The percentile is that of the current period and of the one before, so it is never of less than one period, if
//! there was one.
#![deny(clippy::disallowed_methods)]

use std::time::{Duration, Instant};

use super::histogram::WaitHistogram;

/// How long answers took of late.
#[derive(Debug, Clone)]
pub(crate) struct Latency {
    mean: Mean,
    current: WaitHistogram,
    previous: WaitHistogram,
    period_began_at: Instant,
}

/// What the last calls took: how many there were, and what 95 % of them didn't exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) samples: u64,
    pub(crate) p95: Duration,
}

/// Sums in which what was one half-life ago counts half. Answers within one `STEP` count alike, so that not each of them
/// takes a power of two.
#[derive(Debug, Clone, Copy)]
struct Mean {
    as_of: Instant,
    seconds: f64,
    weight: f64,
}

impl Latency {
    /// Quick enough to leave a node that becomes slow, slow enough not to follow single calls: 1 s.
    const HALF_LIFE: Duration = Duration::from_secs(1);
    /// Long enough for a percentile of a node that is asked a few times a second: 30 s.
    const PERIOD: Duration = Duration::from_secs(30);

    pub(crate) fn new(now: Instant) -> Self {
        Self {
            mean: Mean {
                as_of: now,
                seconds: 0.0,
                weight: 0.0,
            },
            current: WaitHistogram::new(),
            previous: WaitHistogram::new(),
            period_began_at: now,
        }
    }

    /// An answer has come after `took`.
    pub(crate) fn record(&mut self, now: Instant, took: Duration) {
        self.turn(now);
        self.current.record(took);
        self.mean.add(now, took);
    }

    /// What the next answer is expected to take; `None`, if there was none yet.
    ///
    /// It falls by half with each half-life in which there is none. Else a node that was slow once would be asked no
    /// more, and nobody would find out that it is fast again.
    pub(crate) fn expected(&self, now: Instant) -> Option<Duration> {
        let mean = (self.mean.weight > 0.0).then(|| self.mean.seconds / self.mean.weight)?;
        Some(Duration::from_secs_f64(mean * self.mean.kept(now)))
    }

    /// What the calls of the last one or two periods took.
    pub(crate) fn measured(&mut self, now: Instant) -> Measured {
        self.turn(now);
        let mut both = self.current.clone();
        both.merge(&self.previous);
        Measured {
            samples: both.count(),
            p95: both.percentile(95.0),
        }
    }

    /// Begins a new period, if it is time.
    fn turn(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.period_began_at);
        if elapsed < Self::PERIOD {
            return;
        }
        let ended = std::mem::take(&mut self.current);
        // After a silence, the period that ended last is an empty one.
        self.previous = if elapsed < 2 * Self::PERIOD {
            ended
        } else {
            WaitHistogram::new()
        };
        self.period_began_at = now;
    }
}

impl Mean {
    /// A hundredth of the half-life, in which next to nothing is forgotten: 0.7 %.
    const STEP: Duration = Duration::from_millis(10);

    /// The part that is left of what was counted, in `0.0 ..= 1.0`.
    fn kept(&self, now: Instant) -> f64 {
        let elapsed = now.saturating_duration_since(self.as_of);
        if elapsed < Self::STEP {
            return 1.0;
        }
        (-elapsed.div_duration_f64(Latency::HALF_LIFE)).exp2()
    }

    fn add(&mut self, now: Instant, took: Duration) {
        let kept = self.kept(now);
        if kept < 1.0 {
            self.seconds *= kept;
            self.weight *= kept;
            self.as_of = now;
        }
        self.seconds += took.as_secs_f64();
        self.weight += 1.0;
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

    #[track_caller]
    fn assert_close(told: Option<Duration>, exact_ms: f64) {
        let told_ms = told.expect("there were answers").as_secs_f64() * 1_000.0;
        assert!(
            (told_ms - exact_ms).abs() < 1e-3,
            "{told_ms} is not {exact_ms}"
        );
    }

    #[test]
    fn nothing_is_expected_before_the_first_answer() {
        let start = Instant::now();
        let mut latency = Latency::new(start);
        assert_eq!(latency.expected(start + ms(5_000)), None);
        let nothing = Measured {
            samples: 0,
            p95: Duration::ZERO,
        };
        assert_eq!(latency.measured(start + ms(5_000)), nothing);
        latency.record(start + ms(9_000), ms(8));
        assert_close(latency.expected(start + ms(9_000)), 8.0);
    }

    #[test]
    fn an_answer_of_one_half_life_ago_counts_half() {
        let start = Instant::now();
        let mut latency = Latency::new(start);
        latency.record(start, ms(10));
        latency.record(start, ms(20));
        assert_close(latency.expected(start), 15.0);
        // (10 / 2 + 20 / 2 + 60) / (1 / 2 + 1 / 2 + 1)
        latency.record(start + ms(1_000), ms(60));
        assert_close(latency.expected(start + ms(1_000)), 37.5);
        // A moment before the last one counts with it.
        latency.record(start, ms(0));
        assert_close(latency.expected(start + ms(1_000)), 25.0);
    }

    #[test]
    fn a_slow_node_that_is_not_asked_seems_faster_by_and_by() {
        let start = Instant::now();
        let mut latency = Latency::new(start);
        latency.record(start, ms(64));
        for (after, expected) in [(0, 64.0), (1_000, 32.0), (2_000, 16.0), (6_000, 1.0)] {
            assert_close(latency.expected(start + ms(after)), expected);
        }
        assert_close(latency.expected(start + ms(600_000)), 0.0);
    }

    #[test]
    fn a_change_is_followed_within_a_few_half_lives() {
        let start = Instant::now();
        let mut latency = Latency::new(start);
        for call in 0..1_000 {
            latency.record(start + ms(call), ms(1));
        }
        for call in 1_000..5_000 {
            latency.record(start + ms(call), ms(101));
        }
        let told = latency.expected(start + ms(5_000)).unwrap();
        assert!(ms(90) < told && told < ms(101), "{told:?}");
    }

    #[test]
    fn the_percentile_is_of_the_last_one_or_two_periods() {
        let start = Instant::now();
        let mut latency = Latency::new(start);
        let mut call_for_a_period = |at_ms: u64, took: Duration| {
            for call in 0..100 {
                latency.record(start + ms(at_ms + call * 300), took);
            }
            latency.measured(start + ms(at_ms + 29_999))
        };
        for (at_ms, took, samples) in [
            (0, ms(1), 100),
            (30_000, ms(1), 200),
            (60_000, ms(9), 200),
            // After two periods of silence, nothing is left of before.
            (150_000, ms(2), 100),
        ] {
            let told = call_for_a_period(at_ms, took);
            assert_eq!(told.samples, samples, "at {at_ms} ms");
            assert!(
                told.p95.abs_diff(took) <= took / 16,
                "at {at_ms} ms: {told:?}"
            );
        }
        assert_eq!(latency.measured(start + ms(500_000)).samples, 0);
    }

    #[test]
    fn one_call_in_twenty_decides_the_percentile() {
        let start = Instant::now();
        let mut latency = Latency::new(start);
        for call in 0..1_000 {
            let took = if call % 100 < 94 { ms(1) } else { ms(50) };
            latency.record(start, took);
        }
        let p95 = latency.measured(start).p95;
        assert!(p95.abs_diff(ms(50)) <= ms(50) / 16, "{p95:?}");
    }
}
