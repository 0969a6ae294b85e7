//! What can be set on a node, and on how nodes are watched.

mod address;
mod problems;

use std::fmt;
use std::time::Duration;

use address::Address;
pub(crate) use problems::node_problems;

use crate::pool::PoolConfig;

/// What a node was said to be. What it is shows when it is asked, and changes with every failover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclaredRole {
    /// It takes the writes when the program starts.
    Primary,
    /// It follows the primary when the program starts.
    Replica,
    /// Either: it is asked.
    Found,
}

/// One server, or one SQLite file, and how it is used.
///
/// ```
/// # use wharf::NodeConfig;
/// let node = NodeConfig::new("postgres://app@db2/bank").name("db2").zone("eu-1").tag("analytics").weight(2);
/// ```
#[derive(Clone)]
pub struct NodeConfig {
    pub(crate) url: String,
    pub(crate) declared: DeclaredRole,
    pub(crate) name: Option<String>,
    pub(crate) weight: u32,
    pub(crate) priority: u32,
    pub(crate) tags: Vec<String>,
    pub(crate) zone: Option<String>,
    pub(crate) is_read_only: bool,
    pub(crate) pool: Option<PoolConfig>,
}

impl NodeConfig {
    /// A node at a URL, as [`Database::connect`](crate::Database::connect) takes it.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            declared: DeclaredRole::Found,
            name: None,
            weight: 1,
            priority: 0,
            tags: Vec::new(),
            zone: None,
            is_read_only: false,
            pool: None,
        }
    }

    /// What errors, logs and snapshots call it. Default: host, port and database of the URL, or the file's path.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How large its share is where shares are given out.
    ///
    /// Default: 1. From 1 to 1,000.
    pub fn weight(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }

    /// Who is asked first: nodes of a lower priority are used while none of a higher one can be.
    ///
    /// Default: 0. Any number; the higher goes first.
    pub fn priority(mut self, priority: u32) -> Self {
        self.priority = priority;
        self
    }

    /// A word by which calls can ask for it. May be given several times.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Where it stands. Calls of the same zone prefer it.
    pub fn zone(mut self, zone: impl Into<String>) -> Self {
        self.zone = Some(zone.into());
        self
    }

    /// It is never written to, even if it would take writes.
    pub fn read_only(mut self) -> Self {
        self.is_read_only = true;
        self
    }

    /// The settings of its pool. Default: those of the database.
    pub fn pool(mut self, pool: PoolConfig) -> Self {
        self.pool = Some(pool);
        self
    }

    /// What it is said to be.
    pub(crate) fn declared(mut self, role: DeclaredRole) -> Self {
        self.declared = role;
        self
    }

    /// Whether it is an SQLite file that somebody else writes.
    pub(super) fn is_copy(&self) -> bool {
        self.declared == DeclaredRole::Replica && self.url.starts_with("sqlite:")
    }

    /// Whether both lead to the same database.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        Address::of(&self.url) == Address::of(&other.url)
    }

    /// The name to show; never contains a password.
    pub(crate) fn shown_name(&self) -> String {
        self.name
            .clone()
            .unwrap_or_else(|| Address::of(&self.url).to_string())
    }
}

impl From<&str> for NodeConfig {
    fn from(url: &str) -> Self {
        Self::new(url)
    }
}

impl From<String> for NodeConfig {
    fn from(url: String) -> Self {
        Self::new(url)
    }
}

impl From<&String> for NodeConfig {
    fn from(url: &String) -> Self {
        Self::new(url)
    }
}

/// Without the URL, which has the password.
impl fmt::Debug for NodeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeConfig")
            .field("name", &self.shown_name())
            .field("declared", &self.declared)
            .field("weight", &self.weight)
            .field("priority", &self.priority)
            .field("tags", &self.tags)
            .field("zone", &self.zone)
            .field("is_read_only", &self.is_read_only)
            .finish_non_exhaustive()
    }
}

