//! A change of a breaker's state, and why.
#![deny(clippy::disallowed_methods)]

use std::fmt;
use std::time::Duration;

use super::BreakerState;

/// The result of a call has changed the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) from: BreakerState,
    pub(crate) to: BreakerState,
    pub(crate) because: Cause,
}

/// Why the state has changed, with what it was decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Too many of the calls in the window failed.
    Failures { failed: u32, of: u32 },
    /// Too many of the calls in the window were slow.
    SlowCalls { slow: u32, of: u32 },
    /// A trial failed.
    TrialFailed,
    /// A trial was slow.
    TrialSlow { took: Duration },
    /// All trials ended well.
    TrialsPassed { trials: u32 },
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failures { failed, of } => write!(f, "{failed} of {of} calls failed"),
            Self::SlowCalls { slow, of } => write!(f, "{slow} of {of} calls were slow"),
            Self::TrialFailed => f.write_str("a trial failed"),
            Self::TrialSlow { took } => write!(f, "a trial took {took:?}"),
            Self::TrialsPassed { trials } => write!(f, "all {trials} trials ended well"),
        }
    }
}
