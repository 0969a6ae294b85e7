//! What holds with a primary and replicas, on real clusters that are started here, killed, frozen and promoted.
//!
//! Each law runs on a cluster of its own, one after the other: three servers are as many as a small machine should run.

mod causal;
mod failover;
mod harness;
mod nodes;
mod reads;
