//! Watches what Wharf knows of the nodes, to say when it knew.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use wharf::{Database, NodeState};

/// As exact as the times that come of it.
const TICK: Duration = Duration::from_millis(1);

/// What Wharf knew at one moment. Nodes are counted as in the cluster.
#[derive(Debug, Clone)]
struct Sight {
    at: Instant,
    primary: Option<usize>,
    is_up: Vec<bool>,
}

impl Sight {
    fn of(db: &Database) -> Self {
        let topology = db.topology();
        let nodes = &topology.nodes;
        Self {
            at: Instant::now(),
            primary: nodes
                .iter()
                .position(|node| Some(node.id) == topology.primary),
            is_up: nodes
                .iter()
                .map(|node| node.state == NodeState::Up)
                .collect(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Observer {
    sights: watch::Receiver<Sight>,
    task: JoinHandle<()>,
}

impl Observer {
    pub(crate) fn start(db: &Database) -> Self {
        let db = db.clone();
        let (sender, sights) = watch::channel(Sight::of(&db));
        let task = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(TICK);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                sender.send_replace(Sight::of(&db));
            }
        });
        Self { sights, task }
    }

    /// When Wharf knew that a node isn't well; nothing if it doesn't learn in time.
    pub(crate) async fn not_up(&self, node: usize, limit: Duration) -> Option<Instant> {
        self.saw(limit, |sight| !sight.is_up[node]).await
    }

    /// When Wharf knew that all nodes are well and this one takes the writes.
    pub(crate) async fn well(&self, primary: usize, limit: Duration) -> Option<Instant> {
        let is_well = |sight: &Sight| {
            sight.primary == Some(primary) && sight.is_up.iter().all(|is_up| *is_up)
        };
        self.saw(limit, is_well).await
    }

    /// When Wharf knew that this node takes the writes.
    pub(crate) async fn primary_is(&self, node: usize, limit: Duration) -> Option<Instant> {
        self.saw(limit, |sight| sight.primary == Some(node)).await
    }

    async fn saw(&self, limit: Duration, is_it: impl Fn(&Sight) -> bool) -> Option<Instant> {
        let asked_at = Instant::now();
        let mut sights = self.sights.clone();
        // What was seen before the question is no answer to it.
        let seen = sights.wait_for(|sight| sight.at >= asked_at && is_it(sight));
        let seen = tokio::time::timeout(limit, seen).await.ok()?;
        seen.ok().map(|sight| sight.at)
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
