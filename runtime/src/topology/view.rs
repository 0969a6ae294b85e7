//! What is known of all nodes at one moment. Decides nothing: `state.rs` makes it, and routing reads it.

mod snapshot;
mod watermark;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use snapshot::{NodeSnapshot, TopologySnapshot};
pub(crate) use watermark::Watermark;

use super::timeline::Lineage;
use super::token::CausalToken;
use crate::driver::{Dialect, Position};

/// One node of a database, for as long as the database is open: never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct NodeId(pub(crate) u32);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a node does in its cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// It takes the writes.
    Primary,
    /// It follows the primary.
    Replica,
    /// It hasn't been asked with success, or it takes writes without being the primary.
    Unknown,
}

/// How a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NodeState {
    /// It answers.
    Up,
    /// Something went wrong there, and it is being asked. It is used, if nobody better is there.
    Suspect,
    /// It doesn't answer. Nobody uses it.
    Down,
    /// It answers again, but not for long enough to be trusted. It is used, if nobody better is there.
    Probation,
    /// It shuts down, or is to be left alone: what runs there may end, and nothing new begins.
    Draining,
    /// It belongs to another cluster. Nobody uses it.
    Foreign,
    /// It has a history that the cluster has left, as a former primary does that comes back. Nobody uses it.
    Stale,
}

impl NodeState {
    /// The word for logs and errors.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Suspect => "suspect",
            Self::Down => "down",
            Self::Probation => "probation",
            Self::Draining => "draining",
            Self::Foreign => "foreign",
            Self::Stale => "stale",
        }
    }

    /// Whether calls may go there.
    pub(crate) fn is_usable(self) -> bool {
        matches!(self, Self::Up | Self::Suspect | Self::Probation)
    }
}

/// What is known of all nodes at one moment.
///
/// It doesn't change but for the watermarks, which rise between views.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) dialect: Dialect,
    /// Rises whenever the primary or its timeline changes: what was under way on an earlier one is in doubt.
    pub(crate) epoch: u64,
    /// The primary's; the last one's while there is none.
    pub(crate) timeline: Option<u32>,
    /// Whether the primary acknowledges, and shows, only what another node has; the last one's while there is none.
    pub(crate) is_synchronous: bool,
    pub(crate) primary: Result<NodeId, NoPrimary>,
    /// Where the primary's data came from; the last one's while there is none.
    pub(crate) lineage: Arc<Lineage>,
    pub(crate) nodes: Vec<NodeView>,
}

impl View {
    /// What somebody must not read behind who has seen this position; without one, everything up to now.
    pub(crate) fn token(&self, timeline: Option<u32>, position: Option<Position>) -> CausalToken {
        CausalToken {
            engine: self.dialect,
            cluster: self.lineage.cluster,
            timeline,
            position,
        }
    }

    pub(crate) fn node(&self, id: NodeId) -> Option<&NodeView> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// What people call a node.
    pub(crate) fn name(&self, id: NodeId) -> String {
        match self.node(id) {
            Some(node) => node.name.to_string(),
            None => format!("{id}, which was removed"),
        }
    }

    /// Who takes the writes, if somebody does.
    pub(crate) fn primary_id(&self) -> Option<NodeId> {
        self.primary.as_ref().ok().copied()
    }

    pub(crate) fn is_primary(&self, id: NodeId) -> bool {
        self.primary_id() == Some(id)
    }

    /// As what a node is the primary now; `None` if it isn't.
    pub(crate) fn reign_of(&self, id: NodeId) -> Option<Reign> {
        self.is_primary(id).then(|| self.reign())
    }

    /// The time of the primary; of the last one while there is none.
    pub(crate) fn reign(&self) -> Reign {
        Reign {
            timeline: self.timeline,
            server: self.lineage.server,
            is_synchronous: self.is_synchronous,
        }
    }

    pub(crate) fn primary_node(&self) -> Option<&NodeView> {
        self.node(self.primary_id()?)
    }

    /// Why nobody is written to, with the names of nodes; `None` if somebody is.
    pub(crate) fn why_no_primary(&self) -> Option<String> {
        Some(match &self.primary.as_ref().err()?.why {
            WhyNoPrimary::Starting => "not all nodes have been asked yet".to_owned(),
            WhyNoPrimary::Confirming { node } => {
                format!("node {} is being confirmed", self.name(*node))
            }
            WhyNoPrimary::NobodyWrites { last: None } => "no node takes writes".to_owned(),
            WhyNoPrimary::NobodyWrites { last: Some(node) } => {
                format!("no node takes writes; the last was {}", self.name(*node))
            }
            WhyNoPrimary::Split { nodes } => {
                let names: Vec<String> = nodes.iter().map(|id| self.name(*id)).collect();
                format!("more than one node takes writes: {}", names.join(", "))
            }
        })
    }

    /// How many bytes of the log a node lacks of what the primary has; `None` where that isn't known.
    pub(crate) fn lag_bytes(&self, node: &NodeView) -> Option<u64> {
        let primary = self.primary_node()?.position.get()?;
        node.position.get()?.bytes_behind(&primary)
    }
}

/// The time of one primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reign {
    /// PostgreSQL.
    pub(crate) timeline: Option<u32>,
    /// MariaDB: what its transactions are numbered under.
    pub(crate) server: Option<u32>,
    /// Whether its successor has all that it has shown.
    pub(crate) is_synchronous: bool,
}

/// What is known of one node.
#[derive(Debug, Clone)]
pub(crate) struct NodeView {
    pub(crate) id: NodeId,
    pub(crate) name: Arc<str>,
    pub(crate) role: Role,
    pub(crate) state: NodeState,
    /// How far reads on it see, at least.
    pub(crate) position: Arc<Watermark>,
    pub(crate) tags: Arc<[String]>,
    pub(crate) zone: Option<Arc<str>>,
    pub(crate) weight: u32,
    pub(crate) priority: u32,
}

impl NodeView {
    /// How old what it shows is, at most; `None` where that isn't known.
    pub(crate) fn lag(&self, now: Instant) -> Option<Duration> {
        let as_of = self.position.as_of()?;
        Some(now.saturating_duration_since(as_of))
    }
}

/// There is nobody to write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoPrimary {
    pub(crate) since: Instant,
    pub(crate) why: WhyNoPrimary,
}

/// Why nobody is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WhyNoPrimary {
    /// Not all nodes have been asked yet.
    Starting,
    /// This one is about to be: it is asked once more.
    Confirming { node: NodeId },
    /// Nobody who can be reached takes writes; the last to take them, if any did.
    NobodyWrites { last: Option<NodeId> },
    /// More than one takes writes, and none is newer than the others.
    Split { nodes: Vec<NodeId> },
}

#[cfg(test)]
mod tests;
