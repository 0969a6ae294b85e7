//! The nodes of a database and the pools that lead to them. Knows one node for now: the primary.

mod node;

pub(crate) use node::{Access, Node, NodeOptions};
