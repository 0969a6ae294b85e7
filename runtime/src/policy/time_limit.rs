//! How long a statement or a unit of work may take, whose limit that is, and what is said when it has passed.
#![deny(clippy::disallowed_methods)]

use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, LimitExceeded, Outcome};

/// The shortest and the longest time that may be set.
pub(crate) const SHORTEST: Duration = Duration::from_millis(1);
pub(crate) const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a time limit is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Statement,
    Transaction,
}

/// Who set a time limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetBy {
    /// The program, for everybody or for one method.
    Program,
    /// A session's limits.
    Session,
}

/// How long something may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeLimit {
    pub(crate) subject: Subject,
    pub(crate) set_by: SetBy,
    pub(crate) allowed: Duration,
}

/// When something must have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deadline {
    pub(crate) at: Instant,
    limit: TimeLimit,
}

impl TimeLimit {
    pub(crate) fn new(subject: Subject, set_by: SetBy, allowed: Duration) -> Self {
        Self {
            subject,
            set_by,
            allowed,
        }
    }

    /// The tighter one of two.
    pub(crate) fn tightest(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        [one, other]
            .into_iter()
            .flatten()
            .min_by_key(|limit| limit.allowed)
    }

    /// The deadline of what begins now.
    pub(crate) fn from(self, now: Instant) -> Deadline {
        Deadline {
            at: now + self.allowed,
            limit: self,
        }
    }
}

impl Deadline {
    /// A deadline that was set before, by a limit that the program set.
    pub(crate) fn at(at: Instant, limit: TimeLimit) -> Self {
        Self { at, limit }
    }

    /// The earlier one of two.
    pub(crate) fn earliest(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        [one, other]
            .into_iter()
            .flatten()
            .min_by_key(|deadline| deadline.at)
    }

    /// What is said to who ran into it; `session` is whose limit it is, if it is one's.
    pub(crate) fn passed(&self, now: Instant, session: Option<&str>) -> Error {
        let error = match (self.limit.set_by, self.limit.subject) {
            (SetBy::Session, subject) => Error::limit(self.exceeded(now, subject, session)),
            (SetBy::Program, Subject::Statement) => Error::new(
                ErrorKind::Timeout,
                format!(
                    "the statement's time is up: stopped after {:.1?}",
                    self.used(now)
                ),
            ),
            (SetBy::Program, Subject::Transaction) => {
                Error::new(ErrorKind::Timeout, "the unit of work's time is up")
            }
        };
        error.with_outcome(Outcome::RolledBack)
    }

    /// The same for a call that failed: an error that isn't the deadline's doing stays as it is.
    pub(crate) fn explain(&self, now: Instant, session: Option<&str>, error: Error) -> Error {
        if error.kind() == ErrorKind::Timeout && now >= self.at {
            self.passed(now, session).with_outcome(error.outcome())
        } else {
            error
        }
    }

    fn used(&self, now: Instant) -> Duration {
        self.limit.allowed + now.saturating_duration_since(self.at)
    }

    fn exceeded(&self, now: Instant, subject: Subject, session: Option<&str>) -> LimitExceeded {
        let (limit, hint) = match subject {
            Subject::Statement => (
                "statement_timeout",
                "ask for less: a narrower condition, an index, a page, an aggregate",
            ),
            Subject::Transaction => (
                "transaction_timeout",
                "do less in one unit of work, and nothing in it that waits for others",
            ),
        };
        LimitExceeded {
            limit,
            scope: format!("session {}", session.unwrap_or_default()),
            used: millis(self.used(now)),
            allowed: millis(self.limit.allowed),
            retry_after: None,
            hint,
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What is wrong with a time that was set, if anything is.
pub(crate) fn problem(name: &str, value: Duration) -> Option<String> {
    let is_allowed = (SHORTEST..=LONGEST).contains(&value);
    (!is_allowed).then(|| format!("{name} is {value:?}, and {SHORTEST:?} to 7 days is allowed"))
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        reason = "any moment will do to count from"
    )]

    use super::*;

    fn limit(set_by: SetBy, millis: u64) -> TimeLimit {
        TimeLimit::new(Subject::Statement, set_by, Duration::from_millis(millis))
    }

    #[test]
    fn the_tightest_wins() {
        let (mine, theirs) = (limit(SetBy::Program, 20), limit(SetBy::Session, 10));
        assert_eq!(TimeLimit::tightest(Some(mine), Some(theirs)), Some(theirs));
        assert_eq!(TimeLimit::tightest(Some(mine), None), Some(mine));
        assert_eq!(TimeLimit::tightest(None, None), None);
        let now = Instant::now();
        let (early, late) = (theirs.from(now), mine.from(now));
        assert_eq!(Deadline::earliest(Some(late), Some(early)), Some(early));
        assert_eq!(Deadline::earliest(None, Some(late)), Some(late));
    }

    #[test]
    fn a_session_is_told_its_numbers_and_a_program_that_time_is_up() {
        let now = Instant::now();
        let later = now + Duration::from_millis(15);
        let error = limit(SetBy::Session, 10).from(now).passed(later, Some("a"));
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        assert_eq!(error.outcome(), Outcome::RolledBack);
        let exceeded = error.limit_exceeded().expect("it says which");
        assert_eq!(
            (
                exceeded.limit,
                &exceeded.scope[..],
                exceeded.used,
                exceeded.allowed
            ),
            ("statement_timeout", "session a", 15, 10)
        );
        let error = limit(SetBy::Program, 10).from(now).passed(later, None);
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(
            error.to_string(),
            "the statement's time is up: stopped after 15.0ms"
        );
    }

    #[test]
    fn only_the_deadlines_own_error_is_explained() {
        let now = Instant::now();
        let deadline = limit(SetBy::Session, 10).from(now);
        let late = now + Duration::from_millis(10);
        let timeout = || Error::new(ErrorKind::Timeout, "").with_outcome(Outcome::Unknown);
        let explained = deadline.explain(late, Some("a"), timeout());
        assert_eq!(explained.kind(), ErrorKind::LimitExceeded);
        assert_eq!(explained.outcome(), Outcome::Unknown);
        let early = deadline.explain(now, Some("a"), timeout());
        assert_eq!(early.kind(), ErrorKind::Timeout);
        let other = deadline.explain(late, None, Error::new(ErrorKind::Stale, ""));
        assert_eq!(other.kind(), ErrorKind::Stale);
    }

    #[test]
    fn times_have_bounds() {
        assert_eq!(problem("t", SHORTEST), None);
        assert_eq!(problem("t", LONGEST), None);
        for wrong in [Duration::ZERO, LONGEST + SHORTEST] {
            assert!(problem("t", wrong).is_some_and(|text| text.contains("7 days")));
        }
    }
}
