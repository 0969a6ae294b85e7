//! What can be set on a pool.

mod hooks;
mod problems;
mod sizing;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use hooks::{Hook, Hooks};
pub use hooks::{HookError, HookFuture};
pub use sizing::{Recycling, Shedding, Sizing};

use super::partition::{Affinity, PartitionKey, PartitionKind, PartitionLimits};
use super::rooms::PartitionRules;
use crate::driver::RawConnection;

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
    pub(crate) initial_connections: u32,
    pub(crate) sizing: Sizing,
    pub(crate) max_opening: u32,
    pub(crate) max_waiters: u32,
    pub(crate) acquire_timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) max_uses: Option<u64>,
    pub(crate) recycling: Recycling,
    pub(crate) check_after_idle: Duration,
    pub(crate) check_on_release: bool,
    pub(crate) check_timeout: Duration,
    pub(crate) shedding: Option<Shedding>,
    pub(crate) partitions: PartitionRules,
    pub(crate) fair_by: PartitionKind,
    pub(crate) affinity: Affinity,
    pub(crate) statement_cache: Option<usize>,
    pub(crate) leak_warning: Option<Duration>,
    pub(crate) leak_reclaim: Option<Duration>,
    pub(crate) leak_backtraces: bool,
    pub(crate) close_timeout: Duration,
    pub(crate) hooks: Hooks,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            max_connections: 10,
            min_connections: 0,
            initial_connections: 1,
            sizing: Sizing::Fixed,
            // Opening costs a server a process or a thread; a crowd of them at once is how an outage goes on.
            max_opening: 4,
            // A bound that a fault meets before it meets the end of the memory.
            max_waiters: 100_000,
            acquire_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Some(Duration::from_secs(10 * 60)),
            max_lifetime: Some(Duration::from_secs(30 * 60)),
            max_uses: None,
            recycling: Recycling::Checked,
            check_after_idle: Duration::from_secs(1),
            check_on_release: false,
            check_timeout: Duration::from_secs(2),
            shedding: None,
            partitions: PartitionRules::default(),
            fair_by: PartitionKind::Session,
            affinity: Affinity::Prefer,
            statement_cache: None,
            leak_warning: Some(Duration::from_secs(60)),
            leak_reclaim: None,
            leak_backtraces: false,
            close_timeout: Duration::from_secs(10),
            hooks: Hooks::default(),
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
    /// Default: 10. From 1 to 10,000. On an SQLite file this is the number of readers, beside the one writer. A server
    /// sees one more: the control connection that stops statements.
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

    /// How many connections are open before [`DatabaseBuilder::connect`](crate::DatabaseBuilder::connect) returns.
    ///
    /// Default: 1, which shows at once that the server is there and knows the password. 0 opens nothing until somebody
    /// asks. At most [`PoolConfig::max_connections`].
    pub fn initial_connections(mut self, connections: u32) -> Self {
        self.initial_connections = connections;
        self
    }

    /// How the number of connections follows the load. Default: [`Sizing::Fixed`].
    pub fn sizing(mut self, sizing: Sizing) -> Self {
        self.sizing = sizing;
        self
    }

    /// How many connections may be in the course of being opened at once.
    ///
    /// Default: 4. From 1 to 10,000.
    pub fn max_opening(mut self, connections: u32) -> Self {
        self.max_opening = connections;
        self
    }

    /// How many callers may wait; one more fails at once with [`ErrorKind::PoolOverloaded`](crate::ErrorKind::PoolOverloaded).
    ///
    /// Default: 100,000. Up to 10,000,000; with 0 nobody waits. Those for whom a connection is still to be opened don't count.
    pub fn max_waiters(mut self, waiters: u32) -> Self {
        self.max_waiters = waiters;
        self
    }

    /// How long a caller waits for a connection before it fails with [`ErrorKind::PoolTimeout`](crate::ErrorKind::PoolTimeout).
    ///
    /// Default: 30 s. From 1 ms to 7 days. Includes the time to open a connection, when one has to be opened.
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// How long an opening may take, and how long openings may fail in a row until callers are told.
    ///
    /// Openings that fail are tried again, after 100 ms, doubling up to 2 s: a server that restarts is not noticed. When
    /// they have failed for this long and no connection is left, callers fail with [`ErrorKind::Connect`](crate::ErrorKind::Connect)
    /// instead of waiting for their own timeout. A refused password fails everybody at once.
    ///
    /// Default: 5 s. From 1 ms to 7 days.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
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
    /// opened together don't end together. One that is still lent in the last tenth of its life is announced in the log.
    ///
    /// Default: 30 min. From 1 s to 7 days.
    pub fn max_lifetime(mut self, lifetime: impl Into<Option<Duration>>) -> Self {
        self.max_lifetime = lifetime.into();
        self
    }

    /// How often a connection is lent before it is replaced; `None`: any number of times.
    ///
    /// Default: `None`. At least 1.
    pub fn max_uses(mut self, uses: impl Into<Option<u64>>) -> Self {
        self.max_uses = uses.into();
        self
    }

    /// What is done so that a connection is good when it is lent. Default: [`Recycling::Checked`].
    ///
    /// Whatever is chosen: a connection that comes back inside a transaction, with a statement running or with session
    /// state that somebody set is never lent before it is clean.
    pub fn recycling(mut self, recycling: Recycling) -> Self {
        self.recycling = recycling;
        self
    }

    /// After which time without use a connection is asked whether it is still there, when it is about to be lent.
    ///
    /// Default: 1 s. Zero: always. Up to 7 days. With [`Recycling::Fast`] it is never asked, and
    /// [`Recycling::Adaptive`] finds out by itself how long that is.
    pub fn check_after_idle(mut self, idle: Duration) -> Self {
        self.check_after_idle = idle;
        self
    }

    /// Whether a connection is also asked whenever it comes back. Default: no; it costs a round trip, though nobody waits for it.
    pub fn check_on_release(mut self, on: bool) -> Self {
        self.check_on_release = on;
        self
    }

    /// How long a connection has to answer when it is asked whether it is still there; then another one is taken.
    ///
    /// Default: 2 s. From 1 ms to 7 days.
    pub fn check_timeout(mut self, timeout: Duration) -> Self {
        self.check_timeout = timeout;
        self
    }

    /// Turns callers away when everybody has been waiting for too long; `None`: nobody is.
    ///
    /// Default: `None`.
    pub fn shedding(mut self, shedding: impl Into<Option<Shedding>>) -> Self {
        self.shedding = shedding.into();
        self
    }

    /// What the callers of one partition may take together.
    pub fn partition(mut self, key: PartitionKey, limits: PartitionLimits) -> Self {
        self.partitions.named.insert(key, limits);
        self
    }

    /// What the callers of every partition of a kind may take, unless [`PoolConfig::partition`] names it.
    pub fn each_partition(mut self, kind: PartitionKind, limits: PartitionLimits) -> Self {
        self.partitions.each.insert(kind, limits);
        self
    }

    /// Between whom connections are shared out fairly when callers have to wait: between sessions, or between tenants, say.
    ///
    /// Default: [`PartitionKind::Session`]. Sessions without a partition of that kind count one by one.
    pub fn fair_by(mut self, kind: PartitionKind) -> Self {
        self.fair_by = kind;
        self
    }

    /// Whether a session gets the connection that it used last, when it is free. Default: [`Affinity::Prefer`].
    pub fn affinity(mut self, affinity: Affinity) -> Self {
        self.affinity = affinity;
        self
    }

    /// How many prepared statements a connection keeps.
    ///
    /// Default: what the URL's `statement-cache-capacity` says, else 100. 0 to 10,000; 0 keeps none, which proxies that pool by transaction
    /// need: on PostgreSQL a lone statement then has a transaction around it, so that all of it reaches the same process, at
    /// the price of two round trips.
    pub fn statement_cache(mut self, statements: usize) -> Self {
        self.statement_cache = Some(statements);
        self
    }

    /// After which time in one hand a connection is reported in the log, with who holds it and where it was taken;
    /// `None`: never.
    ///
    /// Default: 60 s. From 1 ms to 7 days; looked at once a second.
    pub fn leak_warning(mut self, held: impl Into<Option<Duration>>) -> Self {
        self.leak_warning = held.into();
        self
    }

    /// How long a unit of work may have its connection before it loses it, as soon as no statement of it runs: it is rolled
    /// back, and its next use fails; `None`: for ever.
    ///
    /// Default: `None`. From 1 ms to 7 days, from its beginning; looked at once a second. A statement that runs isn't touched: that is what
    /// statement timeouts are for.
    pub fn leak_reclaim(mut self, held: impl Into<Option<Duration>>) -> Self {
        self.leak_reclaim = held.into();
        self
    }

    /// Whether the report of a leak has the backtrace of the checkout. Default: no; it costs microseconds a checkout.
    pub fn leak_backtraces(mut self, on: bool) -> Self {
        self.leak_backtraces = on;
        self
    }

    /// How long [`Database::close`](crate::Database::close) waits for borrowed connections to come back.
    ///
    /// Default: 10 s. At most 7 days.
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.close_timeout = timeout;
        self
    }

    /// Prepares every new connection, and every one that was reset: what it sets is the clean state from then on.
    ///
    /// A connection for which it fails is closed. A panic is a failure, of this hook and of the others.
    pub fn after_connect<F>(mut self, hook: F) -> Self
    where
        F: for<'c> Fn(&'c mut RawConnection<'_>) -> HookFuture<'c, ()> + Send + Sync + 'static,
    {
        self.hooks.after_connect = Some(Arc::new(hook));
        self
    }

    /// Looks at every connection before it is lent; `false` closes it, and another one is taken.
    pub fn before_acquire<F>(mut self, hook: F) -> Self
    where
        F: for<'c> Fn(&'c mut RawConnection<'_>) -> HookFuture<'c, bool> + Send + Sync + 'static,
    {
        self.hooks.before_acquire = Some(Arc::new(hook));
        self
    }

    /// Looks at every connection that came back, before anybody else gets it; `false` closes it.
    pub fn after_release<F>(mut self, hook: F) -> Self
    where
        F: for<'c> Fn(&'c mut RawConnection<'_>) -> HookFuture<'c, bool> + Send + Sync + 'static,
    {
        self.hooks.after_release = Some(Arc::new(hook));
        self
    }
}
