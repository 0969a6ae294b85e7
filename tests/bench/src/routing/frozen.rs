//! How soon a primary is missed that doesn't answer any more, and doesn't hang up either.

use std::time::Instant;

use super::trio::{Trio, wait_until};
use super::writers::Writers;

const TIMES: usize = 10;

/// Prints `routing frozen-ms-p50 MS` and the 99th percentile: from SIGSTOP until there is no primary, while a few tasks write.
pub(super) async fn print(trio: &Trio, verbose: bool) -> crate::Result<()> {
    let db = trio.together(&[0, 1, 2]).await?;
    let writers = Writers::start(&db);
    let mut laps = Vec::new();
    for _ in 0..TIMES {
        trio.all_well(&db).await?;
        writers.next_answer().await?;
        let frozen_at = trio
            .blocking(|cluster| {
                let at = Instant::now();
                cluster.node(cluster.primary()).freeze();
                at
            })
            .await?;
        let missed_at = wait_until(&db, |topology| topology.primary.is_none()).await?;
        laps.push(missed_at - frozen_at);
        trio.blocking(|cluster| cluster.node(cluster.primary()).thaw())
            .await?;
    }
    super::print_milliseconds("frozen", laps, verbose);
    writers.stop().await?;
    db.close().await;
    Ok(())
}
