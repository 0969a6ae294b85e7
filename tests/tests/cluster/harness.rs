//! Runs a law on a cluster of its own, on both engines.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::timeout;
use wharf::prelude::*;
use wharf::{DatabaseBuilder, HealthConfig, NodeSnapshot, NodeState, PoolConfig, Role, Routing};
use wharf_tests::cluster::{Cluster, ClusterOptions};
pub(crate) use wharf_tests::eventually;

/// A hundred times what the slowest law waits for. It fails a test that hangs and decides nothing else.
const HANG_LIMIT: Duration = Duration::from_secs(90);

/// One cluster at a time.
static TURN: Mutex<()> = Mutex::new(());

#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(table = "notes")]
pub(crate) struct Note {
    #[id]
    pub(crate) id: i64,
    pub(crate) text: String,
}

#[repository(Note)]
pub(crate) struct Notes;

/// A cluster with a database on it.
pub(crate) struct Trio {
    pub(crate) cluster: Cluster,
}

impl Trio {
    fn new(cluster: Cluster) -> Self {
        cluster.create_database("app");
        Self { cluster }
    }

    /// Does what a manager of the cluster does when the primary is gone: makes a replica the primary, and has the other one
    /// follow it, for which a commit waits.
    pub(crate) fn promote_one(&self) -> usize {
        let heir = self.cluster.furthest_replica();
        self.cluster.promote(heir);
        for index in (0..self.cluster.nodes().len()).filter(|index| *index != heir) {
            let node = self.cluster.node(index);
            if node.is_running() && !node.is_frozen() {
                self.cluster.follow(index, heir);
            }
        }
        heir
    }

    /// A database over all nodes: the first one named as the primary.
    pub(crate) fn builder(&self) -> DatabaseBuilder {
        let nodes = self.cluster.nodes();
        let url = |index: usize| NodeConfig::new(nodes[index].url("app")).name(format!("n{index}"));
        let builder = Database::builder()
            .pool(PoolConfig::new().max_connections(8))
            .health(HealthConfig::sharp())
            .failover_timeout(Duration::from_secs(30))
            .primary(url(0));
        (1..nodes.len()).fold(builder, |builder, index| builder.replica(url(index)))
    }

    pub(crate) async fn open(&self, routing: Routing) -> Result<Database> {
        let db = self.builder().routing(routing).connect().await?;
        eventually("all nodes are up", async || {
            Ok(are_up(&db, self.cluster.nodes().len()))
        })
        .await?;
        Ok(db)
    }

    /// A database with a table of notes, whose primary is looked at once a minute, as long as nothing goes wrong there.
    pub(crate) async fn open_that_hardly_looks(&self) -> Result<Database> {
        self.open_with_notes(Routing::new()).await?.close().await;
        // The second too: until the other nodes have answered, the primary is looked at as often as while there is none.
        let seldom = Duration::from_secs(60);
        let health = HealthConfig::new()
            .probe_interval(seldom)
            .vacancy_interval(seldom);
        let db = self.builder().health(health).connect().await?;
        eventually("all nodes are up", async || {
            Ok(are_up(&db, self.cluster.nodes().len()))
        })
        .await?;
        Ok(db)
    }

    /// The same with a table of notes that every node has.
    pub(crate) async fn open_with_notes(&self, routing: Routing) -> Result<Database> {
        let db = self.open(routing).await?;
        db.create_table::<Note>().await?;
        for index in 0..self.cluster.nodes().len() {
            if index != self.cluster.primary() {
                self.cluster.wait_caught_up(index);
            }
        }
        Ok(db)
    }
}

pub(crate) fn are_up(db: &Database, count: usize) -> bool {
    let nodes = db.topology().nodes;
    let is_up = |node: &&NodeSnapshot| node.state == NodeState::Up && node.role != Role::Unknown;
    nodes.iter().filter(is_up).count() == count
}

pub(crate) fn node(db: &Database, name: &str) -> NodeSnapshot {
    let nodes = db.topology().nodes;
    nodes
        .into_iter()
        .find(|node| node.name == name)
        .expect("a node of that name")
}

pub(crate) fn note(id: i64, text: &str) -> Note {
    Note {
        id,
        text: text.to_owned(),
    }
}

pub(crate) fn run_on(
    cluster: fn(ClusterOptions) -> Cluster,
    options: ClusterOptions,
    law: impl AsyncFnOnce(&Trio) -> Result<()>,
) {
    // Whoever failed had its turn.
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let trio = Trio::new(cluster(options));
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.expect("start a runtime").block_on(async {
        timeout(HANG_LIMIT, law(&trio))
            .await
            .expect("the law hangs")
            .expect("the law holds");
    });
}

/// Makes each law a test per engine: `postgres::name`, `mariadb::name`.
macro_rules! on_clusters {
    ($options:expr; $($(#[$attribute:meta])* async fn $name:ident($trio:ident: &Trio) $body:block)+) => {
        $(
            $(#[$attribute])*
            async fn $name($trio: &crate::harness::Trio) -> wharf::Result<()> {
                $body
                Ok(())
            }
        )+
        on_clusters! { @engine postgres $options; $($name)+ }
        on_clusters! { @engine mariadb $options; $($name)+ }
    };
    (@engine $engine:ident $options:expr; $($name:ident)+) => {
        mod $engine {
            $(
                #[test]
                fn $name() {
                    let law = async |trio: &_| super::$name(trio).await;
                    crate::harness::run_on(wharf_tests::cluster::Cluster::$engine, $options, law);
                }
            )+
        }
    };
}
pub(crate) use on_clusters;
