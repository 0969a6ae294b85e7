//! Looks after one node: asks it what it is, on a connection of its own, with a time limit of its own.
//!
//! Decides nothing: when to ask, and what an answer means, is for the machine in `state.rs`.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::cluster::Cluster;
use super::member::Member;
use crate::driver::{Endpoint, ProbeFailure, Prober, Wire};
use crate::error::Error;
use crate::task_group::TaskGroup;

/// How often a node is asked while somebody waits for its position.
const EAGER_INTERVAL: Duration = Duration::from_millis(2);

/// How long a good-bye may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// Starts to look after a node, until it is removed or the cluster is gone.
pub(super) fn start(cluster: &Arc<Cluster>, member: Arc<Member>, tasks: &TaskGroup) {
    let monitor = Monitor {
        cluster: Arc::downgrade(cluster),
        endpoint: member.node.endpoint().clone(),
        prober: None,
        member,
    };
    tasks.start("node monitor", monitor.run());
}

struct Monitor {
    cluster: Weak<Cluster>,
    member: Arc<Member>,
    endpoint: Endpoint,
    /// The connection, and what is known of who is at its other end; `None` before the first question, and after one that
    /// failed.
    prober: Option<(Wire, Prober)>,
}

impl Monitor {
    async fn run(mut self) {
        while let Some(wait) = self.wait() {
            if !wait.is_zero() {
                // Woken early, it asks early.
                let _ = tokio::time::timeout(wait, self.member.poke.notified()).await;
            }
            if self.is_over() {
                break;
            }
            self.ask().await;
        }
        if let Some(connection) = self
            .prober
            .take()
            .and_then(|(wire, _)| wire.into_connection())
        {
            let _ = tokio::time::timeout(CLOSE_LIMIT, connection.close()).await;
        }
    }

    /// How long until the next question; `None` when there is nobody left to ask for.
    fn wait(&self) -> Option<Duration> {
        let cluster = self.cluster.upgrade()?;
        let at = cluster.next_probe_at(self.member.id)?;
        let wait = at.saturating_duration_since(Instant::now());
        Some(if cluster.is_awaited() && self.prober.is_some() {
            wait.min(EAGER_INTERVAL)
        } else {
            wait
        })
    }

    fn timeout(&self) -> Option<Duration> {
        Some(self.cluster.upgrade()?.probe_timeout(self.member.id))
    }

    fn is_over(&self) -> bool {
        self.member.is_removed() || self.cluster.strong_count() == 0
    }

    async fn ask(&mut self) {
        let Some(timeout) = self.timeout() else {
            return;
        };
        let known = self.prober.take();
        let role = self.member.role();
        let asking = async {
            let (mut wire, mut prober) = match known {
                Some(known) => known,
                None => (
                    Wire::new(self.endpoint.open(role).await?),
                    Prober::new(role),
                ),
            };
            let report = prober.probe(&mut wire).await?;
            Ok::<_, Error>(((wire, prober), report))
        };
        let answer = tokio::time::timeout(timeout, asking).await;
        let Some(cluster) = self.cluster.upgrade() else {
            return;
        };
        match answer {
            Ok(Ok((known, report))) => {
                self.prober = Some(known);
                cluster.probed(&self.member, report);
            }
            Ok(Err(error)) => {
                tracing::debug!(node = %self.member.name, error = %error, "a node didn't answer");
                cluster.not_probed(&self.member, &ProbeFailure::of(&error));
            }
            Err(_) => cluster.not_probed(&self.member, &ProbeFailure::Silent),
        }
    }
}