/// How nodes are watched.
///
/// The defaults find a killed server in milliseconds, a frozen one in a second at most, and don't take a busy server for
/// a dead one.
///
/// ```
/// # use std::time::Duration;
/// # use wharf::HealthConfig;
/// let health = HealthConfig::new().probe_interval(Duration::from_millis(500));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthConfig {
    pub(crate) probe_interval: Duration,
    pub(crate) probe_timeout: Duration,
    pub(crate) misses: u32,
    pub(crate) suspect_interval: Duration,
    pub(crate) suspect_timeout: Duration,
    pub(crate) vacancy_interval: Duration,
    pub(crate) replica_interval: Duration,
    pub(crate) confirmations: u32,
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self {
            probe_interval: Duration::from_millis(250),
            // A probe takes 30 µs; on a loaded machine one in a hundred takes 5 ms.
            probe_timeout: Duration::from_millis(500),
            misses: 3,
            suspect_interval: Duration::from_millis(25),
            // Under 100 ms a busy machine alone gives false alarms.
            suspect_timeout: Duration::from_millis(100),
            // On average half of it is added to every promotion.
            vacancy_interval: Duration::from_millis(10),
            replica_interval: Duration::from_millis(50),
            confirmations: 2,
        }
    }
}

impl HealthConfig {
    /// The defaults, which suit most clusters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Finds a frozen server in half a second, and may take a stall of a third of a second for one: a probe every 100 ms
    /// with 200 ms to answer.
    pub fn sharp() -> Self {
        Self::default()
            .probe_interval(Duration::from_millis(100))
            .probe_timeout(Duration::from_millis(200))
    }

    /// How often a node is asked how it is.
    ///
    /// Default: 250 ms. From 1 ms to 1 h.
    pub fn probe_interval(mut self, interval: Duration) -> Self {
        self.probe_interval = interval;
        self
    }

    /// How long a node has to answer.
    ///
    /// Default: 500 ms. From 10 ms to 1 min. Opening a connection, where there is none, is part of it.
    pub fn probe_timeout(mut self, timeout: Duration) -> Self {
        self.probe_timeout = timeout;
        self
    }

    /// How many probes in a row may stay without an answer before the node counts as down.
    ///
    /// Default: 3. From 1 to 100. A refused connection needs no second one.
    pub fn misses(mut self, misses: u32) -> Self {
        self.misses = misses;
        self
    }

    /// How often a node is asked that is suspected to be down; while there is no primary, also one that is.
    ///
    /// Default: 25 ms. From 1 ms to 1 h.
    pub fn suspect_interval(mut self, interval: Duration) -> Self {
        self.suspect_interval = interval;
        self
    }

    /// How long a node has to answer that is suspected to be down.
    ///
    /// Default: 100 ms. From 10 ms to 1 min. It should be several times what opening a connection takes.
    pub fn suspect_timeout(mut self, timeout: Duration) -> Self {
        self.suspect_timeout = timeout;
        self
    }

    /// How often a node that is up is asked while there is no primary, since it may be made the next one.
    ///
    /// Default: 10 ms. From 1 ms to 1 h. Writes wait for that answer: half of it, on average, and then for the
    /// [confirmation](Self::confirmations).
    pub fn vacancy_interval(mut self, interval: Duration) -> Self {
        self.vacancy_interval = interval;
        self
    }

    /// How often a replica is asked how far it is.
    ///
    /// Default: 50 ms. From 1 ms to 1 h. Reads that follow a write wait for such an answer.
    pub fn replica_interval(mut self, interval: Duration) -> Self {
        self.replica_interval = interval;
        self
    }

    /// How many probes in a row must find a new primary writable before it gets the first write.
    ///
    /// Default: 2. From 1 to 100. They follow each other at once.
    pub fn confirmations(mut self, confirmations: u32) -> Self {
        self.confirmations = confirmations;
        self
    }
}

#[cfg(test)]
mod tests;
