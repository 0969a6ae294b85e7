//! How many connections an elastic pool may have: more when they are all in use, fewer when most are not.
//!
//! The limit follows the demand, which is the connections in use and those who wait for one. Above 80 % of the limit for
//! a whole interval it rises by 20 %; below 50 % for a whole interval it falls by 20 %. The gap between the two is wider
//! than a step, so a steady demand comes to rest, and a demand that swings faster than the interval moves nothing.
//!
//! It opens and closes nothing, and doesn't look at single connections: idle ones have a timeout of their own.
#![deny(clippy::disallowed_methods)]

use std::time::Duration;

use crate::clock::Time;

/// The limit of an elastic pool, and since when the demand asks for another.
#[derive(Debug, Clone)]
pub(crate) struct Elastic {
    bounds: Bounds,
    interval: Duration,
    limit: u32,
    pressure: Option<Pressure>,
    sampled_at: Option<Time>,
}

/// Between what the limit may move.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// A pool without a single connection could serve nobody who comes, so 0 is as good as 1.
    pub(crate) min: u32,
    pub(crate) max: u32,
}

/// The limit has been changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resize {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) reason: Reason,
}

/// Why a limit has been changed, with what the last sample showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The demand was above 80 % of the limit for a whole interval.
    Busy { in_use: u32, waiting: u32 },
    /// The demand was below 50 % of the limit for a whole interval.
    Slack { in_use: u32 },
}

/// What all samples since a moment have asked for.
#[derive(Debug, Clone, Copy)]
struct Pressure {
    toward: Direction,
    since: Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

impl Elastic {
    /// For how long a demand must last before the limit follows, and how far apart two steps are at least: 1 s.
    ///
    /// With a sample every 250 ms, a demand is answered at most 1.5 s after it came.
    pub(crate) const INTERVAL: Duration = Duration::from_secs(1);

    /// `initial` is the first limit, within `bounds`.
    pub(crate) const fn new(bounds: Bounds, initial: u32, interval: Duration) -> Self {
        Self {
            bounds,
            interval,
            limit: initial,
            pressure: None,
            sampled_at: None,
        }
    }

    /// How many connections there may be.
    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }

    /// Tells of the connections in use and of those who would take one more, and answers with a change of the limit.
    ///
    /// Who waits for something else than a connection, as for a limit of its own, is not to be counted. Samples may come
    /// at any pace; two that are further apart than the interval say nothing about the time between them.
    pub(crate) fn sample(&mut self, now: Time, in_use: u32, waiting: u32) -> Option<Resize> {
        let missed = self
            .sampled_at
            .replace(now)
            .is_none_or(|last| now.since(last) > self.interval);
        let Some(toward) = self.direction(in_use, waiting) else {
            self.pressure = None;
            return None;
        };
        let since = match self.pressure {
            Some(pressure) if pressure.toward == toward && !missed => pressure.since,
            _ => now,
        };
        let ripe = !missed && now.since(since) >= self.interval;
        // The next step needs an interval of its own.
        let since = if ripe { now } else { since };
        self.pressure = Some(Pressure { toward, since });
        if !ripe {
            return None;
        }
        let from = self.limit;
        self.limit = self.step(toward);
        (self.limit != from).then_some(Resize {
            from,
            to: self.limit,
            reason: match toward {
                Direction::Up => Reason::Busy { in_use, waiting },
                Direction::Down => Reason::Slack { in_use },
            },
        })
    }

    fn direction(&self, in_use: u32, waiting: u32) -> Option<Direction> {
        let demand = u64::from(in_use) + u64::from(waiting);
        let limit = u64::from(self.limit);
        if demand * 5 > limit * 4 {
            Some(Direction::Up)
        } else if demand * 2 < limit {
            Some(Direction::Down)
        } else {
            None
        }
    }

