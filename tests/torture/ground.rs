//! What everything stands on: the cluster, the database under test, and ways to the servers that no fault lies on.

use std::sync::Arc;

use wharf::prelude::*;
use wharf::{HealthConfig, NodeConfig};
use wharf_tests::cluster::{Cluster, ClusterOptions};

use crate::bank;
use crate::options::{Engine, Options};

pub(crate) const DATABASE: &str = "bank";
const POOL_SIZE: u32 = 16;
/// Longer than any failover here takes.
const FAILOVER_TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) engine: Engine,
    pub(crate) cluster: Arc<Cluster>,
    /// The database under test, through the nodes' proxies.
    pub(crate) db: Database,
    /// Each node by itself.
    pub(crate) direct: Vec<Database>,
}

impl Ground {
    /// Starts three nodes with the tables of the bank.
    pub(crate) async fn start(options: &Options) -> Result<Self> {
        let Options {
            engine,
            is_synchronous,
            ..
        } = *options;
        let options = ClusterOptions {
            synchronous: is_synchronous,
            ..ClusterOptions::default()
        };
        let cluster = blocking(move || match engine {
            Engine::Postgres => Cluster::postgres(options),
            Engine::MySql => Cluster::mariadb(options),
        });
        let cluster = Arc::new(cluster.await.with_proxies().await);
        administer(&cluster, |cluster| cluster.create_database(DATABASE)).await;
        administer(&cluster, catch_up).await;

        let mut builder = Database::builder()
            .pool(PoolConfig::new().max_connections(POOL_SIZE))
            .health(HealthConfig::sharp())
            .failover_timeout(FAILOVER_TIMEOUT);
        for (index, node) in cluster.nodes().iter().enumerate() {
            let config = NodeConfig::new(node.proxied_url(DATABASE)).name(node.name());
            builder = match index {
                0 => builder.primary(config),
                _ => builder.replica(config),
            };
        }
        let db = builder.connect().await?;
        bank::open(&db).await?;
        administer(&cluster, catch_up).await;
        let mut direct = Vec::new();
        for node in cluster.nodes() {
            direct.push(Database::connect(node.url(DATABASE)).await?);
        }
        Ok(Self {
            engine,
            cluster,
            db,
            direct,
        })
    }

    /// Does something to the cluster that takes a while.
    pub(crate) async fn administer<T: Send + 'static>(
        &self,
        step: impl FnOnce(&Cluster) -> T + Send + 'static,
    ) -> T {
        administer(&self.cluster, step).await
    }

    /// Waits until the replicas show everything that the primary has.
    pub(crate) async fn catch_up(&self) {
        self.administer(catch_up).await;
    }

    pub(crate) async fn close(self) {
        self.db.close().await;
        for db in &self.direct {
            db.close().await;
        }
        // The servers end with it, which takes a while.
        let Self { cluster, .. } = self;
        blocking(move || drop(cluster)).await;
    }
}

async fn administer<T: Send + 'static>(
    cluster: &Arc<Cluster>,
    step: impl FnOnce(&Cluster) -> T + Send + 'static,
) -> T {
    let cluster = Arc::clone(cluster);
    blocking(move || step(&cluster)).await
}

fn catch_up(cluster: &Cluster) {
    for index in (0..cluster.nodes().len()).filter(|index| *index != cluster.primary()) {
        cluster.wait_caught_up(index);
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
