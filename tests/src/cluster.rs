//! Real clusters for tests: a primary and its replicas, which a test kills, freezes, cuts off and promotes.
//!
//! A cluster is what a database administrator has set up, and this module is the administrator: it promotes and repairs,
//! but only when told. It knows nothing about Wharf. Its servers are gone with the process, as those of
//! [`server`](crate::server) are.
//!
//! Everything blocks, for up to seconds; in a runtime, call it by `spawn_blocking`. It waits for conditions, and panics
//! with the servers' logs when one doesn't come true in time.
//!
//! What differs between the kinds is in `postgres` and `mariadb`, behind `replication::Replication`.

mod mariadb;
mod node;
mod postgres;
mod replication;
mod template;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use self::mariadb::Gtid;
pub use self::node::Node;
use self::postgres::Streaming;
use self::replication::Replication;
use crate::address::free_address;

/// Ports are free when they are chosen, but another process may take one before its server does.
const START_ATTEMPTS: u32 = 3;

/// What a cluster is started with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClusterOptions {
    /// How many nodes there are besides the first primary. Default: 2.
    pub replicas: usize,
    /// Whether a commit is acknowledged only when a replica has it as well. Default: no.
    ///
    /// PostgreSQL: any one has stored it. MariaDB: any one has received it (semi-synchronous, and never anything less).
    pub synchronous: bool,
}

impl Default for ClusterOptions {
    fn default() -> ClusterOptions {
        ClusterOptions {
            replicas: 2,
            synchronous: false,
        }
    }
}

/// A primary and its replicas. Nodes are counted from 0, which is the first primary. All of them end when it is dropped.
#[derive(Debug)]
pub struct Cluster {
    replication: Arc<dyn Replication>,
    nodes: Vec<Node>,
    primary: AtomicUsize,
}

impl Cluster {
    /// Starts PostgreSQL servers, the first of which streams to all others. User `postgres` needs no password.
    ///
    /// # Panics
    /// When PostgreSQL isn't installed, saying how to install it, or doesn't start, showing its log.
    pub fn postgres(options: ClusterOptions) -> Cluster {
        let names = names(options);
        let replication = Streaming::new(&names, options.synchronous);
        Cluster::start(Arc::new(replication), &names)
    }

    /// Starts MariaDB servers, the first of which sends its binary log to all others.
    ///
    /// User `wharf` may do everything in every database, but not write to a replica.
    ///
    /// # Panics
    /// When MariaDB isn't installed, saying how to install it, or doesn't start, showing its log.
    pub fn mariadb(options: ClusterOptions) -> Cluster {
        let replication = Gtid::new(options.synchronous);
        Cluster::start(Arc::new(replication), &names(options))
    }

    fn start(replication: Arc<dyn Replication>, names: &[String]) -> Cluster {
        for attempt in 1.. {
            let addresses: Vec<_> = names.iter().map(|_| free_address()).collect();
            let start = |(index, name): (usize, &String)| {
                let primary = (index > 0).then_some(addresses[0]);
                let replication = Arc::clone(&replication);
                Node::start(
                    replication,
                    name.clone(),
                    index + 1,
                    addresses[index],
                    primary,
                )
            };
            // All at the same time.
            let nodes: Vec<Node> = names.iter().enumerate().map(start).collect();
            match nodes.iter().try_for_each(Node::wait_until_ready) {
                Ok(()) => {
                    let replicas: Vec<&Node> = nodes[1..].iter().collect();
                    replication.begin(&nodes[0], &replicas);
                    return Cluster {
                        replication,
                        nodes,
                        primary: AtomicUsize::new(0),
                    };
                }
                Err(log) if log.contains("Address already in use") && attempt < START_ATTEMPTS => {}
                Err(log) => panic!("a node ended instead of starting; its log:\n{log}"),
            }
        }
        unreachable!("the last attempt returns or panics")
    }

    /// Puts a proxy in front of each node, for [`Node::proxied_url`]. They end with the cluster or the runtime.
    ///
    /// # Panics
    /// When there are proxies already, or outside of a tokio runtime.
    pub async fn with_proxies(self) -> Cluster {
        for node in &self.nodes {
            node.start_proxy().await;
        }
        self
    }

    /// All nodes, whatever they are now.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// # Panics
    /// When there is no such node.
    pub fn node(&self, index: usize) -> &Node {
        &self.nodes[index]
    }

    /// The node that was made the primary last, whether it runs or not.
    pub fn primary(&self) -> usize {
        self.primary.load(Ordering::Relaxed)
    }

