//! What is to be done after something was learnt.
#![deny(clippy::disallowed_methods)]

use std::fmt;

use crate::driver::ProbeFailure;
use crate::topology::view::NodeId;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// The view has changed.
    Publish,
    /// The node's next probe is due sooner than it was: see [`Topology::next_probe_at`](super::Topology::next_probe_at).
    ProbeSoon { id: NodeId },
    /// Everything on the node is to be cut off at once.
    Sever { id: NodeId, why: SeverReason },
}

/// Why everything on a node is cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SeverReason {
    /// It doesn't answer; why the last probe failed.
    Down(Option<ProbeFailure>),
    /// It isn't the primary any more.
    Replaced { by: NodeId },
    /// It has a history that the cluster has left.
    Stale,
    /// It belongs to another cluster.
    Foreign,
    /// It was taken out.
    Removed,
}

impl fmt::Display for SeverReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down(None) => f.write_str("the node is down"),
            Self::Down(Some(failure)) => write!(f, "the node is down: {failure}"),
            Self::Replaced { by } => write!(f, "node {by} is the primary now"),
            Self::Stale => f.write_str("the node has a history that the cluster has left"),
            Self::Foreign => f.write_str("the node belongs to another cluster"),
            Self::Removed => f.write_str("the node was removed"),
        }
    }
}
