//! Whether a waiting line has become a standing one, and who is to be turned away then.
//!
//! A line that absorbs a burst is good: it empties again. One in which everybody waits long is useless: it adds to each
//! wait and serves nobody more. The two are told apart by the *shortest* wait of an interval, as in CoDel: Nichols and
//! Jacobson, "Controlling Queue Delay", ACM Queue 10(5), 2012. CoDel drops ever more often while the line stands. This
//! is the simpler variant for servers of Maurer, "Fail at Scale", ACM Queue 13(8), 2015, as in Folly's `Codel`: after
//! an interval whose shortest wait was above the target, whoever waited for more than twice the target is shed.
//!
//! It knows nothing of the line itself: it is told of each who has come to its head, and when there is nobody in it.
#![deny(clippy::disallowed_methods)]

use std::time::Duration;

use crate::clock::Time;

/// The shortest wait of the current interval, and what the last one said.
#[derive(Debug, Clone)]
pub(crate) struct Codel {
    target: Duration,
    interval: Duration,
    current: Option<Interval>,
}

/// What is to be done with one who has come to the head of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Serve,
    /// It waited for more than twice the target, in a line that stands.
    Shed,
}

#[derive(Debug, Clone)]
struct Interval {
    ends_at: Time,
    shortest: Duration,
    overloaded: bool,
}

impl Codel {
    /// A wait that harms nobody: 50 ms.
    pub(crate) const TARGET: Duration = Duration::from_millis(50);
    /// What a burst may take to be worked off: 2 s.
    pub(crate) const INTERVAL: Duration = Duration::from_secs(2);

    pub(crate) const fn new(target: Duration, interval: Duration) -> Self {
        Self {
            target,
            interval,
            current: None,
        }
    }

    /// The line is empty, so it doesn't stand: that ends an overload, as in CoDel.
    pub(crate) fn emptied(&mut self, now: Time) {
        let ends_at = match &self.current {
            Some(current) if now < current.ends_at => current.ends_at,
            _ => now + self.interval,
        };
        self.current = Some(Interval {
            ends_at,
            shortest: Duration::ZERO,
            overloaded: false,
        });
    }

    /// Judges one who has come to the head of the line after `waited`. The first of an interval is always served, so that
    /// some come through however long all have waited.
    pub(crate) fn served(&mut self, now: Time, waited: Duration) -> Verdict {
        let shed_above = self.target.saturating_mul(2);
        match &mut self.current {
            Some(current) if now < current.ends_at => {
                current.shortest = current.shortest.min(waited);
                if current.overloaded && waited > shed_above {
                    Verdict::Shed
                } else {
                    Verdict::Serve
                }
            }
            _ => {
                self.current = Some(Interval {
                    overloaded: self.is_overloaded(now),
                    ends_at: now + self.interval,
                    shortest: waited,
                });
                Verdict::Serve
            }
        }
    }

    /// Whether the line stands, so that long waits are shed.
    ///
    /// An interval speaks for the time until its successor ends. After a longer silence nothing is known, and nobody is
    /// shed for what was.
    pub(crate) fn is_overloaded(&self, now: Time) -> bool {
        match &self.current {
            Some(current) if now < current.ends_at => current.overloaded,
            Some(current) if now.since(current.ends_at) < self.interval => {
                current.shortest > self.target
            }
            _ => false,
        }
    }
}

impl Default for Codel {
    fn default() -> Self {
        Self::new(Self::TARGET, Self::INTERVAL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: [u64; 0] = [];

    const fn at(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Tells of one every 100 ms in `from .. to`, and lists when one was shed.
    fn serve(codel: &mut Codel, from: u64, to: u64, waited: impl Fn(u64) -> Duration) -> Vec<u64> {
        (from..to)
            .step_by(100)
            .filter(|now| codel.served(at(*now), waited(*now)) == Verdict::Shed)
            .collect()
    }

    #[test]
    fn a_line_that_stands_for_an_interval_sheds_in_the_next() {
        let mut codel = Codel::default();
        assert_eq!(serve(&mut codel, 0, 2_000, |_| ms(300)), NOBODY);
        assert!(codel.is_overloaded(at(2_000)));
        let shed = serve(&mut codel, 2_000, 4_000, |_| ms(300));
        // All but the first of the interval.
        assert_eq!(shed, (2_100..4_000).step_by(100).collect::<Vec<_>>());
    }

    #[test]
    fn a_burst_that_is_worked_off_sheds_nobody() {
        let mut codel = Codel::default();
        let shed = serve(&mut codel, 0, 10_000, |now| {
            // Each burst begins with a long wait and ends without one.
            ms(800u64.saturating_sub(now % 1_000))
        });
        assert_eq!(shed, NOBODY);
    }

    #[test]
    fn a_line_that_empties_sheds_nobody_however_long_each_waits() {
        let mut codel = Codel::default();
        let mut shed = serve(&mut codel, 0, 2_100, |_| ms(300));
        assert!(codel.is_overloaded(at(2_100)));
        for now in (2_100..8_000).step_by(500) {
            codel.emptied(at(now));
            assert!(!codel.is_overloaded(at(now)));
            shed.extend(serve(&mut codel, now + 130, now + 131, |_| ms(130)));
        }
        assert_eq!(shed, NOBODY);
    }

    #[test]
    fn only_more_than_twice_the_target_is_shed() {
        let mut codel = Codel::default();
        serve(&mut codel, 0, 2_100, |_| ms(51));
        assert!(codel.is_overloaded(at(2_100)));
        assert_eq!(codel.served(at(2_200), ms(100)), Verdict::Serve);
        assert_eq!(codel.served(at(2_300), ms(101)), Verdict::Shed);
    }

    #[test]
    fn the_target_itself_is_no_overload() {
        let mut codel = Codel::default();
        let shed = serve(&mut codel, 0, 10_000, |now| {
            ms(if now % 2_000 == 1_900 { 50 } else { 5_000 })
        });
        assert_eq!(shed, NOBODY);
    }

    #[test]
    fn one_short_wait_ends_the_overload_with_its_interval() {
        let mut codel = Codel::default();
        serve(&mut codel, 0, 2_100, |_| ms(300));
        assert_eq!(codel.served(at(2_200), ms(300)), Verdict::Shed);
        assert_eq!(codel.served(at(2_300), Duration::ZERO), Verdict::Serve);
        assert_eq!(codel.served(at(3_900), ms(300)), Verdict::Shed);
        assert!(!codel.is_overloaded(at(4_000)));
        assert_eq!(serve(&mut codel, 4_000, 6_000, |_| ms(300)), NOBODY);
    }

    #[test]
    fn an_overload_is_forgotten_after_a_silence() {
        let mut codel = Codel::default();
        serve(&mut codel, 0, 2_000, |_| ms(300));
        assert!(codel.is_overloaded(at(3_999)));
        assert!(!codel.is_overloaded(at(4_000)));
        assert_eq!(serve(&mut codel, 60_000, 62_000, |_| ms(300)), NOBODY);
    }

    #[test]
    fn some_are_served_however_long_all_wait() {
        let mut codel = Codel::default();
        let shed = serve(&mut codel, 0, 20_000, |_| Duration::from_secs(60));
        // 20 in the first interval, and one in each of the nine others.
        assert_eq!(200 - shed.len(), 20 + 9);
    }

    #[test]
    fn nothing_is_overloaded_before_anybody_came() {
        assert!(!Codel::default().is_overloaded(at(0)));
    }
}
