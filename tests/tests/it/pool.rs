//! Waiting for a connection: in order, not for ever, and never for oneself.

use std::sync::Mutex;

use futures_util::FutureExt as _;
use wharf::prelude::*;

use crate::entities::{Accounts, open_accounts, set_balance};
use crate::harness::{Place, refused, refused_saying};

on_all_engines! {
    async fn who_waits_in_vain_is_told_who_holds_what(_db: &Database, place: &Place) {
        let pool = PoolConfig::new().max_connections(1).acquire_timeout(Duration::from_secs(1));
        let db = &place.open(pool).await?;
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        // Another task: this one would be told that it waits for itself.
        let words = ["acquire a connection", "none came free", "1 of 1 lent", "`begin`", file!(), "1 callers waiting"];
        let error = refused_saying(begin_elsewhere(db).await, ErrorKind::PoolTimeout, &words);
        assert!(error.is_retryable());
        assert_eq!(error.outcome(), Outcome::NotSent);
        unit.rollback().await?;
        hold(&db.session("agent-7").open()?, async || {
            refused_saying(begin_elsewhere(db).await, ErrorKind::PoolTimeout, &["`hold`", "of session agent-7"]);
        })
        .await?;
        db.close().await;
    }

    async fn a_call_on_the_database_inside_its_only_unit_is_refused_at_once(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1)).await?;
        open_accounts(db, [1]).await?;
        db.transaction(async |uow| {
            let refusal = Accounts::delete(db, 1).now_or_never().expect("it doesn't wait");
            refused_saying(refusal, ErrorKind::PoolSelfDeadlock, &["`delete accounts`", "`transaction`", file!(), "pass the unit of work"]);
            refused(db.begin().now_or_never().expect("it doesn't wait"), ErrorKind::PoolSelfDeadlock);
            set_balance(uow, 1, 5).await
        })
        .await?;
        // By hand nobody says who holds it: it is found out after a moment.
        let unit = db.begin().await?;
        refused_saying(Accounts::delete(db, 1).await, ErrorKind::PoolSelfDeadlock, &["`begin`", file!()]);
        set_balance(&unit, 1, 6).await?;
        unit.commit().await?;
        db.close().await;
    }

    async fn readers_of_a_file_are_never_in_the_way_of_its_writer(db: &Database) {
        open_accounts(db, [1]).await?;
        db.transaction(async |uow| {
            set_balance(uow, 1, 5).await?;
            assert_eq!(Accounts::get(db, 1).await?.balance, 100, "on another connection");
            Ok::<_, Error>(())
        })
        .await?;
    }

    async fn waiters_are_served_in_the_order_in_which_they_came(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1)).await?;
        open_accounts(db, [1]).await?;
        let served = Mutex::new(Vec::new());
        let holder = db.begin().await?;
        let mut waiters: Vec<_> = (0..20)
            .map(|number| {
                let served = &served;
                Box::pin(async move {
                    let unit = db.begin().await?;
                    served.lock().expect("nobody panics with it").push(number);
                    unit.rollback().await
                })
            })
            .collect();
        for waiter in &mut waiters {
            // The first poll takes a place in the line.
            assert!(waiter.as_mut().now_or_never().is_none());
        }
        // One leaves; the others keep their places.
        drop(waiters.remove(7));
        holder.rollback().await?;
        // Driven backwards, so that the order can only be the line's.
        waiters.reverse();
        futures_util::future::try_join_all(waiters).await?;
        let expected: Vec<i32> = (0..20).filter(|number| *number != 7).collect();
        assert_eq!(served.into_inner().expect("nobody panicked with it"), expected);
        db.close().await;
    }

    async fn many_callers_share_a_few_connections(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(2)).await?;
        open_accounts(db, 1..=40).await?;
        let tasks = (1..=40_i64).map(|id| {
            let db = db.clone();
            tokio::spawn(async move {
                let read = set_balance(&db, id, id).await?;
                db.transaction(async |uow| set_balance(uow, id, 2 * read.balance).await).await
            })
        });
        for task in futures_util::future::join_all(tasks).await {
            task.expect("no panic")?;
        }
        let sum: i64 = Accounts::all(db).await?.iter().map(|account| account.balance).sum();
        assert_eq!(sum, 40 * 41);
        db.close().await;
    }
}

/// Begins a unit in another task.
async fn begin_elsewhere(db: &Database) -> Result<()> {
    let db = db.clone();
    tokio::spawn(async move { db.begin().await.map(drop) })
        .await
        .expect("no panic")
}

/// Holds a unit while something happens.
#[transactional]
async fn hold(uow: &UnitOfWork, meanwhile: impl AsyncFn()) -> Result<u64> {
    meanwhile().await;
    Accounts::count(uow).await
}