    /// The running replica that has received most: the one to promote when the primary is gone.
    ///
    /// # Panics
    /// When no replica runs.
    pub fn furthest_replica(&self) -> usize {
        let replicas = (0..self.nodes.len()).filter(|index| *index != self.primary());
        replicas
            .filter(|index| self.nodes[*index].is_running() && !self.nodes[*index].is_frozen())
            .max_by_key(|index| self.replication.received(&self.nodes[*index]))
            .expect("a replica runs")
    }

    /// Makes a replica the primary, with everything that it has received, and returns when it takes writes. Nobody else
    /// is told: see [`follow`](Cluster::follow), and [`rejoin`](Cluster::rejoin) for the old primary.
    ///
    /// A MariaDB replica with delayed apply first sits out the delay.
    pub fn promote(&self, index: usize) {
        self.replication
            .promote(&self.nodes[index], &self.others(index));
        self.primary.store(index, Ordering::Relaxed);
    }

    /// Points a running replica to a primary and waits until it streams. What was set by
    /// [`delay_apply`](Cluster::delay_apply) and the like is gone.
    ///
    /// Takes some 4 s longer on PostgreSQL when the replica has something that the primary has not: then its data are
    /// made those of the primary. So they are when it ends by itself because of what it has.
    pub fn follow(&self, index: usize, primary: usize) {
        let (node, primary_node) = (&self.nodes[index], &self.nodes[primary]);
        if self.replication.follow(node, primary_node).is_err() {
            self.rejoin(index, primary);
        }
    }

    /// Makes any node a replica and waits until it streams, whether it runs, is frozen or was killed, and whatever it
    /// has that the primary has not. What was set by [`delay_apply`](Cluster::delay_apply) and the like is gone.
    pub fn rejoin(&self, index: usize, primary: usize) {
        let is_donor = |other: &usize| {
            ![index, primary].contains(other)
                && self.nodes[*other].is_running()
                && !self.nodes[*other].is_frozen()
        };
        let donor = (0..self.nodes.len()).find(is_donor).unwrap_or(primary);
        let [node, primary, donor] = [index, primary, donor].map(|index| &self.nodes[index]);
        self.replication.rejoin(node, primary, donor);
    }

    /// Makes a replica the primary as planned: the old primary takes no more writes, nothing is lost, and in the end all
    /// others are replicas of the new one. All nodes have to run.
    pub fn switchover(&self, index: usize) {
        let old = self.primary();
        self.replication
            .step_down(&self.nodes[old], &self.nodes[index]);
        self.promote(index);
        for other in (0..self.nodes.len()).filter(|other| ![old, index].contains(other)) {
            self.follow(other, index);
        }
        self.replication
            .step_back(&self.nodes[old], &self.nodes[index]);
    }

    /// Lets a replica receive and not show what is new.
    pub fn pause_replay(&self, index: usize) {
        self.replication.pause_replay(&self.nodes[index]);
    }

    /// Ends [`pause_replay`](Cluster::pause_replay).
    pub fn resume_replay(&self, index: usize) {
        self.replication.resume_replay(&self.nodes[index]);
    }

    /// Lets a replica show what is new so much later. Zero ends it. MariaDB counts whole seconds, rounded up.
    pub fn delay_apply(&self, index: usize, delay: Duration) {
        self.replication.delay_apply(&self.nodes[index], delay);
    }

    /// Cuts a replica off its primary. It runs on with what it has, until [`follow`](Cluster::follow).
    pub fn cut_replication(&self, index: usize) {
        self.replication.cut(&self.nodes[index]);
    }

    /// Waits until a replica shows everything that is committed on the primary now.
    pub fn wait_caught_up(&self, index: usize) {
        let primary = &self.nodes[self.primary()];
        self.replication.wait_caught_up(&self.nodes[index], primary);
    }

    /// Creates a database on the primary. Replicas get it as they get everything.
    pub fn create_database(&self, name: &str) {
        self.nodes[self.primary()].execute(&format!("create database {name}"));
    }

    /// See [`Node::execute`].
    pub fn execute(&self, index: usize, sql: &str) {
        self.nodes[index].execute(sql);
    }

    /// See [`Node::query`].
    pub fn query(&self, index: usize, sql: &str) -> String {
        self.nodes[index].query(sql)
    }

    fn others(&self, index: usize) -> Vec<&Node> {
        let others = self
            .nodes
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index);
        others.map(|(_, node)| node).collect()
    }
}

fn names(options: ClusterOptions) -> Vec<String> {
    let numbers = 1..=options.replicas + 1;
    numbers.map(|number| format!("node{number}")).collect()
}

#[cfg(test)]
mod tests;
