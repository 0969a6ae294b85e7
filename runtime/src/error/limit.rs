//! A limit that was reached, written so that a program or a model can act on it.

use std::fmt;
use std::time::Duration;

/// Which limit was reached, by how much, and what helps.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct LimitExceeded {
    /// The limit's name, as in [`Limits`](crate::Limits): `max_operations`.
    pub limit: &'static str,
    /// Whose limit: the session's name, or the server.
    pub scope: String,
    /// What had been used when the call was refused.
    pub used: u64,
    /// What is allowed.
    pub allowed: u64,
    /// When it is worth trying again; `None` when waiting won't help.
    pub retry_after: Option<Duration>,
    /// What to do instead.
    pub hint: &'static str,
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            limit,
            scope,
            used,
            allowed,
            retry_after,
            hint,
        } = self;
        write!(
            f,
            "{limit} of {scope} reached ({used} of {allowed} used); {hint}"
        )?;
        match retry_after {
            Some(after) => write!(f, "; try again in {} ms", after.as_millis()),
            None => Ok(()),
        }
    }
}
