//! How long Wharf takes to lend a connection that is free.

use std::time::{Duration, Instant};

use tokio::task::{coop, yield_now};

use super::case::CONNECTIONS;
use super::peer::{Peer, fill};
use super::wharf::Wharf;
use crate::statistics::percentile;
use crate::{Error, Result};

const TURNS: u32 = 4_000;
const CHECKOUTS_PER_TURN: u32 = 256;

/// Prints `pool checkout-ns p50=NS p95=NS p99=NS`, of single checkouts by one task.
pub(crate) async fn print(url: &str, verbose: bool) -> Result<()> {
    let pool = Wharf::open(url, CONNECTIONS).await?;
    fill(&pool, CONNECTIONS).await?;
    let mut laps = tokio::spawn(async move { laps(&pool).await }).await??;
    laps.sort_unstable();
    let [p50, p95, p99] = [50.0, 95.0, 99.0].map(|part| percentile(&laps, part).as_nanos());
    println!("pool checkout-ns p50={p50} p95={p95} p99={p99}");
    if verbose {
        println!("# of these the clock takes {} ns", clock().as_nanos());
    }
    Ok(())
}

async fn laps<P: Peer>(pool: &P) -> Result<Vec<Duration>> {
    let mut laps = Vec::new();
    for _ in 0..TURNS {
        let checkouts = async {
            for _ in 0..CHECKOUTS_PER_TURN {
                let started = Instant::now();
                let held = pool.acquire().await?;
                laps.push(started.elapsed());
                drop(held);
            }
            Ok::<(), Error>(())
        };
        coop::unconstrained(checkouts).await?;
        yield_now().await;
    }
    Ok(laps)
}

/// What a lap of nothing takes.
fn clock() -> Duration {
    let mut laps: Vec<_> = (0..TURNS).map(|_| Instant::now().elapsed()).collect();
    laps.sort_unstable();
    percentile(&laps, 50.0)
}
