//! Connections that break, and servers that don't answer: whoever can wait is served.

use wharf::prelude::*;
use wharf::{CloseReason, Recycling};
use wharf_tests::proxy::{Fault, Proxy};
use wharf_tests::server::Server;

use super::stats::{assert_settled, settle};
use super::watched::Watched;
use super::{Held, closed, end_all, readers, waiting};
use crate::entities::{Accounts, open_accounts};
use crate::harness::{Engine, Place, eventually};

/// A way to the server of all tests that can be blocked.
async fn proxied(engine: Engine) -> Result<(Proxy, Watched)> {
    let server = match engine {
        Engine::Postgres => Server::postgres(),
        _ => Server::mariadb(),
    };
    let proxy = Proxy::start(server.address()).await;
    let place = Place::at(engine, server.database_through(proxy.address()));
    Ok((proxy, Watched::at(place, server.database()).await?))
}

/// Asks every connection before it is lent.
fn asking() -> PoolConfig {
    PoolConfig::new().check_after_idle(Duration::ZERO)
}

on_servers! {
    async fn when_all_connections_are_ended_nobody_notices(_db: &Database, place: &Place) {
        for recycling in [Recycling::Checked, Recycling::Adaptive] {
            let watched = Watched::new(place.engine).await?;
            let pool = asking().max_connections(4).initial_connections(4).recycling(recycling);
            let db = &watched.open(pool).await?;
            open_accounts(db, [1]).await?;
            // Adaptive asks after a second; until it has learnt, a failure is possible, and can be repeated.
            let mut failures = 0;
            watched.end_all().await?;
            eventually("all is well again", async || {
                let found = Accounts::count(db).await;
                let Err(error) = found else { return Ok(true) };
                assert!(recycling == Recycling::Adaptive && error.is_retryable(), "{error:?}");
                failures += 1;
                Ok(false)
            })
            .await?;
            assert!(failures <= 4);
            let calls = (0..20).map(|_| Accounts::count(db));
            futures_util::future::try_join_all(calls).await?;
            settle(db).await?;
            assert_settled(&readers(db));
            db.close().await;
            watched.close().await;
        }
    }

    async fn a_connection_that_does_not_answer_when_it_comes_back_serves_nobody_else(_db: &Database, place: &Place) {
        let (proxy, watched) = proxied(place.engine).await?;
        let pool = PoolConfig::new().max_connections(1).recycling(Recycling::Fast).check_on_release(true);
        let db = &watched.open(pool).await?;
        open_accounts(db, [1]).await?;
        settle(db).await?;
        proxy.arm(b"SELECT 1", Fault::RequestLost);
        assert_eq!(Accounts::count(db).await?, 1);
        eventually("it is closed", async || Ok(closed(&readers(db), CloseReason::ValidationFailed) == 1)).await?;
        assert_eq!(Accounts::count(db).await?, 1);
        assert!(readers(db).check_pass_rate.is_some_and(|rate| rate < 1.0));
        db.close().await;
        watched.close().await;
    }

    /// bb8 #167, #194, #201: broken connections starved those who waited.
    async fn when_all_connections_break_everybody_who_waits_gets_another(_db: &Database, place: &Place) {
        let watched = Watched::new(place.engine).await?;
        let db = &watched.open(PoolConfig::new().max_connections(2)).await?;
        let holders = [Held::begin(db).await, Held::begin(db).await];
        let waiters: Vec<Held> = (0..64).map(|_| Held::start(db)).collect();
        eventually("they wait", async || Ok(waiting(&readers(db)) == 64)).await?;
        watched.end_all().await?;
        for holder in holders {
            // What it can't end has been rolled back by the server.
            let _ = holder.end().await;
        }
        end_all(waiters).await?;
        settle(db).await?;
        assert_eq!(closed(&readers(db), CloseReason::NotCleanable), 2);
        db.close().await;
        watched.close().await;
    }

    /// sqlx #4349: a check that was never answered took the connection's place in the pool with it.
    async fn a_connection_that_never_answers_is_replaced_and_nothing_is_lost(_db: &Database, place: &Place) {
        let (proxy, watched) = proxied(place.engine).await?;
        let pool = asking().max_connections(1).check_timeout(Duration::from_millis(50));
        let db = &watched.open(pool).await?;
        proxy.withhold_answers();
        let waiter = Held::start(db);
        eventually("it has been asked in vain, and given up", async || {
            let stats = readers(db);
            Ok(stats.check_pass_rate < Some(1.0) && stats.closed.values().sum::<u64>() == 1)
        })
        .await?;
        proxy.release();
        waiter.end().await?;
        settle(db).await?;
        let stats = readers(db);
        assert_settled(&stats);
        assert_eq!(stats.idle, 1);
        db.close().await;
        proxy.connections_become(0).await;
        watched.close().await;
    }

    async fn connections_that_are_reset_under_load_fail_only_what_was_on_them(_db: &Database, place: &Place) {
        let (proxy, watched) = proxied(place.engine).await?;
        let db = &watched.open(asking().max_connections(4)).await?;
        open_accounts(db, [1]).await?;
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    let mut served = 0;
                    while served < 50 {
                        match Accounts::count(&db).await {
                            Ok(_) => served += 1,
                            Err(error) => assert!(error.is_retryable(), "{error:?}"),
                        }
                    }
                })
            })
            .collect();
        for round in 1..=5 {
            let before = readers(db).acquired;
            eventually("it goes on", async || Ok(readers(db).acquired > before || tasks.iter().all(|task| task.is_finished()))).await?;
            proxy.reset_all();
            assert!(readers(db).opened >= 1, "round {round}");
        }
        for task in tasks {
            task.await.expect("no panic");
        }
        Accounts::count(db).await?;
        settle(db).await?;
        assert_settled(&readers(db));
        db.close().await;
        proxy.connections_become(0).await;
        watched.close().await;
    }

    async fn a_unit_on_a_connection_that_broke_says_so_and_the_next_is_well(_db: &Database, place: &Place) {
        let watched = Watched::new(place.engine).await?;
        let db = &watched.open(PoolConfig::new().max_connections(1)).await?;
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        Accounts::delete(&unit, 1).await?;
        watched.end_all().await?;
        let error = Accounts::count(&unit).await.expect_err("its connection is gone");
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::ConnectionLost, Outcome::RolledBack), "{error:?}");
        drop(unit);
        assert_eq!(Accounts::count(db).await?, 1);
        db.close().await;
        watched.close().await;
    }
}
