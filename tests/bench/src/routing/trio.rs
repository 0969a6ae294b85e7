//! Three PostgreSQL servers, and databases of Wharf's on them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::{Connection as _, PgConnection};
use wharf::prelude::*;
use wharf::{NodeConfig, NodeState, Role, TopologySnapshot};
use wharf_tests::cluster::{Cluster, ClusterOptions};

/// Connections to each node; more than there are tasks.
const CONNECTIONS: u32 = 20;
/// A hundred times what it takes.
const PATIENCE: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_micros(200);

/// A primary with two replicas, asynchronous.
#[derive(Clone)]
pub(crate) struct Trio {
    cluster: Arc<Cluster>,
}

impl Trio {
    pub(crate) async fn start() -> crate::Result<Self> {
        let start = || Cluster::postgres(ClusterOptions::default());
        let cluster = tokio::task::spawn_blocking(start).await?;
        Ok(Self {
            cluster: Arc::new(cluster),
        })
    }

    pub(crate) async fn version(&self) -> crate::Result<String> {
        let mut connection = self.connect(0).await?;
        let version = "SELECT 'PostgreSQL ' || current_setting('server_version')";
        Ok(sqlx::query_scalar(version)
            .fetch_one(&mut connection)
            .await?)
    }

    /// A connection of nobody's.
    pub(crate) async fn connect(&self, node: usize) -> crate::Result<PgConnection> {
        Ok(PgConnection::connect(&self.url(node)).await?)
    }

    /// The number of the primary.
    pub(crate) fn primary(&self) -> usize {
        self.cluster.primary()
    }

    /// The numbers of the others.
    pub(crate) fn replicas(&self) -> Vec<usize> {
        let nodes = 0..self.cluster.nodes().len();
        nodes.filter(|node| *node != self.primary()).collect()
    }

    fn url(&self, node: usize) -> String {
        self.cluster.node(node).url("postgres")
    }

    /// A database of one node: nothing is routed.
    pub(crate) async fn alone(&self, node: usize) -> Result<Database> {
        let pool = PoolConfig::new().max_connections(CONNECTIONS);
        let url = self.url(node);
        Database::builder().primary(url).pool(pool).connect().await
    }

    /// A database of several, the primary among them, at default settings; when all of them are known to be well.
    pub(crate) async fn together(&self, nodes: &[usize]) -> crate::Result<Database> {
        let pool = PoolConfig::new().max_connections(CONNECTIONS);
        let mut builder = Database::builder().pool(pool);
        for node in nodes {
            let name = self.cluster.node(*node).name();
            builder = builder.node(NodeConfig::new(self.url(*node)).name(name));
        }
        let db = builder.connect().await?;
        self.all_well(&db).await?;
        Ok(db)
    }

    /// Waits until Wharf knows that all nodes are well.
    pub(crate) async fn all_well(&self, db: &Database) -> crate::Result<()> {
        let primary = self.cluster.node(self.primary()).name().to_owned();
        wait_until(db, move |topology| {
            topology.nodes.iter().all(|node| {
                let role = match node.name == primary {
                    true => Role::Primary,
                    false => Role::Replica,
                };
                topology.nodes.len() == 1 || (node.state == NodeState::Up && node.role == role)
            })
        })
        .await
        .map(drop)
    }

    /// Everything that one does with a server takes a while.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Cluster) -> T + Send + 'static,
    ) -> crate::Result<T> {
        let cluster = self.cluster.clone();
        Ok(tokio::task::spawn_blocking(move || work(&cluster)).await?)
    }
}

/// Waits until what Wharf knows is as it should be: when it was.
pub(crate) async fn wait_until(
    db: &Database,
    condition: impl Fn(&TopologySnapshot) -> bool + Send + 'static,
) -> crate::Result<Instant> {
    let db = db.clone();
    let waiting = tokio::task::spawn_blocking(move || {
        let began = Instant::now();
        loop {
            let topology = db.topology();
            if condition(&topology) {
                return Ok(Instant::now());
            }
            if began.elapsed() > PATIENCE {
                return Err(format!(
                    "within {PATIENCE:?} it didn't come true: {topology:?}"
                ));
            }
            // The timer of the runtime is no finer than a millisecond.
            std::thread::sleep(TICK);
        }
    });
    Ok(waiting.await??)
}
