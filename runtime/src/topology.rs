//! The nodes of a database and the pools that lead to them. Knows one node for now: the primary.

mod guarding;
mod node;

pub(crate) use guarding::Guarding;
pub(crate) use node::{Access, Node, NodeOptions};
