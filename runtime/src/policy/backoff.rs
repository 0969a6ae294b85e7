//! How long to wait before another try: exponential backoff with full jitter.
//!
//! The delay of attempt n is drawn evenly from `0 ..= min(cap, base * 2^n)`; see "Exponential Backoff And Jitter",
//! AWS Architecture Blog, 2015. Full jitter finishes contending callers soonest of the variants compared there.
#![deny(clippy::disallowed_methods)]

use std::time::Duration;

/// The bounds of the delay.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    pub(crate) base: Duration,
    pub(crate) cap: Duration,
}

impl Backoff {
    /// For units of work that lost against another one: 5 ms, doubling up to 200 ms.
    pub(crate) const UNIT: Self = Self {
        base: Duration::from_millis(5),
        cap: Duration::from_millis(200),
    };

    /// For connections that can't be opened: 100 ms, doubling up to 2 s, so that a server that is back is found soon.
    #[allow(dead_code, reason = "the pool doesn't wait before it opens again yet")]
    pub(crate) const OPEN: Self = Self {
        base: Duration::from_millis(100),
        cap: Duration::from_secs(2),
    };

    /// The delay before try `attempt + 1`; `draw` is a random number in `0.0 ..= 1.0`.
    pub(crate) fn delay(self, attempt: u32, draw: f64) -> Duration {
        let ceiling = self
            .base
            .saturating_mul(2u32.saturating_pow(attempt.min(31)))
            .min(self.cap);
        ceiling.mul_f64(draw.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_doubles_up_to_the_cap() {
        for (backoff, expected) in [
            (Backoff::UNIT, [5, 10, 20, 40, 80, 160, 200, 200]),
            (
                Backoff::OPEN,
                [100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000],
            ),
        ] {
            let ceilings: Vec<u128> = (0..8).map(|n| backoff.delay(n, 1.0).as_millis()).collect();
            assert_eq!(ceilings, expected);
        }
        assert_eq!(Backoff::UNIT.delay(u32::MAX, 1.0), Backoff::UNIT.cap);
    }

    #[test]
    fn the_draw_picks_a_place_below_the_ceiling() {
        assert_eq!(Backoff::UNIT.delay(3, 0.0), Duration::ZERO);
        assert_eq!(Backoff::UNIT.delay(3, 0.5), Duration::from_millis(20));
        assert_eq!(Backoff::UNIT.delay(3, 7.0), Duration::from_millis(40));
    }
}
