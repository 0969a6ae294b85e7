//! The nodes of a database, for whoever looks after them, and what reads go by.

use std::time::Instant;

use super::Database;
use crate::driver::Endpoint;
use crate::error::Result;
use crate::routing::{Explanation, Routing, RoutingStats};
use crate::topology::{BreakerCommand, CausalToken, NodeConfig, NodeId, TopologySnapshot};

impl Database {
    /// The same database with other wishes for its reads, which lie over those that it has: for one call, or for all that
    /// a part of a program does.
    ///
    /// ```no_run
    /// # async fn example(db: wharf::Database) {
    /// use wharf::{Consistency, Routing};
    /// let reports = db.routed(Routing::new().consistency(Consistency::Any).tag("reports"));
    /// # }
    /// ```
    pub fn routed(&self, wishes: impl Into<Routing>) -> Self {
        Self {
            shared: self.shared.clone(),
            route: self.route.wishing(&wishes.into()),
        }
    }

    /// The nodes as they are known now. With one node there is nothing to watch, and it counts as the primary.
    pub fn topology(&self) -> TopologySnapshot {
        self.shared.cluster.snapshot(Instant::now())
    }

    /// Where a read would go now, why, and why not to the other nodes.
    pub fn explain_read(&self) -> Explanation {
        self.route.router().explain(&self.route, Instant::now())
    }

    /// How often routing had to do something out of the ordinary.
    pub fn routing_stats(&self) -> RoutingStats {
        self.route.router().stats()
    }

    /// Takes a node in, while the database is open. Its role is found out; nothing is sent to it before that.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a wrong URL or setting, and for a node that is there
    /// already; [`ErrorKind::ForeignCluster`](crate::ErrorKind::ForeignCluster) for one of another engine. That it belongs
    /// to another cluster is found out by its monitor, and shown in [`Database::topology`].
    pub fn add_node(&self, node: impl Into<NodeConfig>) -> Result<NodeId> {
        let node = node.into();
        let endpoint = Endpoint::parse(&node.url)?;
        self.shared
            .cluster
            .add(node, endpoint)
            .map(|member| member.id)
    }

    /// Sends a node nothing more, waits for what runs on it as [`Database::close`] does, and forgets it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no node of that name.
    ///
    /// # Cancel safety
    /// Dropped in between, the node is gone, and its connections are closed when they come back.
    pub async fn remove_node(&self, name: &str) -> Result<()> {
        self.shared.cluster.remove(name).await
    }

    /// Sends a node nothing new, and lets what runs on it end; or takes it back.
    ///
    /// # Errors
    /// As [`Database::remove_node`].
    pub fn drain_node(&self, name: &str, on: bool) -> Result<()> {
        self.shared.cluster.drain(name, on)
    }

    /// Forces the breaker of a node open or closed, or has it begin anew.
    ///
    /// # Errors
    /// As [`Database::remove_node`].
    pub fn command_breaker(&self, name: &str, command: BreakerCommand) -> Result<()> {
        self.shared.cluster.named(name)?.command(command);
        Ok(())
    }

    /// What everybody without a session must not read behind, for another process; `None` when nothing was written yet.
    pub fn token(&self) -> Option<CausalToken> {
        self.route.token()
    }

    /// Has everybody without a session never read behind what somebody else has seen.
    ///
    /// # Errors
    /// [`ErrorKind::ForeignCluster`](crate::ErrorKind::ForeignCluster) for the token of another cluster or engine.
    pub fn observe(&self, token: &CausalToken) -> Result<()> {
        self.route.observe(token)
    }
}
