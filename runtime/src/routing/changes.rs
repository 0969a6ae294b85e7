//! Waiting for another picture of the nodes.

use std::time::Instant;

use tokio::sync::watch;

use crate::topology::Cluster;

/// New pictures, for a call that has to wait for one. Most never do.
#[derive(Debug)]
pub(super) struct Changes<'a> {
    cluster: &'a Cluster,
    pictures: Option<watch::Receiver<u64>>,
}

impl<'a> Changes<'a> {
    pub(super) fn of(cluster: &'a Cluster) -> Self {
        Self {
            cluster,
            pictures: None,
        }
    }

    /// Waits for a picture that is newer than the last one that was waited for. The first time it doesn't wait: a picture
    /// may have been missed before.
    pub(super) async fn wait_until(&mut self, deadline: Instant) {
        match &mut self.pictures {
            Some(pictures) => {
                let _ = tokio::time::timeout_at(deadline.into(), pictures.changed()).await;
            }
            none => *none = Some(self.cluster.pictures()),
        }
    }
}
