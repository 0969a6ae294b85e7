//! What a cluster's own manager does: promotes, repoints, repairs. Wharf does none of it, and isn't told.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use wharf::prelude::*;

use crate::bank::{Notes, WITNESS};
use crate::checker::Tail;
use crate::ground::Ground;
use crate::observer::Observer;

/// What the asynchronous primary may not have sent, in time: generously.
const LONGEST_TAIL: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(1);

/// A primary has been replaced.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failover {
    /// When the trouble began.
    began: Instant,
    /// When the new primary acknowledged a write.
    pub(crate) accepting_at: Instant,
    /// When Wharf knew the new primary.
    seen_at: Instant,
}

impl Failover {
    pub(crate) fn tail(self) -> Tail {
        Tail {
            from: self.began - LONGEST_TAIL,
            until: self.seen_at,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Manager<'a> {
    pub(crate) ground: &'a Ground,
    pub(crate) observer: &'a Observer,
}

impl Manager<'_> {
    pub(crate) fn primary(&self) -> usize {
        self.ground.cluster.primary()
    }

    /// Replaces a primary that has been in trouble since `began`, which this has taken `notice` to see. It is then as it
    /// was: killed, frozen or cut off.
    pub(crate) async fn fail_over(&self, began: Instant, notice: Duration) -> Failover {
        tokio::time::sleep(notice).await;
        let old = self.primary();
        let new = self.ground.administer(|cluster| cluster.furthest_replica());
        let new = new.await;
        let promote = self.ground.administer(move |cluster| {
            cluster.promote(new);
            // With synchronous replication nothing is acknowledged before somebody follows. And nobody may follow the old
            // primary when it comes back.
            let nodes = 0..cluster.nodes().len();
            for other in nodes.filter(|other| ![old, new].contains(other)) {
                cluster.follow(other, new);
            }
        });
        self.watch(new, began, promote).await
    }

    /// Replaces a primary that is well.
    pub(crate) async fn switch_over(&self) -> Failover {
        let began = Instant::now();
        let new = self.ground.administer(|cluster| cluster.furthest_replica());
        let new = new.await;
        let switch = self
            .ground
            .administer(move |cluster| cluster.switchover(new));
        self.watch(new, began, switch).await
    }

    /// Makes a node that has been in trouble a replica again.
    pub(crate) async fn rejoin(&self, node: usize) {
        let primary = self.primary();
        self.ground
            .administer(move |cluster| cluster.rejoin(node, primary))
            .await;
    }

    /// Waits until somebody writes on a node; not for longer than `limit`.
    pub(crate) async fn writes_arrive(&self, node: usize, limit: Duration) {
        let db = &self.ground.direct[node];
        let changed = async {
            let before = Notes::all(db).await;
            loop {
                tokio::time::sleep(LOOK).await;
                if let (Ok(before), Ok(now)) = (&before, Notes::all(db).await)
                    && *before != now
                {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(limit, changed).await;
    }

    async fn watch(
        &self,
        new: usize,
        began: Instant,
        promote: impl Future<Output = ()>,
    ) -> Failover {
        let seen = self.observer.primary_is(new, PATIENCE);
        let accepting = tokio::time::timeout(PATIENCE, accepts_writes(&self.ground.direct[new]));
        let ((), accepting_at, seen_at) = tokio::join!(promote, accepting, seen);
        Failover {
            began,
            accepting_at: accepting_at.expect("a promoted node acknowledges writes"),
            // Never seen: then it will be harmless, or shown by what is lost.
            seen_at: seen_at.unwrap_or_else(Instant::now),
        }
    }
}

/// Returns when a node acknowledges a write.
async fn accepts_writes(db: &Database) -> Instant {
    loop {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| now.as_micros() as i64);
        match Notes::raise(db, WITNESS, now).await {
            Ok(_) => return Instant::now(),
            Err(_) => tokio::time::sleep(LOOK).await,
        }
    }
}
