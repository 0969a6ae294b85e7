//! Ending a session: what it does stops, what it holds comes back, and whatever it tries later fails with the reason.

use wharf::prelude::*;

use super::{Held, Statements, readers, session, waiting, writers};
use crate::entities::{Accounts, account, balance, open_accounts, set_balance};
use crate::harness::{Place, eventually, refused, refused_saying};

/// A pool of one connection on a table with one account.
async fn open(place: &Place) -> Result<Database> {
    let db = place.open(PoolConfig::new().max_connections(1)).await?;
    open_accounts(&db, [1]).await?;
    Ok(db)
}

on_all_engines! {
    async fn its_waiting_calls_fail_and_those_of_others_wait_on(_db: &Database, place: &Place) {
        let db = &open(place).await?;
        let (greedy, modest) = (session(db, "greedy")?, session(db, "modest")?);
        let holder = Held::begin(db).await;
        let (own, other) = (Held::start(&greedy), Held::start(&modest));
        eventually("both wait", async || Ok(waiting(&readers(db)) == 2)).await?;
        greedy.kill("too greedy");
        refused(own.end().await, ErrorKind::Cancelled);
        assert_eq!(modest.waiting().len(), 1);
        holder.end().await?;
        other.end().await?;
        db.close().await;
    }

    async fn its_running_statement_is_stopped(_db: &Database, place: &Place) {
        let db = &open(place).await?;
        let greedy = session(db, "greedy")?;
        let running = greedy.clone();
        let running = tokio::spawn(async move { Statements::endless(&running).await });
        eventually("it runs", async || Ok(readers(db).lent + writers(db).lent > 0)).await?;
        greedy.kill("too greedy");
        refused(running.await.expect("no panic"), ErrorKind::Cancelled);
        assert_eq!(Accounts::count(db).await?, 1);
        db.close().await;
    }

    async fn its_open_stream_ends_with_an_error_and_not_as_if_that_were_all(_db: &Database, place: &Place) {
        let db = &open(place).await?;
        let greedy = session(db, "greedy")?;
        let mut numbers = Statements::numbers(&greedy);
        assert_eq!(numbers.try_next().await?, Some(1));
        greedy.kill("too greedy");
        refused(numbers.try_collect::<Vec<_>>().await, ErrorKind::Cancelled);
        db.close().await;
    }

    async fn its_idle_unit_is_rolled_back(_db: &Database, place: &Place) {
        let db = &open(place).await?;
        let greedy = session(db, "greedy")?;
        let (begun, release) = (tokio::sync::Notify::new(), tokio::sync::Notify::new());
        let killing = async {
            begun.notified().await;
            greedy.kill("too greedy");
            // The connection is free again, although the unit is still there.
            set_balance(db, 1, 7).await?;
            release.notify_one();
            Ok::<_, Error>(())
        };
        let (unit, killed) = tokio::join!(write_and_wait(&greedy, &begun, &release), killing);
        refused_saying(unit, ErrorKind::RolledBack, &["session greedy was killed", "too greedy"]);
        killed?;
        assert_eq!(balance(db, 1).await?, 7);
        db.close().await;
    }

    async fn its_calls_that_wait_for_each_other_fail_and_nothing_of_them_is_sent(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new()).await?;
        open_accounts(db, [1]).await?;
        let greedy = db.session("greedy").limits(Limits::new().max_connections(1)).open()?;
        let unit = greedy.begin().await?;
        let inserts: Vec<_> = (2..=20)
            .map(|id| {
                let greedy = greedy.clone();
                tokio::spawn(async move { Accounts::insert(&greedy, &account(id, "greedy", 0)).await })
            })
            .collect();
        eventually("they are counted", async || Ok(greedy.usage().operations == 19)).await?;
        greedy.kill("too greedy");
        for insert in inserts {
            let error = refused_saying(insert.await.expect("no panic"), ErrorKind::Cancelled, &["too greedy"]);
            assert_eq!(error.outcome(), Outcome::NotSent);
        }
        refused_saying(unit.commit().await, ErrorKind::RolledBack, &["too greedy"]);
        assert_eq!(Accounts::count(db).await?, 1);
        db.close().await;
    }

    async fn its_unit_that_was_busy_is_rolled_back_though_it_is_kept(_db: &Database, place: &Place) {
        let db = &open(place).await?;
        let greedy = session(db, "greedy")?;
        let unit = greedy.begin().await?;
        set_balance(&unit, 1, 5).await?;
        let killing = async {
            eventually("it runs", async || Ok(greedy.usage().operations == 3)).await?;
            greedy.kill("too greedy");
            Ok::<_, Error>(())
        };
        let (stopped, killed) = tokio::join!(Statements::endless(&unit), killing);
        refused(stopped, ErrorKind::Cancelled);
        killed?;
        // Waits until the connection is back, and in another task, which isn't told that it waits for itself.
        let other = db.clone();
        let written = tokio::spawn(async move { set_balance(&other, 1, 7).await });
        assert_eq!(written.await.expect("no panic")?.version, 1, "5 was never there");
        assert!(unit.commit().await.is_err());
        assert_eq!(balance(db, 1).await?, 7);
        db.close().await;
    }

    async fn every_later_call_fails_with_the_reason(_db: &Database, place: &Place) {
        let db = &open(place).await?;
        let greedy = session(db, "greedy")?;
        Accounts::count(&greedy).await?;
        greedy.kill("too greedy");
        greedy.kill("again");
        for later in [&greedy, &greedy.clone()] {
            let error = refused_saying(Accounts::count(later).await, ErrorKind::Cancelled, &["greedy", "too greedy"]);
            assert_eq!(error.outcome(), Outcome::NotSent);
            refused_saying(Held::start(later).end().await, ErrorKind::Cancelled, &["too greedy"]);
        }
        // Another session of that name is another session.
        assert_eq!(Accounts::count(&session(db, "greedy")?).await?, 1);
        db.close().await;
    }
}

/// Writes, waits, and reads.
#[transactional]
async fn write_and_wait(
    uow: &UnitOfWork,
    begun: &tokio::sync::Notify,
    release: &tokio::sync::Notify,
) -> Result<i64> {
    set_balance(uow, 1, 5).await?;
    begun.notify_one();
    release.notified().await;
    balance(uow, 1).await
}
