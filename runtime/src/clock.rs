//! Time as the pool reads it: a number of nanoseconds, by a precise clock or by a cheap one.
//!
//! Whoever decides gets a [`Time`] as an argument; only those who act read a clock. A checkout that finds a connection
//! at once reads the coarse one, if any: on x86-64 Linux that costs about 3 ns, and a precise reading 21.

use std::ops::Add;
use std::time::{Duration, Instant};

/// A moment, in nanoseconds since the clock began: when the machine started, or this process. Good for 584 years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Time(u64);

impl Time {
    /// The moment, precisely.
    #[inline]
    pub(crate) fn now() -> Self {
        Self(source::nanos())
    }

    /// The moment, cheaply: never later than [`now`](Self::now), and behind it by one tick of the kernel at most (1 to
    /// 10 ms). Where there is no coarse clock it is the precise one.
    #[inline]
    pub(crate) fn coarse() -> Self {
        Self(source::coarse_nanos())
    }

    #[cfg(test)]
    pub(crate) const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    #[cfg(test)]
    pub(crate) const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    #[cfg(test)]
    pub(crate) const fn as_nanos(self) -> u64 {
        self.0
    }

    /// A moment that is still to come, as timers know it; not later.
    pub(crate) fn of(instant: Instant) -> Self {
        Self::now() + instant.saturating_duration_since(Instant::now())
    }

    /// How long ago `earlier` was; nothing, if it is later in truth, as a precise moment may be seen by a coarse clock.
    pub(crate) const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.nanos_since(earlier))
    }

    /// The same in nanoseconds, for where a division to make a [`Duration`] counts.
    pub(crate) const fn nanos_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The same moment for timers: not earlier, and later by the time between two readings of a clock.
    pub(crate) fn to_instant(self) -> Instant {
        let now = Self::now();
        let instant = Instant::now();
        instant.checked_sub(now.since(self)).unwrap_or(instant) + self.since(now)
    }
}

/// A sum that is too great is the last moment there is.
impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, after: Duration) -> Self {
        let after = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(after))
    }
}

/// The kernel's clocks, which `Instant` reads as well and shows no number of.
#[cfg(target_os = "linux")]
mod source {
    use rustix::time::{ClockId, clock_gettime};

    #[inline]
    pub(super) fn nanos() -> u64 {
        read(ClockId::Monotonic)
    }

    #[inline]
    pub(super) fn coarse_nanos() -> u64 {
        read(ClockId::MonotonicCoarse)
    }

    /// They count from the start of the machine, so neither part is negative, and 64 bits last for 584 years.
    #[inline]
    fn read(clock: ClockId) -> u64 {
        let moment = clock_gettime(clock);
        moment.tv_sec as u64 * 1_000_000_000 + moment.tv_nsec as u64
    }
}

/// What there is everywhere.
#[cfg(not(target_os = "linux"))]
mod source {
    use std::sync::OnceLock;
    use std::time::Instant;

    pub(super) fn nanos() -> u64 {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed().as_nanos() as u64
    }

    pub(super) use nanos as coarse_nanos;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coarse_clock_is_never_ahead_and_follows() {
        for _ in 0..10_000 {
            let coarse = Time::coarse();
            assert!(coarse <= Time::now());
        }
        let now = Time::now();
        while Time::coarse() < now {
            std::thread::yield_now();
        }
    }

    #[test]
    fn both_clocks_go_forward() {
        let mut last = (Time::now(), Time::coarse());
        for _ in 0..10_000 {
            let next = (Time::now(), Time::coarse());
            assert!(next.0 >= last.0 && next.1 >= last.1);
            last = next;
        }
    }

    #[test]
    fn an_instant_is_the_same_moment() {
        let before = Instant::now();
        let now = Time::now();
        let same = now.to_instant();
        assert!(before <= same && same <= Instant::now());
        let later = (now + Duration::from_secs(3)).to_instant();
        assert!(before + Duration::from_secs(3) <= later);
        assert!(later <= Instant::now() + Duration::from_secs(3));
    }

    #[test]
    fn sums_and_differences_stop_at_the_ends() {
        let time = Time::from_millis(5);
        assert_eq!(time.as_nanos(), 5_000_000);
        assert_eq!(
            (time + Duration::from_millis(2)).since(time),
            Duration::from_millis(2)
        );
        assert_eq!(time.since(Time::from_millis(6)), Duration::ZERO);
        assert_eq!(time + Duration::MAX, Time::from_nanos(u64::MAX));
        assert_eq!(Time::from_millis(u64::MAX), Time::from_nanos(u64::MAX));
    }
}
