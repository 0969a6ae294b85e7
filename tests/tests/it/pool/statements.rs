//! Prepared statements: kept per connection, as many as one likes.

use wharf::prelude::*;

use super::readers;
use crate::entities::{Accounts, open_accounts};
use crate::harness::Place;

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
