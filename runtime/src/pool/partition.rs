//! A group of callers with limits of its own, and the seat that one caller has in a pool.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::flow::FlowId;
use super::state::SlotId;
use super::sync::{AtomicUsize, Ordering};
use super::units::Units;
use crate::error::{Error, ErrorKind};

/// What callers have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PartitionKind {
    /// The session itself: every session is one.
    Session,
    /// A person.
    User,
    /// A program.
    Application,
    /// A part of a system.
    Service,
    /// A customer whose data is apart from others'.
    Tenant,
    /// A budget that several share.
    ResourceGroup,
    /// Anything else.
    Custom,
}

impl PartitionKind {
    const NAMES: [(Self, &'static str); 7] = [
        (Self::Session, "session"),
        (Self::User, "user"),
        (Self::Application, "application"),
        (Self::Service, "service"),
        (Self::Tenant, "tenant"),
        (Self::ResourceGroup, "resource_group"),
        (Self::Custom, "custom"),
    ];

    /// The name: `tenant`, `resource_group`.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("custom", |(_, name)| name)
    }
}

impl FromStr for PartitionKind {
    type Err = Error;

    /// Reads a name as [`PartitionKind::name`] writes it.
    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::NAMES.iter().find(|(_, name)| *name == text);
        found.map(|(kind, _)| *kind).ok_or_else(|| {
            let names: Vec<&str> = Self::NAMES.iter().map(|(_, name)| *name).collect();
            let problem = format!(
                "`{text}` is no kind of partition; expected one of {}",
                names.join(", ")
            );
            Error::new(ErrorKind::Configuration, problem)
        })
    }
}

/// Which partition: `tenant acme`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionKey {
    kind: PartitionKind,
    name: Arc<str>,
}

impl PartitionKey {
    /// A partition of a kind, by its name.
    pub fn new(kind: PartitionKind, name: impl Into<Arc<str>>) -> Self {
        Self {
            kind,
            name: name.into(),
        }
    }

    /// What its callers have in common.
    pub fn kind(&self) -> PartitionKind {
        self.kind
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for PartitionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name(), self.name)
    }
}

/// What the callers of one partition may take of a pool, together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PartitionLimits {
    pub(crate) max_connections: Option<u32>,
    pub(crate) max_waiters: Option<u32>,
    pub(crate) guaranteed: u32,
}

impl PartitionLimits {
    /// No limits, and nothing guaranteed.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many connections of the pool it may use at once; who needs one more waits, and blocks nobody else.
    ///
    /// From 1 to the pool's [`max_connections`](crate::PoolConfig::max_connections). Default: no limit.
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.max_connections = Some(connections);
        self
    }

    /// How many of its callers may wait at once; one more fails at once with [`ErrorKind::PoolOverloaded`].
    ///
    /// Up to the pool's [`max_waiters`](crate::PoolConfig::max_waiters), which is the default. 0: nobody waits.
    pub fn max_waiters(mut self, waiters: u32) -> Self {
        self.max_waiters = Some(waiters);
        self
    }

    /// Up to how many connections it comes before everybody else in the line.
    ///
    /// Nothing is kept aside: what it doesn't ask for, others use. At most its own `max_connections`, and all
    /// partitions' together less than the pool's. Where there is one connection, as for those who write to an SQLite file,
    /// nothing is guaranteed: everybody else could wait for ever. Default: 0.
    pub fn guaranteed(mut self, connections: u32) -> Self {
        self.guaranteed = connections;
        self
    }
}

/// The index of a partition in its pool.
pub(crate) type PartitionId = usize;

/// A partition, as its callers see it.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) id: PartitionId,
    pub(crate) key: PartitionKey,
    pub(crate) limits: PartitionLimits,
    pub(crate) units: Units,
}

/// Which connection a caller would like to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Affinity {
    /// Any.
    None,
    /// The one that its session used last, if it happens to be free: the server has its plans, and the cache its pages.
    #[default]
    Prefer,
    /// The same, and others leave it alone as long as they find another one.
    Keep,
}

/// What a pool knows about one caller. Nobody but this caller touches it.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) flow: FlowId,
    pub(crate) affinity: Affinity,
    pub(crate) partitions: Vec<Arc<Partition>>,
    /// The slot that it used last, and one; 0 before that.
    last: AtomicUsize,
}

impl Seat {
    pub(crate) fn new(flow: FlowId, affinity: Affinity, partitions: Vec<Arc<Partition>>) -> Self {
        Self {
            flow,
            affinity,
            partitions,
            last: AtomicUsize::new(0),
        }
    }

    pub(crate) fn last_slot(&self) -> Option<SlotId> {
        self.last.load(Ordering::Relaxed).checked_sub(1)
    }

    pub(crate) fn used(&self, slot: SlotId) {
        self.last.store(slot + 1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_known_by_its_name_and_an_unknown_one_says_which_there_are() {
        for (kind, name) in PartitionKind::NAMES {
            assert_eq!(kind.name(), name);
            assert_eq!(name.parse::<PartitionKind>().expect("its own name"), kind);
        }
        let error = "tennant".parse::<PartitionKind>().expect_err("no kind");
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert_eq!(
            error.to_string(),
            "`tennant` is no kind of partition; expected one of session, user, application, service, tenant, \
             resource_group, custom"
        );
    }
}
