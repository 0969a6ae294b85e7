//! How old a connection is, how often it was used, and what follows. Pure.
#![deny(clippy::disallowed_methods)]

use std::time::Duration;

use super::refusal::CloseReason;
use crate::clock::Time;

/// What is known about the life of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Age {
    opened_at: Time,
    /// When it is too old to be lent; fixed, with its jitter, when it was opened.
    expires_at: Time,
    pub(super) idle_since: Time,
    pub(super) uses: u64,
    /// After how many uses it is used up.
    max_uses: u64,
    /// Of all connections of its time: see `Pool::recycle_connections`.
    generation: u64,
}

/// What the configuration says about ages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AgeRules {
    pub(super) max_lifetime: Option<Duration>,
    pub(super) max_uses: Option<u64>,
    pub(super) idle_timeout: Option<Duration>,
    /// Whether a connection is used once only.
    pub(super) replaces: bool,
    /// Whether a connection is never replaced: a database in memory ends with it.
    pub(super) keeps: bool,
}

/// What to do with a connection that is about to be lent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fitness {
    Fit,
    /// It has idled long enough to be asked whether it is still there.
    Check,
    Unfit(CloseReason),
}

impl Age {
    pub(super) fn new(now: Time, draw: f64, generation: u64, rules: &AgeRules) -> Self {
        // Up to a tenth less, so that what was opened together doesn't end together.
        let lifetime = rules
            .max_lifetime
            .filter(|_| !rules.keeps)
            .map_or(Duration::MAX, |life| {
                life.mul_f64(1.0 - 0.1 * draw.clamp(0.0, 1.0))
            });
        let max_uses = match rules.max_uses {
            _ if rules.keeps => u64::MAX,
            _ if rules.replaces => 1,
            limit => limit.unwrap_or(u64::MAX),
        };
        Self {
            opened_at: now,
            expires_at: now + lifetime,
            idle_since: now,
            uses: 0,
            max_uses,
            generation,
        }
    }

    /// Why it must not be used again, if so.
    #[inline]
    pub(super) fn end(&self, now: Time, generation: u64, rules: &AgeRules) -> Option<CloseReason> {
        let is_current = self.generation == generation;
        if is_current && now < self.expires_at && self.uses < self.max_uses {
            return None;
        }
        self.reason(now, generation, rules)
    }

    #[cold]
    fn reason(&self, now: Time, generation: u64, rules: &AgeRules) -> Option<CloseReason> {
        if rules.keeps {
            None
        } else if self.generation != generation || (rules.replaces && self.uses > 0) {
            Some(CloseReason::Recycled)
        } else if now >= self.expires_at {
            Some(CloseReason::MaxLifetime)
        } else {
            Some(CloseReason::MaxUses)
        }
    }

    /// Whether it can be lent, or is to be asked first, after so many nanoseconds without use.
    #[inline]
    pub(super) fn fitness(
        &self,
        now: Time,
        generation: u64,
        rules: &AgeRules,
        check_after_nanos: u64,
    ) -> Fitness {
        if let Some(reason) = self.end(now, generation, rules) {
            Fitness::Unfit(reason)
        } else if now.nanos_since(self.idle_since) >= check_after_nanos {
            Fitness::Check
        } else {
            Fitness::Fit
        }
    }

    /// Whether it has idled too long.
    pub(super) fn has_idled(&self, now: Time, rules: &AgeRules) -> bool {
        !rules.keeps
            && rules
                .idle_timeout
                .is_some_and(|limit| now.since(self.idle_since) >= limit)
    }

    /// Whether the last tenth of its life has begun.
    pub(super) fn is_ending(&self, now: Time) -> bool {
        let life = self.expires_at.since(self.opened_at);
        self.expires_at.since(now) <= life.mul_f64(0.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: AgeRules = AgeRules {
        max_lifetime: Some(Duration::from_secs(100)),
        max_uses: Some(3),
        idle_timeout: Some(Duration::from_secs(60)),
        replaces: false,
        keeps: false,
    };
    const SECOND: u64 = 1_000_000_000;
    const NEVER: u64 = u64::MAX;

    fn at(seconds: u64) -> Time {
        Time::from_millis(seconds * 1_000)
    }

    fn age() -> Age {
        Age {
            uses: 1,
            ..Age::new(at(0), 0.5, 7, &RULES)
        }
    }

    #[test]
    fn a_connection_ends_when_it_is_too_old_too_worn_or_asked_to() {
        let fitness = |age: Age, now, generation| age.fitness(at(now), generation, &RULES, NEVER);
        assert_eq!(fitness(age(), 94, 7), Fitness::Fit);
        assert_eq!(
            fitness(age(), 95, 7),
            Fitness::Unfit(CloseReason::MaxLifetime)
        );
        assert_eq!(fitness(age(), 1, 8), Fitness::Unfit(CloseReason::Recycled));
        assert_eq!(
            fitness(Age { uses: 3, ..age() }, 1, 7),
            Fitness::Unfit(CloseReason::MaxUses)
        );
    }

    #[test]
    fn a_connection_that_is_used_once_is_replaced_then() {
        let once = AgeRules {
            replaces: true,
            ..RULES
        };
        let age = Age::new(at(0), 0.5, 7, &once);
        assert_eq!(age.end(at(1), 7, &once), None);
        let used = Age { uses: 1, ..age };
        assert_eq!(used.end(at(1), 7, &once), Some(CloseReason::Recycled));
    }

    #[test]
    fn without_limits_a_connection_lives_on() {
        let none = AgeRules {
            max_lifetime: None,
            max_uses: None,
            ..RULES
        };
        let age = Age::new(at(1), 0.5, 7, &none);
        let late = Time::from_millis(u64::MAX / 2_000_000);
        let used = Age {
            uses: u64::MAX / 2,
            ..age
        };
        assert_eq!(used.end(late, 7, &none), None);
        assert!(!used.is_ending(late));
    }

    #[test]
    fn a_database_in_memory_keeps_its_connection_whatever_was_asked_for() {
        let keeps = AgeRules {
            keeps: true,
            ..RULES
        };
        let age = Age {
            uses: 9,
            ..Age::new(at(0), 0.5, 7, &keeps)
        };
        assert_eq!(age.end(at(1_000), 8, &keeps), None);
        assert!(!age.is_ending(at(1_000)));
    }

    #[test]
    fn what_has_idled_is_asked_and_what_is_busy_is_not() {
        let fitness = |age: Age, seconds| age.fitness(at(seconds), 7, &RULES, SECOND);
        assert_eq!(fitness(age(), 0), Fitness::Fit);
        assert_eq!(fitness(age(), 1), Fitness::Check);
        assert_eq!(age().fitness(at(50), 7, &RULES, NEVER), Fitness::Fit);
    }

    #[test]
    fn the_last_tenth_of_a_life_is_announced() {
        assert_eq!(
            [age().is_ending(at(85)), age().is_ending(at(86))],
            [false, true]
        );
        assert!(!age().has_idled(at(59), &RULES));
        assert!(age().has_idled(at(60), &RULES));
    }
}
