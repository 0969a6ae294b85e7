//! What differs between the kinds of clusters.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::node::Node;
use crate::server::Engine;
use crate::supervisor::Launch;

/// A kind of servers that replicate. What can fail panics, with the logs, unless it returns a `Result`.
pub(super) trait Replication: Debug + Send + Sync {
    fn engine(&self) -> &dyn Engine;

    /// Writes a node's files into `directory` and says what to run there.
    fn launch(&self, directory: &Path, place: &Place<'_>) -> Launch;

    /// A command that prints the rows of `sql`, executed by an administrator.
    fn command(&self, directory: &Path, port: u16, sql: &str) -> Command;

    /// Makes a command of [`command`](Replication::command) run in a database.
    fn run_in(&self, command: &mut Command, database: &str);

    /// A command that ends well as soon as `condition` holds, and else fails after `limit`.
    fn waiting_command(
        &self,
        directory: &Path,
        port: u16,
        condition: &str,
        limit: Duration,
    ) -> Command;

    /// Removes what hinders a killed server from starting.
    fn clean_up(&self, directory: &Path);

    /// Has nodes that were started for it replicate from the primary.
    fn begin(&self, primary: &Node, replicas: &[&Node]);

    /// Makes a replica the primary, with everything that it has received.
    fn promote(&self, node: &Node, others: &[&Node]);

    /// Points a running replica to a primary.
    ///
    /// # Errors
    /// What the server says, when it has what the primary has not, and therefore can't follow, or ends instead.
    fn follow(&self, node: &Node, primary: &Node) -> Result<(), String>;

    /// Makes any node a replica, whether it runs or not. `donor` runs, and is another replica if one does.
    fn rejoin(&self, node: &Node, primary: &Node, donor: &Node);

    /// Stops writes to the primary, and returns when `heir` has received them all.
    fn step_down(&self, primary: &Node, heir: &Node);

    /// Makes a primary that has stepped down a replica.
    fn step_back(&self, node: &Node, primary: &Node);

    fn pause_replay(&self, node: &Node);

    fn resume_replay(&self, node: &Node);

    fn delay_apply(&self, node: &Node, delay: Duration);

    fn cut(&self, node: &Node);

    /// Waits until the node shows everything that is committed on the primary.
    fn wait_caught_up(&self, node: &Node, primary: &Node);

    /// How much a replica has received, for comparison with others of the same primary.
    fn received(&self, node: &Node) -> u64;
}

/// Which node of the cluster one is when it starts.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) name: &'a str,
    /// From 1, and its own.
    pub(super) number: usize,
    pub(super) port: u16,
    /// Whom it follows.
    pub(super) primary: Option<SocketAddr>,
}
