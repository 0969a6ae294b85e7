//! The servers, and the person who looks after them. Nothing here knows Wharf.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wharf_tests::cluster::{Cluster, ClusterOptions};

use crate::Failure;

/// Three servers in a temporary directory, which end with this.
pub(crate) struct Servers {
    cluster: Arc<Cluster>,
}

impl Servers {
    /// The first one is the primary, the others follow it.
    ///
    /// # Errors
    /// When PostgreSQL isn't installed, saying how to install it.
    pub(crate) async fn start() -> Result<Self, Failure> {
        let options = ClusterOptions {
            synchronous: true,
            ..ClusterOptions::default()
        };
        let start = tokio::task::spawn_blocking(move || Cluster::postgres(options));
        let cluster = start.await.map_err(|_| "the servers didn't start")?;
        Ok(Self {
            cluster: Arc::new(cluster),
        })
    }

    /// The URLs of `node1`, the primary, and of `node2` and `node3`.
    pub(crate) fn urls(&self) -> [String; 3] {
        [0, 1, 2].map(|index| self.cluster.node(index).url("postgres"))
    }

    /// The name of each, by the port that it listens on.
    pub(crate) fn ports(&self) -> BTreeMap<i32, String> {
        let nodes = self.cluster.nodes().iter();
        nodes
            .map(|node| (i32::from(node.address().port()), node.name().to_owned()))
            .collect()
    }

    /// The one that was made the primary last.
    pub(crate) fn primary(&self) -> String {
        self.cluster.node(self.cluster.primary()).name().to_owned()
    }

    /// As when its machine loses power.
    pub(crate) async fn kill_primary(&self) {
        self.blocking(|cluster| cluster.node(cluster.primary()).kill())
            .await;
    }

    /// Makes the replica that has received most the primary: its name, and how long that took.
    pub(crate) async fn promote(&self) -> (String, Duration) {
        let took = self
            .blocking(|cluster| {
                let next = cluster.furthest_replica();
                let started = Instant::now();
                cluster.promote(next);
                started.elapsed()
            })
            .await;
        (self.primary(), took)
    }

    /// Has the replica that is left follow the new primary.
    pub(crate) async fn repoint(&self) {
        self.blocking(|cluster| {
            let primary = cluster.primary();
            let nodes = 0..cluster.nodes().len();
            for other in nodes.filter(|other| *other != primary) {
                if cluster.node(other).is_running() {
                    cluster.follow(other, primary);
                }
            }
        })
        .await;
    }

    /// All that one does with a server takes a while.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Cluster) -> T + Send + 'static,
    ) -> T {
        let cluster = self.cluster.clone();
        let done = tokio::task::spawn_blocking(move || work(&cluster)).await;
        done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }
}
