//! How many connections there are: as many as are needed, as few as are allowed, never more.

use wharf::prelude::*;
use wharf::{CloseReason, Sizing};

use super::{Held, closed, end_all, readers, waiting, writers};
use crate::entities::{balance, open_accounts};
use crate::harness::{Place, eventually};

/// Holds so many of the connections that read.
async fn hold_some(db: &Database, count: usize) -> Vec<Held> {
    let mut held = Vec::new();
    for _ in 0..count {
        held.push(Held::begin(db).await);
    }
    held
}

on_all_engines! {
    async fn connections_are_opened_as_they_are_needed_and_never_beyond_the_maximum(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(3)).await?;
        assert_eq!(readers(db).opened, 1, "which shows that the server is there");
        let held = hold_some(db, 3).await;
        let stats = readers(db);
        assert_eq!((stats.lent, stats.idle, stats.opened, stats.max_connections), (3, 0, 3, 3));
        let one_more = Held::start(db);
        eventually("the fourth waits", async || Ok(waiting(&readers(db)) == 1)).await?;
        assert_eq!(readers(db).opened, 3);
        end_all(held).await?;
        one_more.end().await?;
        eventually("all are idle", async || Ok(readers(db).idle == 3)).await?;
        assert_eq!(readers(db).opened, 3);
        db.close().await;
    }

    async fn the_first_connections_are_open_before_anybody_asks(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(4).initial_connections(3)).await?;
        let stats = readers(db);
        assert_eq!((stats.opened, stats.lent, stats.idle), (3, 0, 3));
        let held = hold_some(db, 3).await;
        assert_eq!(readers(db).opened, 3);
        end_all(held).await?;
        db.close().await;
    }

    async fn without_first_connections_nothing_is_opened_until_somebody_asks(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().initial_connections(0)).await?;
        assert_eq!((readers(db).opened, writers(db).opened), (0, 0));
        open_accounts(db, [1]).await?;
        assert_eq!(balance(db, 1).await?, 100);
        db.close().await;
    }

    async fn the_minimum_is_kept_open_and_made_good(_db: &Database, place: &Place) {
        let pool = PoolConfig::new().max_connections(3).min_connections(2).initial_connections(0).max_uses(1);
        let db = &place.open(pool).await?;
        eventually("two are open", async || Ok(readers(db).idle == 2)).await?;
        Held::begin(db).await.end().await?;
        eventually("the one that was used up has been replaced", async || {
            let stats = readers(db);
            Ok(closed(&stats, CloseReason::MaxUses) == 1 && stats.idle == 2)
        })
        .await?;
        db.close().await;
    }

    async fn what_idles_beyond_the_minimum_is_closed(_db: &Database, place: &Place) {
        let pool = PoolConfig::new().max_connections(3).min_connections(1).idle_timeout(Duration::from_secs(1));
        let db = &place.open(pool).await?;
        end_all(hold_some(db, 3).await).await?;
        eventually("two have been closed", async || Ok(closed(&readers(db), CloseReason::IdleTimeout) == 2)).await?;
        eventually("one is left", async || Ok((readers(db).idle, readers(db).closing) == (1, 0))).await?;
        db.close().await;
    }

    async fn an_elastic_pool_grows_with_a_load_that_lasts_and_shrinks_when_it_is_gone(_db: &Database, place: &Place) {
        let pool = PoolConfig::new().max_connections(4).min_connections(2).sizing(Sizing::Elastic);
        let db = &place.open(pool).await?;
        assert_eq!(readers(db).limit, 2);
        let held: Vec<Held> = (0..4).map(|_| Held::start(db)).collect();
        for held in &held {
            held.begun().await;
        }
        let stats = readers(db);
        assert_eq!((stats.limit, stats.lent, waiting(&stats)), (4, 4, 0));
        end_all(held).await?;
        eventually("it is as small as before", async || {
            let stats = readers(db);
            Ok((stats.limit, stats.idle) == (2, 2))
        })
        .await?;
        assert_eq!(closed(&readers(db), CloseReason::Surplus), 2);
        db.close().await;
    }
}
