//! Prepared statements: kept per connection, as many as one likes.

use futures_util::future::try_join_all;
use wharf::prelude::*;
use wharf_tests::bouncer::Bouncer;
use wharf_tests::server::Server;

use super::readers;
use crate::entities::{Accounts, balance, open_accounts, set_balance};
use crate::harness::{Engine, Place, run};

/// A pool of one connection on a table with one account.
async fn open(place: &Place, statements: usize) -> Result<Database> {
    let db = place
        .open(
            PoolConfig::new()
                .max_connections(1)
                .statement_cache(statements),
        )
        .await?;
    db.execute("DROP TABLE IF EXISTS accounts").await?;
    open_accounts(&db, [1]).await?;
    Ok(db)
}

/// Runs two statements in turns, and says how many of them were found prepared, and how many were not.
async fn alternate(db: &Database, times: u64) -> Result<(u64, u64)> {
    let before = readers(db);
    for _ in 0..times {
        assert_eq!(Accounts::count(db).await?, 1);
        Accounts::get(db, 1).await?;
    }
    let after = readers(db);
    Ok((
        after.statement_hits - before.statement_hits,
        after.statement_misses - before.statement_misses,
    ))
}

on_all_engines! {
    async fn a_statement_is_prepared_once_for_each_connection(_db: &Database, place: &Place) {
        let db = &open(place, 10).await?;
        assert_eq!(alternate(db, 1).await?, (0, 2));
        assert_eq!(alternate(db, 5).await?, (10, 0));
        db.close().await;
    }

    async fn a_cache_that_is_too_small_forgets_and_goes_on(_db: &Database, place: &Place) {
        let db = &open(place, 1).await?;
        assert_eq!(alternate(db, 5).await?, (0, 10));
        db.close().await;
    }

    async fn without_a_cache_everything_works_unprepared(_db: &Database, place: &Place) {
        let db = &open(place, 0).await?;
        assert_eq!(alternate(db, 5).await?.0, 0);
        db.transaction(async |uow| Accounts::delete(uow, 1).await).await?;
        assert_eq!(Accounts::count(db).await?, 0);
        db.close().await;
    }
}

/// Whatever reaches the server next may reach another process.
#[test]
fn a_proxy_that_pools_by_transaction_is_no_problem() {
    run(Engine::Postgres, async |_: &Database, _: &Place| {
        const CALLERS: i64 = 8;
        let server = Server::postgres();
        let bouncer = Bouncer::start(server, 3);
        let place = Place::at(Engine::Postgres, server.database_through(bouncer.address()));
        let pool = PoolConfig::new().statement_cache(0);
        let db = &place.open(pool.initial_connections(8)).await?;
        open_accounts(db, 1..=CALLERS).await?;
        let callers = (1..=CALLERS).map(async |id| {
            for turn in 0..20 {
                assert_eq!(Accounts::get(db, id).await?.id, id, "its own statement");
                assert_eq!(Accounts::count(db).await?, CALLERS as u64);
                set_balance(db, id, turn).await?;
                let sum = db.transaction(async |unit| {
                    set_balance(unit, id, turn + id).await?;
                    balance(unit, id).await
                });
                assert_eq!(sum.await?, turn + id);
            }
            Ok::<_, Error>(())
        });
        try_join_all(callers).await?;
        // What the server refuses leaves no transaction open behind it.
        let twice = Accounts::get(db, 1).await?;
        assert!(Accounts::insert(db, &twice).await.is_err());
        assert_eq!(balance(db, 1).await?, 20);
        db.close().await;
        Ok(())
    });
}
