//! Cuts commits off, just when they pass: faults at random times hardly ever meet one.

use std::sync::Arc;
use std::time::Duration;

use wharf_tests::cluster::Cluster;
use wharf_tests::proxy::Fault;

use crate::history::History;

const LOOK: Duration = Duration::from_millis(1);
/// Nobody commits through an armed proxy once its node is no longer the primary.
const LOOKS: u32 = 200;

/// How the answer to a commit is lost. Most are quick, so that there are many.
const FAULTS: [Fault; 5] = [
    Fault::AckLost,
    Fault::AckLost,
    Fault::RequestLost,
    Fault::RequestLost,
    Fault::AckHang,
];

/// Cuts one of so many commits, until it is dropped.
pub(crate) async fn run(
    cluster: Arc<Cluster>,
    history: Arc<History>,
    mut random: fastrand::Rng,
    one_of: u64,
) {
    loop {
        let due = history.commits() + random.u64(1..2 * one_of);
        while history.commits() < due {
            tokio::time::sleep(LOOK).await;
        }
        let fault = FAULTS[random.usize(..FAULTS.len())];
        let primary = cluster.primary();
        let proxy = cluster.node(primary).proxy();
        proxy.arm(b"COMMIT", fault);
        for _ in 0..LOOKS {
            tokio::time::sleep(LOOK).await;
            if !proxy.is_armed() {
                history.cut();
                break;
            }
        }
    }
}
