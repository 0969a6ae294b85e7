//! Crowds: nobody is forgotten, nothing is lost, and what the pool tells of itself holds at every moment.

use futures_util::future::{join_all, try_join_all};
use tokio::task::JoinHandle;
use wharf::prelude::*;
use wharf_tests::cancel::drop_after;

use super::stats::{assert_consistent, assert_settled, settle};
use super::watched::Watched;
use super::{Held, end_all, readers, waiting, writers};
use crate::entities::{Accounts, balance, open_accounts, set_balance};
use crate::harness::{Place, eventually};

/// Looks at the pools until it is told to stop, and says how often it did.
fn inspect(db: &Database) -> (tokio::sync::oneshot::Sender<()>, JoinHandle<u64>) {
    let (stop, mut stopped) = tokio::sync::oneshot::channel();
    let db = db.clone();
    let looking = tokio::spawn(async move {
        let mut looks = 0;
        while stopped.try_recv().is_err() {
            db.pool_stats().iter().for_each(assert_consistent);
            looks += 1;
            tokio::task::yield_now().await;
        }
        looks
    });
    (stop, looking)
}

on_all_engines! {
    async fn ten_thousand_callers_are_served_by_ten_connections(_db: &Database, place: &Place) {
        let watched = Watched::new(place.engine).await?;
        let db = &watched.open(PoolConfig::new().acquire_timeout(Duration::from_secs(600))).await?;
        open_accounts(db, [1]).await?;
        let before = readers(db);
        let mut holders = Vec::new();
        for _ in 0..10 {
            holders.push(Held::begin(db).await);
        }
        let callers: Vec<_> = (0..10_000)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { Accounts::count(&db).await })
            })
            .collect();
        eventually("all wait", async || Ok(waiting(&readers(db)) == 10_000)).await?;
        end_all(holders).await?;
        for caller in join_all(callers).await {
            caller.expect("no panic")?;
        }
        settle(db).await?;
        let stats = readers(db);
        assert_settled(&stats);
        assert_eq!((stats.acquired - before.acquired, stats.idle), (10_010, 10));
        assert!(stats.waited - before.waited >= 10_000);
        let report = db.close().await;
        assert_eq!((report.cancelled, report.abandoned), (0, 0));
        watched.is_let_go().await?;
    }

    async fn a_thousand_sessions_work_at_once(_db: &Database, place: &Place) {
        let watched = Watched::new(place.engine).await?;
        let db = &watched.open(PoolConfig::new()).await?;
        open_accounts(db, 1..=10).await?;
        let tasks = (0..1_000).map(|number| {
            let db = db.clone();
            tokio::spawn(async move {
                let session = db.session(format!("agent-{number}")).open()?;
                let id = 1 + number % 10;
                Accounts::get(&session, id).await?;
                add(&session, id, 1).await?;
                Ok::<_, Error>(session.usage().operations)
            })
        });
        for task in join_all(tasks).await {
            assert!(task.expect("no panic")? >= 3);
        }
        let sum: i64 = Accounts::all(db).await?.iter().map(|account| account.balance).sum();
        assert_eq!(sum, 10 * 100 + 1_000);
        settle(db).await?;
        db.pool_stats().iter().for_each(assert_settled);
        let report = db.close().await;
        assert_eq!((report.cancelled, report.abandoned), (0, 0));
        watched.is_let_go().await?;
    }

    /// sqlx #3645, #4289: the number of idle connections fell below nothing. pg_doorman #204: 40 connections became 3.
    async fn callers_who_leave_at_any_point_cost_the_pool_nothing(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(3).max_uses(20)).await?;
        open_accounts(db, [1]).await?;
        let (stop, looking) = inspect(db);
        let tasks = (0..300).map(|number| {
            let db = db.clone();
            tokio::spawn(async move {
                let polls = number % 12;
                match number % 3 {
                    0 => drop(drop_after(polls, db.begin()).await),
                    1 => drop(drop_after(polls, Accounts::count(&db)).await),
                    _ => drop(drop_after(polls, db.transaction(async |uow| balance(uow, 1).await)).await),
                }
            })
        });
        for task in join_all(tasks).await {
            task.expect("no panic");
        }
        settle(db).await?;
        stop.send(()).expect("it is looking");
        assert!(looking.await.expect("everything added up") > 0);
        for stats in db.pool_stats() {
            assert_consistent(&stats);
            let closed: u64 = stats.closed.values().sum();
            assert_eq!(stats.opened, closed + stats.idle as u64, "{stats:?}");
        }
        // All of them can still be had, and none is in a transaction that somebody left.
        let held = [Held::begin(db).await, Held::begin(db).await, Held::begin(db).await];
        assert_eq!(readers(db).lent, 3);
        end_all(held).await?;
        set_balance(db, 1, 5).await?;
        assert_eq!(balance(db, 1).await?, 5);
        db.close().await;
    }

    /// rust-mssql #151: what closed idle connections raised the number that could be had, so that the maximum was none.
    async fn the_maximum_holds_while_connections_are_replaced_all_the_time(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(3).max_uses(2)).await?;
        open_accounts(db, [1]).await?;
        let (stop, looking) = inspect(db);
        for _ in 0..10 {
            let calls = (0..20).map(|_| Accounts::count(db));
            try_join_all(calls).await?;
            db.recycle_connections();
        }
        stop.send(()).expect("it is looking");
        assert!(looking.await.expect("everything added up") > 0);
        settle(db).await?;
        db.pool_stats().iter().for_each(assert_settled);
        assert!(writers(db).opened >= 1);
        db.close().await;
    }
}

#[transactional(retry = 50)]
async fn add(uow: &UnitOfWork, id: i64, amount: i64) -> Result<()> {
    let mut account = Accounts::get(uow, id).await?;
    account.balance += amount;
    Accounts::update(uow, &account).await.map(drop)
}
