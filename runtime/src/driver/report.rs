//! What a probe said of a node, or why it said nothing. Judges nobody: see `topology/state.rs`.
#![deny(clippy::disallowed_methods)]

use std::fmt;
use std::time::Instant;

use super::position::{GtidState, Position};

/// What one probe said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// When it was asked: what the report says was true at this moment or later.
    pub(crate) asked_at: Instant,
    /// PostgreSQL's system identifier: the same on all nodes of a cluster. `None` where it isn't known.
    pub(crate) cluster: Option<u64>,
    /// MariaDB's server id: what its own transactions are numbered under.
    pub(crate) server: Option<u32>,
    /// Whether it takes writes.
    pub(crate) is_writable: bool,
    /// PostgreSQL's timeline: it rises with every promotion. `None` on a replica that is connected to nobody.
    pub(crate) timeline: Option<u32>,
    /// How far reads on it see.
    pub(crate) position: Option<Position>,
    /// Where its data came from.
    pub(crate) history: History,
    /// Whether it is a replica that is connected to its primary. PostgreSQL alone tells.
    pub(crate) receives: bool,
    /// Whether it acknowledges, and shows, only what another node has already, so that no failover to that one loses it.
    pub(crate) is_synchronous: bool,
}

/// Where the data of a node came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum History {
    /// Not known: the login may not ask, or there is nothing to know.
    #[default]
    Unknown,
    /// PostgreSQL, where the login may not read the history: where the log was when this server was promoted.
    Began(u64),
    /// PostgreSQL: where each former timeline ended, oldest first.
    Switches(Vec<Switch>),
    /// MariaDB: what of every server is in there.
    Gtids(GtidState),
}

/// Where a timeline of PostgreSQL ended, and the next one began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Switch {
    /// The timeline that ended.
    pub(crate) timeline: u32,
    /// Its end: what it had beyond is lost.
    pub(crate) lsn: u64,
}

/// Why a probe said nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProbeFailure {
    /// The connection broke, as it does when a server dies, and also when somebody ends this one connection.
    Lost,
    /// No answer in time.
    Silent,
    /// The server is there and takes no more connections.
    Full,
    /// The server is there and on its way out.
    ShuttingDown,
    /// The server is there and not ready yet.
    StartingUp,
    /// Nobody is there, or they don't let us in: what was said.
    Refused(String),
}

impl fmt::Display for ProbeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "the connection broke",
            Self::Silent => "no answer in time",
            Self::Full => "too many connections",
            Self::ShuttingDown => "shutting down",
            Self::StartingUp => "starting up",
            Self::Refused(said) => said,
        })
    }
}

/// What the error of an ordinary call says about its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorkerFailure {
    /// The connection broke.
    Lost,
    /// A write was refused, since the node only reads.
    WrongRole,
    /// The server takes no more connections.
    Full,
    /// The server is on its way out.
    ShuttingDown,
}
