//! How the last calls ended, in a ring that doesn't grow.
//!
//! By count, each place of the ring is one call. By time, each is a tenth of the span: a result counts for at least
//! nine tenths of it and at most the whole.
#![deny(clippy::disallowed_methods)]

use std::time::{Duration, Instant};

use super::BreakerWindow;

/// How many calls there were, and how many of them ended badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    pub(super) calls: u32,
    pub(super) failed: u32,
    pub(super) slow: u32,
}

#[derive(Debug)]
pub(super) struct Window {
    ring: Box<[Tally]>,
    /// The place that is written.
    place: usize,
    /// The sum of all places.
    sum: Tally,
    parts: Option<Parts>,
}

/// How places follow each other in time.
#[derive(Debug, Clone, Copy)]
struct Parts {
    length: Duration,
    began_at: Option<Instant>,
}

impl Window {
    const PARTS: u32 = 10;

    pub(super) fn new(window: BreakerWindow) -> Self {
        let (places, parts) = match window {
            BreakerWindow::Calls(calls) => (calls.max(1), None),
            BreakerWindow::Time(span) => (
                Self::PARTS,
                Some(Parts {
                    length: (span / Self::PARTS).max(Duration::from_nanos(1)),
                    began_at: None,
                }),
            ),
        };
        Self {
            ring: vec![Tally::default(); places as usize].into(),
            place: 0,
            sum: Tally::default(),
            parts,
        }
    }

    /// What the window holds as of the last result.
    pub(super) fn tally(&self) -> Tally {
        self.sum
    }

    pub(super) fn record(&mut self, now: Instant, failed: bool, slow: bool) {
        for _ in 0..self.places_passed(now) {
            self.place = (self.place + 1) % self.ring.len();
            let old = std::mem::take(&mut self.ring[self.place]);
            self.sum.calls -= old.calls;
            self.sum.failed -= old.failed;
            self.sum.slow -= old.slow;
        }
        for tally in [&mut self.ring[self.place], &mut self.sum] {
            tally.calls += 1;
            tally.failed += u32::from(failed);
            tally.slow += u32::from(slow);
        }
    }

    pub(super) fn clear(&mut self) {
        self.ring.fill(Tally::default());
        self.sum = Tally::default();
    }

    /// How many places on the next result belongs.
    fn places_passed(&mut self, now: Instant) -> usize {
        let Some(parts) = &mut self.parts else {
            return 1;
        };
        let began_at = *parts.began_at.get_or_insert(now);
        let elapsed = now.saturating_duration_since(began_at);
        let passed = elapsed.as_nanos() / parts.length.as_nanos();
        let Some(places) = u32::try_from(passed)
            .ok()
            .filter(|passed| *passed < Self::PARTS)
        else {
            // All of it is old: the next part begins with this result.
            parts.began_at = Some(now);
            return self.ring.len();
        };
        parts.began_at = Some(began_at + parts.length * places);
        places as usize
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        reason = "any moment will do to count from"
    )]

    use super::*;

    fn tally(calls: u32, failed: u32, slow: u32) -> Tally {
        Tally {
            calls,
            failed,
            slow,
        }
    }

    #[test]
    fn by_count_the_oldest_call_makes_room() {
        let now = Instant::now();
        let mut window = Window::new(BreakerWindow::Calls(3));
        let steps = [
            (true, false, tally(1, 1, 0)),
            (false, true, tally(2, 1, 1)),
            (true, true, tally(3, 2, 2)),
            (false, false, tally(3, 1, 2)),
            (false, false, tally(3, 1, 1)),
            (false, false, tally(3, 0, 0)),
        ];
        for (failed, slow, expected) in steps {
            window.record(now, failed, slow);
            assert_eq!(window.tally(), expected);
        }
    }

    #[test]
    fn by_time_whole_tenths_grow_old() {
        let start = Instant::now();
        let mut window = Window::new(BreakerWindow::Time(Duration::from_secs(10)));
        // When a result comes, and how many count then.
        let steps = [
            (0, 1),
            (900, 2),
            (1_000, 3),
            (9_999, 4),
            // The first second is out of the window: two results with it.
            (10_000, 3),
            (10_999, 4),
            (11_000, 4),
            // Nothing of before the silence is left, and the parts begin anew.
            (500_500, 1),
            (501_499, 2),
            (501_500, 3),
            (510_499, 4),
            (510_500, 3),
        ];
        for (millis, calls) in steps {
            window.record(start + Duration::from_millis(millis), true, false);
            assert_eq!(window.tally(), tally(calls, calls, 0), "at {millis} ms");
        }
    }

    #[test]
    fn a_moment_before_the_last_one_counts_with_the_last() {
        let start = Instant::now() + Duration::from_secs(60);
        let mut window = Window::new(BreakerWindow::Time(Duration::from_secs(10)));
        window.record(start, false, false);
        window.record(start - Duration::from_secs(30), true, false);
        assert_eq!(window.tally(), tally(2, 1, 0));
    }

    #[test]
    fn a_cleared_window_counts_from_nothing() {
        let now = Instant::now();
        for kind in [
            BreakerWindow::Calls(2),
            BreakerWindow::Time(Duration::from_secs(1)),
        ] {
            let mut window = Window::new(kind);
            for _ in 0..5 {
                window.record(now, true, true);
            }
            window.clear();
            assert_eq!(window.tally(), Tally::default());
            for calls in 1..=2 {
                window.record(now, false, false);
                assert_eq!(window.tally(), tally(calls, 0, 0));
            }
        }
    }
}
