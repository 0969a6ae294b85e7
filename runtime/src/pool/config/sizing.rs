//! How many connections there are.

use std::time::Duration;

/// How the number of connections follows the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Sizing {
    /// Opens one whenever somebody waits, up to `max_connections`; closes what idles for longer than `idle_timeout`.
    #[default]
    Fixed,
    /// Moves between `min_connections` and `max_connections` in steps of a fifth: up when more than 80 % have been in use
    /// for a second, down when less than 50 % have; never two steps in one second.
    ///
    /// For a server that many programs share: a burst waits a little instead of opening many connections at once.
    Elastic,
}

/// What is done so that a connection is good when it is lent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Recycling {
    /// Trusts what is known of its state. Finds out that a server has gone by the first statement that fails.
    Fast,
    /// Asks the server when the connection has idled for longer than
    /// [`check_after_idle`](crate::PoolConfig::check_after_idle).
    #[default]
    Checked,
    /// As `Checked`, and learns how long is too long: it asks rarely while all is well, and always after a failure.
    Adaptive,
    /// Uses a connection once, then opens a new one.
    Replace,
}

/// When waiting callers are turned away because everybody has been waiting for too long.
///
/// The controlled delay of Nichols and Jacobson ("Controlling Queue Delay", ACM Queue 2012), as servers use it: when
/// even the shortest wait of an `interval` was above `target`, whoever has waited for more than twice the target is turned
/// away with [`ErrorKind::PoolOverloaded`](crate::ErrorKind::PoolOverloaded) instead of being served too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shedding {
    pub(crate) target: Duration,
    pub(crate) interval: Duration,
}

impl Default for Shedding {
    fn default() -> Self {
        Self {
            target: crate::policy::codel::Codel::TARGET,
            interval: crate::policy::codel::Codel::INTERVAL,
        }
    }
}

impl Shedding {
    /// A target of 50 ms over an interval of 2 s.
    pub fn new() -> Self {
        Self::default()
    }

    /// The wait that is fine. Default: 50 ms. From 1 ms to 7 days.
    pub fn target(mut self, target: Duration) -> Self {
        self.target = target;
        self
    }

    /// How long even the shortest wait has to be above the target. Default: 2 s. From the target to 7 days.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }
}
