//! Closing: nobody new, a grace for those who are there, and nothing that stays open.

use tokio::runtime::Builder;
use wharf::prelude::*;

use super::watched::Watched;
use super::{Held, Statements, readers, writers};
use crate::entities::{Accounts, balance, open_accounts, set_balance};
use crate::harness::{Engine, Place, eventually, refused, refused_saying};

/// No grace.
fn impatient() -> PoolConfig {
    PoolConfig::new().close_timeout(Duration::ZERO)
}

on_all_engines! {
    async fn idle_connections_are_closed_and_counted(_db: &Database, place: &Place) {
        let watched = Watched::new(place.engine).await?;
        let db = watched.open(PoolConfig::new().max_connections(3).initial_connections(3)).await?;
        let open: u64 = db.pool_stats().iter().map(|stats| stats.opened).sum();
        assert!(watched.connections().await? >= open as usize);
        let report = db.close().await;
        assert_eq!((report.closed, report.drained, report.cancelled, report.abandoned), (open, 0, 0, 0));
        watched.is_let_go().await?;
        assert_eq!(db.close().await.closed, 0);
        watched.close().await;
    }

    async fn who_is_there_may_finish_and_who_waits_or_comes_is_refused(_db: &Database, place: &Place) {
        let watched = Watched::new(place.engine).await?;
        let db = watched.open(PoolConfig::new().max_connections(1)).await?;
        let (holder, waiter) = (Held::begin(&db).await, Held::start(&db));
        eventually("it waits", async || Ok(super::waiting(&readers(&db)) == 1)).await?;
        let closing = db.clone();
        let closing = tokio::spawn(async move { closing.close().await });
        refused(waiter.end().await, ErrorKind::PoolClosed);
        refused(Accounts::count(&db).await, ErrorKind::PoolClosed);
        holder.end().await?;
        let report = closing.await.expect("no panic");
        assert_eq!((report.drained, report.cancelled, report.abandoned), (1, 0, 0));
        watched.is_let_go().await?;
        watched.close().await;
    }

    async fn a_statement_that_runs_on_is_stopped_after_the_grace(_db: &Database, place: &Place) {
        let watched = Watched::new(place.engine).await?;
        let db = watched.open(impatient()).await?;
        let running = db.clone();
        let running = tokio::spawn(async move { Statements::endless(&running).await });
        eventually("it runs", async || Ok(readers(&db).lent + writers(&db).lent > 0)).await?;
        let report = db.close().await;
        assert_eq!((report.cancelled, report.abandoned), (1, 0), "{report:?}");
        assert!(running.await.expect("no panic").is_err());
        watched.is_let_go().await?;
        watched.close().await;
    }

    async fn a_unit_that_is_held_for_ever_is_rolled_back_after_the_grace(_db: &Database, place: &Place) {
        let watched = Watched::new(place.engine).await?;
        let db = watched.open(impatient()).await?;
        open_accounts(&db, [1]).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 5).await?;
        let report = db.close().await;
        assert_eq!((report.cancelled, report.abandoned), (1, 0), "{report:?}");
        watched.is_let_go().await?;
        assert!(balance(&unit, 1).await.is_err());
        assert!(unit.commit().await.is_err());
        let again = watched.open(PoolConfig::new()).await?;
        assert_eq!(balance(&again, 1).await?, 100);
        again.close().await;
        watched.close().await;
    }

    async fn a_database_whose_last_handle_is_dropped_leaves_nothing_open(_db: &Database, place: &Place) {
        let watched = Watched::new(place.engine).await?;
        let db = watched.open(PoolConfig::new().max_connections(3).initial_connections(3)).await?;
        assert!(watched.connections().await? >= 3);
        drop(db);
        watched.is_let_go().await?;
        watched.close().await;
    }
}

/// As where each test has a runtime of its own, and all of them share one database.
#[test]
fn a_database_whose_runtime_has_ended_says_so() {
    let start = |builder: &mut Builder| builder.enable_all().build().expect("start a runtime");
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::MariaDb] {
        // On one thread, and with nothing to open, the pool's own task may not even have begun.
        for (mut builder, initial) in [
            (Builder::new_multi_thread(), 1),
            (Builder::new_current_thread(), 0),
        ] {
            let place = Place::new(engine);
            let first = start(&mut builder);
            let pool = PoolConfig::new().initial_connections(initial);
            let db = first.block_on(place.open(pool)).expect("open the database");
            drop(first);
            for _ in 0..2 {
                let counted = start(&mut builder).block_on(Accounts::count(&db));
                refused_saying(counted, ErrorKind::PoolClosed, &["runtime", "was opened"]);
            }
        }
    }
}
