//! What can be set on a pool.

use std::time::Duration;

/// The most connections that a pool may have: far more than any server is better off with.
const MOST_CONNECTIONS: u32 = 10_000;
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What can be set on a pool.
///
/// ```
/// # use std::time::Duration;
/// # use wharf::PoolConfig;
/// let pool = PoolConfig::new().max_connections(20).acquire_timeout(Duration::from_secs(2));
/// ```
#[derive(Debug, Clone)]
pub struct PoolConfig {
    pub(crate) max_connections: u32,
    pub(crate) min_connections: u32,
    pub(crate) acquire_timeout: Duration,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) close_timeout: Duration,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            max_connections: 10,
            min_connections: 0,
            acquire_timeout: Duration::from_secs(30),
            idle_timeout: Some(Duration::from_secs(10 * 60)),
            max_lifetime: Some(Duration::from_secs(30 * 60)),
            close_timeout: Duration::from_secs(10),
        }
    }
}

impl PoolConfig {
    /// The defaults, which suit most programs.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many connections may be open at once.
    ///
    /// Default: 10. From 1 to 10,000. On an SQLite file this is the number of readers, beside the one writer.
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.max_connections = connections;
        self
    }

    /// How many connections stay open when nobody needs them.
    ///
    /// Default: 0. At most [`PoolConfig::max_connections`].
    pub fn min_connections(mut self, connections: u32) -> Self {
        self.min_connections = connections;
        self
    }

    /// How long a caller waits for a connection before it fails with [`ErrorKind::PoolTimeout`](crate::ErrorKind::PoolTimeout).
    ///
    /// Default: 30 s. From 1 ms to 7 days. Includes the time to open a connection, when one has to be opened.
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// How long an unused connection above [`PoolConfig::min_connections`] stays open; `None`: for good.
    ///
    /// Default: 10 min. From 1 s to 7 days.
    pub fn idle_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.idle_timeout = timeout.into();
        self
    }

    /// How old a connection may become; `None`: any age. A random tenth is taken off, so that connections that were
    /// opened together don't end together.
    ///
    /// Default: 30 min. From 1 s to 7 days.
    pub fn max_lifetime(mut self, lifetime: impl Into<Option<Duration>>) -> Self {
        self.max_lifetime = lifetime.into();
        self
    }

    /// How long [`Database::close`](crate::Database::close) waits for borrowed connections to come back.
    ///
    /// Default: 10 s. At most 7 days.
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.close_timeout = timeout;
        self
    }

    /// Everything that is wrong, each with the value and what is allowed.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(1..=MOST_CONNECTIONS).contains(&self.max_connections) {
            problems.push(format!(
                "max_connections is {}, and 1 to {MOST_CONNECTIONS} is allowed",
                self.max_connections
            ));
        }
        if self.min_connections > self.max_connections {
            problems.push(format!(
                "min_connections is {}, and at most max_connections ({}) is allowed",
                self.min_connections, self.max_connections
            ));
        }
        let mut check = |name: &str, value: Duration, least: Duration| {
            if value < least || value > LONGEST {
                problems.push(format!(
                    "{name} is {value:?}, and {least:?} to 7 days is allowed"
                ));
            }
        };
        check(
            "acquire_timeout",
            self.acquire_timeout,
            Duration::from_millis(1),
        );
        check("close_timeout", self.close_timeout, Duration::ZERO);
        if let Some(timeout) = self.idle_timeout {
            check("idle_timeout", timeout, Duration::from_secs(1));
        }
        if let Some(lifetime) = self.max_lifetime {
            check("max_lifetime", lifetime, Duration::from_secs(1));
        }
        problems
    }
}