    /// A fifth more, rounded up, or a fifth less, rounded down; one at least, and never beyond a bound.
    fn step(&self, toward: Direction) -> u32 {
        match toward {
            Direction::Up => self
                .limit
                .saturating_add(self.limit.div_ceil(5).max(1))
                .min(self.bounds.max),
            Direction::Down => (self.limit - (self.limit / 5).max(1).min(self.limit))
                .max(self.bounds.min)
                .max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { min: 2, max: 100 };

    fn elastic(initial: u32) -> Elastic {
        Elastic::new(BOUNDS, initial, Elastic::INTERVAL)
    }

    /// Samples every 250 ms for `seconds`, with `demand(ms, limit)` in use or waiting, and lists the limits.
    fn limits(
        elastic: &mut Elastic,
        seconds: u64,
        demand: impl Fn(u64, u32) -> u32,
    ) -> Vec<(u64, u32)> {
        (0..=seconds * 1_000)
            .step_by(250)
            .filter_map(|ms| {
                let demand = demand(ms, elastic.limit());
                let in_use = demand.min(elastic.limit());
                elastic
                    .sample(Time::from_millis(ms), in_use, demand - in_use)
                    .map(|resize| (ms, resize.to))
            })
            .collect()
    }

    #[test]
    fn the_limit_follows_the_demand() {
        // (what, first limit, demand, when and to what the limit moves in 5 s)
        type Case = (&'static str, u32, u32, &'static [(u64, u32)]);
        let cases: [Case; 9] = [
            (
                "a flood",
                10,
                1_000,
                &[
                    (1_000, 12),
                    (2_000, 15),
                    (3_000, 18),
                    (4_000, 22),
                    (5_000, 27),
                ],
            ),
            ("just above 80 %", 10, 9, &[(1_000, 12)]),
            ("80 % is enough", 10, 8, &[]),
            ("50 % is no slack", 10, 5, &[]),
            ("just below 50 %", 10, 4, &[(1_000, 8)]),
            (
                "nobody",
                10,
                0,
                &[(1_000, 8), (2_000, 7), (3_000, 6), (4_000, 5), (5_000, 4)],
            ),
            ("nobody, near the lower bound", 3, 0, &[(1_000, 2)]),
            ("a flood, near the upper bound", 99, 500, &[(1_000, 100)]),
            ("a flood, at the upper bound", 100, 500, &[]),
        ];
        for (what, initial, demand, expected) in cases {
            let moved = limits(&mut elastic(initial), 5, |_, _| demand);
            assert_eq!(moved, expected, "{what}");
        }
    }

    #[test]
    fn a_change_says_why() {
        let mut elastic = elastic(10);
        assert_eq!(elastic.sample(Time::from_millis(0), 10, 3), None);
        let resize = elastic.sample(Time::from_millis(1_000), 10, 4);
        let reason = Reason::Busy {
            in_use: 10,
            waiting: 4,
        };
        let (from, to) = (10, 12);
        assert_eq!(resize, Some(Resize { from, to, reason }));
    }

    #[test]
    fn who_waits_while_connections_open_is_demand() {
        let mut elastic = elastic(10);
        elastic.sample(Time::from_millis(0), 1, 9);
        let resize = elastic.sample(Time::from_millis(1_000), 1, 9);
        assert_eq!(resize.map(|resize| resize.to), Some(12));
    }

    #[test]
    fn a_demand_that_swings_within_the_interval_moves_nothing() {
        for half in [250, 500, 750, 1_000] {
            let swing = |ms: u64, _| if (ms / half).is_multiple_of(2) { 50 } else { 0 };
            assert_eq!(limits(&mut elastic(10), 60, swing), [], "every {half} ms");
        }
        // One sample in between is enough.
        let dips = |ms: u64, limit| if ms % 1_000 == 750 { limit / 2 } else { limit };
        assert_eq!(limits(&mut elastic(10), 60, dips), []);
    }

    #[test]
    fn any_steady_demand_comes_to_rest_without_turning_back() {
        for initial in BOUNDS.min..=BOUNDS.max {
            for demand in 0..=BOUNDS.max + 20 {
                let mut elastic = elastic(initial);
                let moved = limits(&mut elastic, 30, |_, _| demand);
                let path: Vec<u32> = [initial]
                    .into_iter()
                    .chain(moved.iter().map(|(_, limit)| *limit))
                    .collect();
                assert!(
                    path.is_sorted() || path.is_sorted_by(|one, next| one >= next),
                    "{demand} of {initial}: {path:?}"
                );
                let last = moved.last().map_or(0, |(ms, _)| *ms);
                assert!(last <= 25_000, "{demand} of {initial} moved at {last} ms");
            }
        }
    }

    #[test]
    fn irregular_samples_answer_within_two_seconds() {
        for pause in [10, 90, 240, 260, 333, 400, 499] {
            let mut elastic = elastic(10);
            let answered = (0..10_000).step_by(pause).find(|ms| {
                // The flood begins at 1 s.
                let in_use = if *ms < 1_000 { 6 } else { 10 };
                elastic.sample(Time::from_millis(*ms), in_use, 0).is_some()
            });
            assert!(
                answered.is_some_and(|ms| (2_000..3_000).contains(&ms)),
                "every {pause} ms: answered at {answered:?}"
            );
        }
    }

    #[test]
    fn steps_are_an_interval_apart() {
        let mut elastic = elastic(2);
        let steps: Vec<u64> = (0..30_000)
            .step_by(7)
            .filter(|ms| elastic.sample(Time::from_millis(*ms), 100, 0).is_some())
            .collect();
        assert!(steps.len() > 10);
        assert!(steps.windows(2).all(|pair| pair[1] - pair[0] >= 1_000));
    }

    #[test]
    fn a_gap_between_samples_proves_nothing() {
        let mut elastic = elastic(10);
        for seconds in [0, 10, 20, 30] {
            assert_eq!(
                elastic.sample(Time::from_millis(seconds * 1_000), 10, 0),
                None
            );
        }
        assert_eq!(elastic.sample(Time::from_millis(30_500), 10, 0), None);
        assert!(elastic.sample(Time::from_millis(31_000), 10, 0).is_some());
    }

    #[test]
    fn one_connection_is_the_least() {
        let mut elastic = Elastic::new(Bounds { min: 0, max: 4 }, 3, Elastic::INTERVAL);
        limits(&mut elastic, 20, |_, _| 0);
        assert_eq!(elastic.limit(), 1);
    }
}
