//! How many extra calls may be made, as a part of all calls: a token bucket.
//!
//! Retries that are only bounded per call multiply the load of a server just when it can't bear it. A budget bounds them
//! by what is asked for at all: each call deposits a part of a token, and a retry takes a whole one. A floor gives a few
//! tokens a second beside, so that a program that asks rarely may retry too. The idea is that of `RetryBudget` in
//! Finagle, whose deposits expire after a time; here a bound on the balance serves for that, and one word needs no clock.
//!
//! It retries nothing, and doesn't know what a retry is: hedged reads are counted by the same bucket.
#![deny(clippy::disallowed_methods)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How fast tokens come, and how many may wait to be taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Deposits {
    /// What each call deposits, in tokens, to a millionth.
    pub(crate) ratio: f64,
    /// How many tokens come in a second whatever is called, and are lost if nobody takes them within a second.
    pub(crate) floor_per_second: u32,
    /// How many deposited tokens are kept at most.
    pub(crate) most: u32,
}

impl Deposits {
    /// For retries: a tenth of the calls. Ten a second at least, as in Finagle. A hundred are kept: enough for all who
    /// were at work when a server went away, and too few to be a second outage.
    pub(crate) const RETRIES: Self = Self {
        ratio: 0.1,
        floor_per_second: 10,
        most: 100,
    };
}

/// The tokens that are left. Shared by all tasks, and lock-free.
#[derive(Debug)]
pub(crate) struct Budget {
    deposit: u64,
    most: u64,
    /// Between two tokens of the floor, in nanoseconds; `None`: there is no floor.
    floor_interval: Option<u64>,
    start: Instant,
    /// Deposited and not taken yet, in `UNIT`s.
    ///
    /// All orderings are relaxed: a token guards nothing but itself.
    balance: AtomicU64,
    /// When the floor's tokens are used up to, in nanoseconds since `start`: a bucket that needs no refilling (the
    /// generic cell rate algorithm of ATM).
    floor_used_to: AtomicU64,
}

/// One token in the units of the balance.
const UNIT: u64 = 1_000_000;
const SECOND: u64 = Duration::from_secs(1).as_nanos() as u64;

impl Budget {
    /// Begins with the floor alone.
    pub(crate) fn new(start: Instant, deposits: Deposits) -> Self {
        Self {
            deposit: (deposits.ratio * UNIT as f64).round() as u64,
            most: u64::from(deposits.most) * UNIT,
            floor_interval: SECOND.checked_div(deposits.floor_per_second.into()),
            start,
            balance: AtomicU64::new(0),
            floor_used_to: AtomicU64::new(0),
        }
    }

    /// A call is made: not one of the extra calls.
    pub(crate) fn deposit(&self) {
        let raised = |balance: u64| {
            // A full bucket is only looked at, so the word stays in every core's cache while all is well.
            (balance < self.most).then(|| balance.saturating_add(self.deposit).min(self.most))
        };
        let _ = self
            .balance
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, raised);
    }

    /// Takes a token for an extra call; `false`: there is none, and the call is not to be made.
    pub(crate) fn take(&self, now: Instant) -> bool {
        let lowered = |balance: u64| balance.checked_sub(UNIT);
        self.balance
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, lowered)
            .is_ok()
            || self.take_from_floor(now)
    }

    fn take_from_floor(&self, now: Instant) -> bool {
        let Some(interval) = self.floor_interval else {
            return false;
        };
        let now = now.saturating_duration_since(self.start).as_nanos();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        let used = |used_to: u64| {
            let used_to = used_to.max(now).saturating_add(interval);
            (used_to <= now.saturating_add(SECOND)).then_some(used_to)
        };
        self.floor_used_to
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, used)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        reason = "any moment will do to count from"
    )]

    use super::*;

    const NO_FLOOR: Deposits = Deposits {
        floor_per_second: 0,
        ..Deposits::RETRIES
    };

    fn taken(budget: &Budget, now: Instant, wanted: u32) -> u32 {
        (0..wanted).map(|_| u32::from(budget.take(now))).sum()
    }

    #[test]
    fn extra_calls_are_a_part_of_all_calls() {
        let now = Instant::now();
        for (ratio, calls, expected) in [
            (0.1, 9, 0),
            (0.1, 10, 1),
            (0.1, 1_000, 100),
            (0.05, 999, 49),
            (0.25, 7, 1),
            (1.0, 5, 5),
            (0.0, 1_000, 0),
            (0.000_001, 999_999, 0),
            (0.000_001, 1_000_000, 1),
        ] {
            let budget = Budget::new(now, Deposits { ratio, ..NO_FLOOR });
            (0..calls).for_each(|_| budget.deposit());
            assert_eq!(taken(&budget, now, 1_000), expected, "{ratio} of {calls}");
        }
    }

    #[test]
    fn a_balance_is_bounded_however_long_all_was_well() {
        let now = Instant::now();
        let budget = Budget::new(now, NO_FLOOR);
        (0..1_000_000).for_each(|_| budget.deposit());
        assert_eq!(taken(&budget, now, 1_000), 100);
        (0..10).for_each(|_| budget.deposit());
        assert_eq!(taken(&budget, now, 1_000), 1);
    }

    #[test]
    fn the_floor_gives_tokens_by_time_and_saves_none_beyond_a_second() {
        let start = Instant::now();
        let budget = Budget::new(start, Deposits::RETRIES);
        // When they are wanted, and how many of a hundred are had.
        for (millis, expected) in [
            (0, 10),
            (50, 0),
            (100, 1),
            (350, 2),
            (400, 1),
            (1_400, 10),
            (60_000, 10),
            (60_099, 0),
            (60_100, 1),
        ] {
            let now = start + Duration::from_millis(millis);
            assert_eq!(taken(&budget, now, 100), expected, "at {millis} ms");
        }
    }

    #[test]
    fn the_floor_is_kept_while_there_are_deposits() {
        let now = Instant::now();
        let budget = Budget::new(now, Deposits::RETRIES);
        (0..50).for_each(|_| budget.deposit());
        assert_eq!(taken(&budget, now, 100), 5 + 10);
    }

    #[test]
    fn in_an_outage_of_any_length_retries_stay_a_part_of_the_calls() {
        let start = Instant::now();
        let budget = Budget::new(start, Deposits::RETRIES);
        let (seconds, calls_per_second) = (60, 1_000);
        let mut retries = 0;
        for call in 0..seconds * calls_per_second {
            let now = start + Duration::from_secs(1) * call / calls_per_second;
            budget.deposit();
            retries += taken(&budget, now, 5);
        }
        let floor = 10 * (seconds + 1);
        let share = seconds * calls_per_second / 10;
        assert!((share..=share + floor).contains(&retries), "{retries}");
    }

    #[test]
    fn no_token_is_taken_twice() {
        let now = Instant::now();
        let budget = Budget::new(
            now,
            Deposits {
                most: 1_000,
                ..Deposits::RETRIES
            },
        );
        let taken: u32 = std::thread::scope(|scope| {
            let takers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let deposits_and_takes = (0..1_000).map(|_| {
                            budget.deposit();
                            u32::from(budget.take(now))
                        });
                        deposits_and_takes.sum::<u32>()
                    })
                })
                .collect();
            takers.into_iter().map(|taker| taker.join().unwrap()).sum()
        });
        assert_eq!(taken, 400 + 10);
    }
}
