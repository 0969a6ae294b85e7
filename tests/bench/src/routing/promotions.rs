//! How soon a killed primary is missed, and how soon writes go on once another one takes them.

use std::time::{Duration, Instant};

use super::Options;
use super::trio::{Trio, wait_until};
use super::writers::Writers;

/// How often the promoted server is asked whether it takes writes.
const TICK: Duration = Duration::from_micros(200);

/// Prints `routing killed-ms-…`, from the kill until there is no primary, and `routing reroute-ms-…`, from when the
/// promoted server says that it takes writes until the first one is acknowledged. A few tasks write all the time.
pub(super) async fn print(trio: &Trio, options: &Options) -> crate::Result<()> {
    let db = trio.together(&[0, 1, 2]).await?;
    let writers = Writers::start(&db);
    let (mut killed, mut rerouted) = (Vec::new(), Vec::new());
    for number in 1..=options.promotions {
        eprintln!("promotion {number} of {}", options.promotions);
        trio.all_well(&db).await?;
        writers.next_answer().await?;

        let killed_at = trio
            .blocking(|cluster| {
                let at = Instant::now();
                cluster.node(cluster.primary()).kill();
                at
            })
            .await?;
        let missed_at = wait_until(&db, |topology| topology.primary.is_none()).await?;
        killed.push(missed_at - killed_at);

        let old = trio.primary();
        let next = trio.blocking(|cluster| cluster.furthest_replica()).await?;
        let watching = takes_writes(trio, next).await?;
        let (promoting, answer) = tokio::join!(
            trio.blocking(move |cluster| cluster.promote(next)),
            writers.next_answer(),
        );
        promoting?;
        // The server may answer a writer before it answers us.
        rerouted.push(answer?.saturating_duration_since(watching.await??));

        let other = 3 - old - next;
        trio.blocking(move |cluster| {
            cluster.follow(other, next);
            cluster.rejoin(old, next);
        })
        .await?;
    }
    super::print_milliseconds("killed", killed, options.verbose);
    super::print_milliseconds("reroute", rerouted, options.verbose);
    writers.stop().await?;
    db.close().await;
    Ok(())
}

/// Watches a replica on a connection of its own: when it first said that it takes writes.
async fn takes_writes(
    trio: &Trio,
    node: usize,
) -> crate::Result<tokio::task::JoinHandle<crate::Result<Instant>>> {
    let mut connection = trio.connect(node).await?;
    Ok(tokio::spawn(async move {
        loop {
            let asked_at = Instant::now();
            let question = sqlx::query_scalar("SELECT pg_is_in_recovery()");
            let is_replica: bool = question.fetch_one(&mut connection).await?;
            if !is_replica {
                return Ok(asked_at);
            }
            tokio::time::sleep(TICK).await;
        }
    }))
}
