//! What a pool tells of itself adds up.

use wharf::PoolStats;
use wharf::prelude::*;

use super::{Held, readers, waiting, writers};
use crate::entities::{Accounts, open_accounts};
use crate::harness::{Engine, Place, eventually};

/// What holds at any moment.
pub(super) fn assert_consistent(stats: &PoolStats) {
    let here = stats.idle + stats.lent + stats.opening + stats.quarantined + stats.closing;
    assert!(here <= stats.max_connections, "{stats:?}");
    assert!(stats.limit <= stats.max_connections, "{stats:?}");
    assert!(
        (0.0..=1.0).contains(&stats.utilisation) && (0.0..=1.0).contains(&stats.reuse_ratio),
        "{stats:?}"
    );
    assert!(stats.reused <= stats.acquired, "{stats:?}");
    assert!(
        stats.wait.p50 <= stats.wait.p95 && stats.wait.p95 <= stats.wait.p99,
        "{stats:?}"
    );
}

/// What holds while nobody uses the pool.
pub(super) fn assert_settled(stats: &PoolStats) {
    assert_consistent(stats);
    let closed: u64 = stats.closed.values().sum();
    assert_eq!(
        stats.opened,
        closed + stats.idle as u64,
        "each is idle, or was closed for a reason: {stats:?}"
    );
    assert_eq!((stats.lent, waiting(stats)), (0, 0), "{stats:?}");
    assert_eq!(
        stats.wait.count, stats.acquired,
        "who didn't wait is counted too: {stats:?}"
    );
    assert_eq!(stats.hold.count, stats.acquired, "{stats:?}");
}

/// Waits until nobody uses a pool and nothing is being done to its connections.
pub(super) async fn settle(db: &Database) -> Result<()> {
    eventually("the pools are at rest", async || {
        let stats = db.pool_stats();
        Ok(stats
            .iter()
            .all(|stats| stats.lent + stats.opening + stats.quarantined + stats.closing == 0))
    })
    .await
}

on_all_engines! {
    async fn checkouts_and_connections_add_up(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(2).max_uses(7)).await?;
        open_accounts(db, [1]).await?;
        let before = readers(db).acquired;
        let tasks = (0..40).map(|_| {
            let db = db.clone();
            tokio::spawn(async move { Accounts::count(&db).await })
        });
        for task in futures_util::future::join_all(tasks).await {
            task.expect("no panic")?;
        }
        settle(db).await?;
        let stats = readers(db);
        assert_settled(&stats);
        assert_eq!(stats.acquired - before, 40);
        assert!(stats.reused + stats.opened >= stats.acquired, "{stats:?}");
        assert!(stats.waited <= stats.acquired && stats.opened >= 40 / 7, "{stats:?}");
        assert_eq!((stats.timed_out, stats.refused, stats.left, stats.open_failures), (0, 0, 0, 0));
        db.close().await;
    }

    async fn the_rate_and_the_hours_follow_the_load(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(2)).await?;
        open_accounts(db, [1]).await?;
        let held = Held::begin(db).await;
        eventually("it shows", async || {
            Accounts::count(db).await?;
            let stats = readers(db);
            let seen = stats.hourly.iter().filter(|hour| hour.peak > 0).count();
            Ok(stats.acquired_per_second > 0.0 && seen >= 1)
        })
        .await?;
        held.end().await?;
        db.close().await;
    }

    async fn there_is_one_pool_but_for_a_file_which_has_a_writer_and_readers(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(4)).await?;
        let most: Vec<usize> = db.pool_stats().iter().map(|stats| stats.max_connections).collect();
        assert_eq!(most, if place.engine == Engine::Sqlite { vec![1, 4] } else { vec![4] });
        let unit = db.begin().await?;
        assert_eq!(writers(db).lent, 1);
        unit.rollback().await?;
        db.close().await;
    }

    async fn who_waited_and_for_how_long_is_counted(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1)).await?;
        let before = readers(db);
        let holder = Held::begin(db).await;
        let waiter = Held::start(db);
        eventually("it waits", async || Ok(waiting(&readers(db)) == 1)).await?;
        let stats = readers(db);
        assert_eq!((stats.lent, stats.utilisation), (1, 1.0));
        holder.end().await?;
        waiter.end().await?;
        settle(db).await?;
        let stats = readers(db);
        assert_settled(&stats);
        assert_eq!((stats.acquired - before.acquired, stats.waited - before.waited), (2, 1));
        assert!(stats.wait.max > Duration::ZERO);
        db.close().await;
    }

    async fn a_snapshot_is_json_without_secrets(db: &Database) {
        for stats in db.pool_stats() {
            let json = serde_json::to_value(&stats).expect("JSON");
            for field in ["idle", "closed", "waiting", "wait", "hold", "hourly", "partitions", "statement_hits"] {
                assert!(!json[field].is_null(), "`{field}` is missing from {json}");
            }
            assert!(json["waiting"]["critical"].is_u64() && json["wait"]["p99"].is_object(), "{json}");
            assert!(!json.to_string().contains("wharf:wharf"));
        }
    }
}
