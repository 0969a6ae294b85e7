//! How soon the connection of a query that was dropped can be used again.

use std::time::{Duration, Instant};

use ::wharf::PoolConfig;
use ::wharf::prelude::*;
use tokio::time::timeout;

use crate::crud::stage::Stage;
use crate::statistics::median;

/// How often each peer drops one.
const TIMES: usize = 5;
/// When the query is dropped: it has surely begun by then.
const PATIENCE: Duration = Duration::from_millis(100);
/// The server is in no hurry.
const SLEEP: &str = "SELECT count(*) FROM pg_sleep(3)";

struct Naps;

#[repository]
impl Naps {
    #[query("SELECT count(*) FROM pg_sleep(3)")]
    async fn sleep(db: &impl WriteExecutor) -> Result<i64>;

    #[query("SELECT count(*) FROM accounts WHERE id = 1")]
    async fn wake(db: &impl Executor) -> Result<i64>;
}

/// Prints `pool cancel-ms PEER MS`: with a pool of one connection, the time from the drop of a query that takes three
/// seconds to the answer of the next one.
pub(crate) async fn print(stage: &Stage) -> crate::Result<()> {
    let pool = PoolConfig::new().max_connections(1);
    let wharf = Database::builder()
        .primary(stage.url())
        .pool(pool)
        .connect()
        .await?;
    let sqlx = stage.postgres_pool(1)?;
    let (mut own, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        own.push(milliseconds(Naps::sleep(&wharf), Naps::wake(&wharf)).await?);
        let sleep = sqlx::query_scalar::<_, i64>(SLEEP).fetch_one(&sqlx);
        let wake = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM accounts WHERE id = 1")
            .fetch_one(&sqlx);
        theirs.push(milliseconds(sleep, wake).await?);
    }
    println!("pool cancel-ms wharf {:.1}", median(own));
    println!("pool cancel-ms sqlx {:.1}", median(theirs));
    Ok(())
}

async fn milliseconds<E>(
    query: impl Future<Output = Result<i64, E>>,
    next: impl Future<Output = Result<i64, E>>,
) -> crate::Result<f64>
where
    E: std::error::Error + Send + Sync + 'static,
{
    if let Ok(answer) = timeout(PATIENCE, query).await {
        answer?;
        return Err("a query that was to be dropped ended before".into());
    }
    let dropped = Instant::now();
    next.await?;
    Ok(dropped.elapsed().as_secs_f64() * 1e3)
}
