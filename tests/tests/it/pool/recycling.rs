//! When a connection is replaced, when it is asked, and that nobody who uses the pool notices.

use std::time::Instant;

use wharf::prelude::*;
use wharf::{CloseReason, Recycling};

use super::stats::settle;
use super::{Held, Statements, closed, readers, writers};
use crate::entities::{Accounts, open_accounts};
use crate::harness::{Place, eventually};

/// A pool of one connection on a table with one account.
async fn open(place: &Place, pool: PoolConfig) -> Result<Database> {
    let db = place.open(pool.max_connections(1)).await?;
    open_accounts(&db, [1]).await?;
    Ok(db)
}

on_all_engines! {
    async fn a_connection_is_replaced_after_its_uses(_db: &Database, place: &Place) {
        let db = &open(place, PoolConfig::new().max_uses(3)).await?;
        for _ in 0..9 {
            Accounts::count(db).await?;
        }
        let stats = readers(db);
        assert!(closed(&stats, CloseReason::MaxUses) >= 2, "{stats:?}");
        assert!(stats.acquired <= 3 * stats.opened, "{stats:?}");
        db.close().await;
    }

    async fn a_connection_is_replaced_when_it_is_too_old(_db: &Database, place: &Place) {
        let db = &open(place, PoolConfig::new().max_lifetime(Duration::from_secs(1))).await?;
        eventually("two have been replaced", async || {
            Accounts::count(db).await?;
            Ok(closed(&readers(db), CloseReason::MaxLifetime) >= 2)
        })
        .await?;
        db.close().await;
    }

    async fn a_connection_that_was_marked_is_replaced_when_its_unit_ends(_db: &Database, place: &Place) {
        let db = &open(place, PoolConfig::new()).await?;
        let unit = db.begin().await?;
        unit.mark_for_recycling().await?;
        Accounts::count(&unit).await?;
        assert_eq!(closed(&writers(db), CloseReason::Recycled), 0);
        unit.commit().await?;
        eventually("it has been closed", async || Ok(closed(&writers(db), CloseReason::Recycled) == 1)).await?;
        Accounts::delete(db, 1).await?;
        assert_eq!(closed(&writers(db), CloseReason::Recycled), 1);
        db.close().await;
    }

    async fn all_connections_can_be_replaced_and_nobody_fails(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(3).initial_connections(3)).await?;
        open_accounts(db, [1]).await?;
        settle(db).await?;
        let before = readers(db).idle as u64;
        let held = Held::begin(db).await;
        db.recycle_connections();
        eventually("the idle ones have been closed", async || Ok(closed(&readers(db), CloseReason::Recycled) == before - 1)).await?;
        assert_eq!(readers(db).lent, 1, "the one in use is let alone");
        Accounts::count(db).await?;
        held.end().await?;
        eventually("that one too", async || Ok(closed(&readers(db), CloseReason::Recycled) == before)).await?;
        Accounts::count(db).await?;
        db.close().await;
    }

    async fn replace_uses_every_connection_once(_db: &Database, place: &Place) {
        let db = &open(place, PoolConfig::new().recycling(Recycling::Replace)).await?;
        let before = readers(db).acquired;
        for _ in 0..5 {
            Accounts::count(db).await?;
        }
        let stats = readers(db);
        assert_eq!((stats.acquired - before, stats.reused), (5, 0));
        assert!(closed(&stats, CloseReason::Recycled) >= 4, "{stats:?}");
        db.close().await;
    }

    async fn how_often_a_connection_is_asked_is_a_matter_of_choice(_db: &Database, place: &Place) {
        let always = PoolConfig::new().check_after_idle(Duration::ZERO);
        for (pool, is_asked) in [(always.clone(), true), (always.recycling(Recycling::Fast), false)] {
            let db = &open(place, pool).await?;
            let before = readers(db).checks;
            for _ in 0..3 {
                Accounts::count(db).await?;
            }
            let stats = readers(db);
            assert_eq!(stats.checks - before, if is_asked { 3 } else { 0 });
            assert_eq!(stats.check_pass_rate, is_asked.then_some(1.0));
            db.execute("DROP TABLE accounts").await?;
            db.close().await;
        }
    }

    async fn adaptive_asks_who_has_idled_and_fast_does_not(_db: &Database, place: &Place) {
        for recycling in [Recycling::Adaptive, Recycling::Fast] {
            let db = &open(place, PoolConfig::new().recycling(recycling)).await?;
            settle(db).await?;
            let before = readers(db).checks;
            let idle = Instant::now();
            while idle.elapsed() < Duration::from_millis(1_100) {
                tokio::task::yield_now().await;
            }
            Accounts::count(db).await?;
            assert_eq!(readers(db).checks - before, u64::from(recycling == Recycling::Adaptive));
            db.execute("DROP TABLE accounts").await?;
            db.close().await;
        }
    }

    async fn a_connection_can_be_asked_when_it_comes_back(_db: &Database, place: &Place) {
        let db = &open(place, PoolConfig::new().recycling(Recycling::Fast).check_on_release(true)).await?;
        settle(db).await?;
        let opened = readers(db).opened;
        for _ in 0..3 {
            let before = readers(db).checks;
            Accounts::count(db).await?;
            eventually("it has been asked, and idles", async || {
                let stats = readers(db);
                Ok(stats.checks == before + 1 && stats.idle == 1)
            })
            .await?;
        }
        assert_eq!(readers(db).opened, opened);
        db.close().await;
    }

    async fn a_connection_whose_replacement_is_ready_has_another_name_on_the_server(_db: &Database, place: &Place) {
        if db_is_a_file(place) {
            return Ok(());
        }
        let db = &open(place, PoolConfig::new()).await?;
        let first = Statements::process(db).await?;
        assert_eq!(Statements::process(db).await?, first);
        db.recycle_connections();
        assert_ne!(Statements::process(db).await?, first);
        db.close().await;
    }
}

/// A file has no processes.
fn db_is_a_file(place: &Place) -> bool {
    place.engine == crate::harness::Engine::Sqlite
}
