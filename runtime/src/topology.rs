//! The nodes of a database and the pools that lead to them: who is the primary, who is up, how far everybody is.
//!
//! Terms: a *node* is one server or file; the *view* is what is known of all of them at one moment; a *timeline* is what
//! PostgreSQL begins with every promotion; the *epoch* is our own count of changes of the primary.

mod guarding;
mod node;
mod samples;
mod state;
mod timeline;
mod token;
mod view;

pub(crate) use guarding::Guarding;
pub(crate) use node::{Access, Node, NodeOptions};
pub(crate) use state::{SeverReason, Step, Topology};
pub(crate) use timeline::{Containment, Lineage, LostTail};
pub use token::CausalToken;
pub(crate) use view::{NoPrimary, NodeView, View, Watermark, WhyNoPrimary};
pub use view::{NodeId, NodeSnapshot, NodeState, Role, TopologySnapshot};

pub(crate) use crate::driver::{
    Gtid, GtidSet, GtidState, History, Position, ProbeFailure, Report, Switch, WorkerFailure,
};

/// False in a build of the torture run that shows that its checks can fail.
pub(crate) const TIMELINES_ARE_KEPT: bool = !cfg!(wharf_without_timeline);
