//! The view for programs: to be shown, logged or exported.

use std::time::{Duration, Instant};

use super::{NodeId, NodeState, NodeView, Role, View};
use crate::policy::breaker::BreakerState;

/// How the nodes of a database stand.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct TopologySnapshot {
    /// How often the primary, or its timeline, has changed; 0 before the first.
    pub epoch: u64,
    /// The timeline of the primary, on PostgreSQL.
    pub timeline: Option<u32>,
    /// Which node takes the writes, if any.
    pub primary: Option<NodeId>,
    /// Why none does.
    pub no_primary: Option<String>,
    /// The nodes, in the order in which they were added.
    pub nodes: Vec<NodeSnapshot>,
}

impl TopologySnapshot {
    /// The node that takes the writes, if any.
    pub fn primary_node(&self) -> Option<&NodeSnapshot> {
        self.nodes.iter().find(|node| Some(node.id) == self.primary)
    }
}

/// How one node stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct NodeSnapshot {
    /// Which one.
    pub id: NodeId,
    /// Its name, as configured, else host, port and database.
    pub name: String,
    /// What it does in its cluster.
    pub role: Role,
    /// How it is.
    pub state: NodeState,
    /// How far reads on it see, as the engine writes it: a place in the log, or a list of transactions.
    pub position: Option<String>,
    /// How many bytes of the log it lacks of what the primary has. PostgreSQL alone tells.
    pub lag_bytes: Option<u64>,
    /// How old what it shows is, at most: exact to the interval of the probes.
    pub lag: Option<Duration>,
    /// What its circuit breaker does.
    pub breaker: BreakerState,
    /// Its words.
    pub tags: Vec<String>,
    /// Where it stands.
    pub zone: Option<String>,
    /// How large its share is.
    pub weight: u32,
    /// Who is asked first: the higher.
    pub priority: u32,
}

impl View {
    /// How everything stands, for programs.
    pub(crate) fn snapshot(
        &self,
        now: Instant,
        breaker: impl Fn(NodeId) -> BreakerState,
    ) -> TopologySnapshot {
        let node = |node: &NodeView| NodeSnapshot {
            id: node.id,
            name: node.name.to_string(),
            role: node.role,
            state: node.state,
            position: node.position.get().map(|position| position.to_string()),
            lag_bytes: self.lag_bytes(node),
            lag: node.lag(now),
            breaker: breaker(node.id),
            tags: node.tags.to_vec(),
            zone: node.zone.as_deref().map(str::to_owned),
            weight: node.weight,
            priority: node.priority,
        };
        TopologySnapshot {
            epoch: self.epoch,
            timeline: self.timeline,
            primary: self.primary_id(),
            no_primary: self.why_no_primary(),
            nodes: self.nodes.iter().map(node).collect(),
        }
    }
}
