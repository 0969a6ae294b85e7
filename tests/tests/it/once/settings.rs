//! What Wharf sets for its own statements is gone when the next one gets the connection, and the connection stays.

use wharf::prelude::*;

use super::{Guard, Owner, id, open_bank};
use crate::entities::{balance, set_balance};
use crate::harness::{Place, eventually};

struct Server;

#[repository]
impl Server {
    /// Which connection it runs on, and how long it would wait for a lock.
    #[query(
        postgres = "SELECT CAST(pg_backend_pid() AS bigint), current_setting('lock_timeout')",
        mysql = "SELECT CAST(connection_id() AS SIGNED), CAST(@@SESSION.innodb_lock_wait_timeout AS CHAR)"
    )]
    async fn lock_wait(db: &impl WriteExecutor) -> Result<(i64, String)>;
}

/// A pool whose calls all get the same connection.
async fn open(place: &Place) -> Result<Database> {
    place.open(PoolConfig::new().max_connections(1)).await
}

on_servers! {
    async fn a_fence_that_nobody_waits_for_any_more_leaves_nothing_behind(db: &Database, place: &Place) {
        open_bank(db).await?;
        let asking = open(place).await?;
        let before = Server::lock_wait(&asking).await?;
        let process = before.0;
        // The owner is in progress, so the fence waits.
        let mut owner = Owner::begin(db).await;
        let asked = tokio::spawn({
            let asking = asking.clone();
            async move { asking.resolve(id(1, 0)).await }
        });
        eventually("the fence waits", async || Ok(Guard::waiting(db).await? == 1)).await?;
        asked.abort();
        db.execute(match db.dialect() {
            Dialect::Postgres => format!("SELECT pg_cancel_backend({process})"),
            _ => format!("KILL QUERY {process}"),
        })
        .await?;
        assert_eq!(Server::lock_wait(&asking).await?, before, "the same connection, as it was");
        owner.commit().await?;
        asking.close().await;
    }

    async fn a_sweep_that_is_refused_leaves_nothing_behind(db: &Database, place: &Place) {
        open_bank(db).await?;
        let paying = open(place).await?;
        let process = Server::lock_wait(&paying).await?.0;
        // The first commit starts the task that sweeps, which has to wait here, behind a unit that was there before.
        let options = TransactionOptions::new().exactly_once();
        let first = paying.begin_with(options).await?;
        let second = tokio::spawn({
            let paying = paying.clone();
            async move { paying.begin().await }
        });
        let stats = || paying.pool_stats().swap_remove(0);
        let is_waited_for = async || {
            eventually("somebody waits", async || Ok(stats().waiting.values().sum::<usize>() == 1)).await
        };
        is_waited_for().await?;
        first.commit().await?;
        let second = second.await.expect("no panic")?;
        is_waited_for().await?;
        db.execute("DROP TABLE wharf_outcome").await?;
        let before = stats().acquired;
        second.rollback().await?;
        eventually("it has swept", async || Ok(stats().acquired == before + 1 && stats().idle == 1)).await?;
        let unit = paying.begin().await?;
        let first = balance(&unit, 1).await?;
        set_balance(db, 1, 7).await?;
        let second = balance(&unit, 1).await?;
        assert_eq!(second == first, db.dialect() == Dialect::MySql, "each engine's own level");
        unit.rollback().await?;
        assert_eq!(Server::lock_wait(&paying).await?.0, process, "the same connection");
        paying.close().await;
    }
}
