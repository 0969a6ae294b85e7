//! The nodes of a database and the pools that lead to them: who is the primary, who is up, how far everybody is.
//!
//! Terms: a *node* is one server or file; the *view* is what is known of all of them at one moment; a *timeline* is what
//! PostgreSQL begins with every promotion; the *epoch* is our own count of changes of the primary.

mod cluster;
mod config;
mod election;
mod health;
mod member;
mod monitor;
mod node;
mod samples;
mod state;
mod timeline;
mod token;
mod view;

pub(crate) use cluster::{Cluster, Picture, Settings};
pub(crate) use config::node_problems;
pub use config::{DeclaredRole, HealthConfig, NodeConfig};
pub use member::BreakerCommand;
pub(crate) use member::{Member, Sample};
pub(crate) use node::{Access, NodeOptions};
pub(crate) use timeline::Containment;
pub use token::CausalToken;
pub use view::{NodeId, NodeSnapshot, NodeState, Role, TopologySnapshot};
pub(crate) use view::{NodeView, Reign, View, WhyNoPrimary};

pub(crate) use crate::driver::WorkerFailure;
