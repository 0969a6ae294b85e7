//! Somebody else who takes all connections that a server has.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use wharf::RawLease;
use wharf::prelude::*;

/// More than the servers of the tests have.
const ENOUGH: u32 = 250;
const PAUSE: Duration = Duration::from_millis(5);
/// Enough to get a connection where there is one.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);

/// Takes every connection that there is or comes free, until so long after there were none left; how many it had.
pub(crate) async fn rage(url: String, length: Duration) -> Result<usize> {
    let pool = PoolConfig::new()
        .max_connections(ENOUGH)
        .max_opening(ENOUGH)
        .acquire_timeout(ACQUIRE_TIMEOUT);
    let db = Database::builder()
        .primary(url)
        .pool(pool)
        .connect()
        .await?;
    let is_full = Arc::new(Notify::new());
    let mut takers = JoinSet::new();
    for _ in 0..ENOUGH {
        takers.spawn(take(db.clone(), is_full.clone()));
    }
    // That it is full shows by who gets none.
    is_full.notified().await;
    tokio::time::sleep(length).await;
    let mut taken = Vec::new();
    while let Some(Ok(lease)) = takers.try_join_next() {
        taken.push(lease);
    }
    takers.shutdown().await;
    let count = taken.len();
    drop(taken);
    db.close().await;
    Ok(count)
}

/// Takes one connection, sooner or later.
async fn take(db: Database, is_full: Arc<Notify>) -> RawLease {
    loop {
        match db.raw().await {
            Ok(lease) => return lease,
            Err(_) => {
                is_full.notify_one();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
