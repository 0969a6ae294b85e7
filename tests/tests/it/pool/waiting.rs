//! Waiting for a connection: in order, not for ever, and never for oneself.

use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use futures_util::{FutureExt as _, StreamExt as _};
use wharf::prelude::*;
use wharf::{Priority, Shedding};

use super::{Held, end_all, readers, session, waiting};
use crate::entities::{Accounts, open_accounts, set_balance};
use crate::harness::{Place, eventually, refused, refused_saying};

on_all_engines! {
    async fn who_waits_in_vain_is_told_who_holds_what(_db: &Database, place: &Place) {
        let pool = PoolConfig::new().max_connections(1).acquire_timeout(Duration::from_secs(1));
        let db = &place.open(pool).await?;
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        // Another task: this one would be told that it waits for itself.
        let words = ["acquire a connection", "none came free", "1 of 1 lent", "`begin`", file!(), "callers waiting"];
        let error = refused_saying(begin_elsewhere(db).await, ErrorKind::PoolTimeout, &words);
        assert!(error.is_retryable());
        assert_eq!(error.outcome(), Outcome::NotSent);
        unit.rollback().await?;
        hold_while(&session(db, "agent-7")?, async || {
            refused_saying(begin_elsewhere(db).await, ErrorKind::PoolTimeout, &["`hold_while`", "of session agent-7"]);
        })
        .await?;
        open_accounts(db, 2..=3_000).await?;
        Accounts::exists(db, 1).await?;
        let mut stream = Accounts::stream(db);
        assert!(stream.next().await.is_some());
        let elsewhere = db.clone();
        let call = tokio::spawn(async move { Accounts::exists(&elsewhere, 1).await });
        let error = refused_saying(call.await.expect("no panic"), ErrorKind::PoolTimeout, &["longest by `stream accounts` at", file!()]);
        assert!(!error.to_string().contains("last statement"), "it is the borrower's before: {error}");
        drop(stream);
        db.close().await;
    }

    async fn a_call_on_the_database_inside_its_only_unit_is_refused_at_once(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1)).await?;
        open_accounts(db, [1]).await?;
        db.transaction(async |uow| {
            let refusal = Accounts::delete(db, 1).now_or_never().expect("it doesn't wait");
            refused_saying(refusal, ErrorKind::PoolSelfDeadlock, &["`delete accounts`", "`transaction`", file!(), "pass the unit of work"]);
            refused(db.begin().now_or_never().expect("it doesn't wait"), ErrorKind::PoolSelfDeadlock);
            refused(db.execute("SELECT 1").now_or_never().expect("it doesn't wait"), ErrorKind::PoolSelfDeadlock);
            refused(db.raw().map(|lent| lent.map(drop)).now_or_never().expect("it doesn't wait"), ErrorKind::PoolSelfDeadlock);
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

    async fn a_branch_waits_for_another_one_of_its_task_as_long_as_that_is_busy(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1)).await?;
        open_accounts(db, [1]).await?;
        let busy = async {
            let unit = db.begin().await?;
            // Longer than it takes to call an idle unit a deadlock.
            let started = std::time::Instant::now();
            while started.elapsed() < Duration::from_millis(400) {
                Accounts::count(&unit).await?;
            }
            unit.commit().await
        };
        let (busy, other) = tokio::join!(busy, set_balance(db, 1, 7));
        busy?;
        assert_eq!(other?.balance, 7);
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
        for task in join_all(tasks).await {
            task.expect("no panic")?;
        }
        let sum: i64 = Accounts::all(db).await?.iter().map(|account| account.balance).sum();
        assert_eq!(sum, 40 * 41);
        db.close().await;
    }

    async fn a_line_that_is_full_turns_callers_away_at_once(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1).max_waiters(2)).await?;
        let holder = Held::begin(db).await;
        let others = [Held::start(db), Held::start(db)];
        eventually("two wait", async || Ok(waiting(&readers(db)) == 2)).await?;
        let reading = TransactionOptions::new().read_only();
        let refusal = db.begin_with(reading).now_or_never().expect("it doesn't wait");
        let error = refused_saying(refusal, ErrorKind::PoolOverloaded, &["2 callers wait", "max_waiters is 2", "1 of 1 lent"]);
        assert!(error.is_retryable());
        assert_eq!((error.outcome(), readers(db).refused), (Outcome::NotSent, 1));
        end_all(others.into_iter().chain([holder])).await?;
        db.close().await;
    }

    async fn without_a_line_nobody_waits(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1).max_waiters(0)).await?;
        let holder = Held::begin(db).await;
        refused(Held::start(db).end().await, ErrorKind::PoolOverloaded);
        holder.end().await?;
        eventually("it came back", async || Ok(readers(db).idle == 1)).await?;
        Held::begin(db).await.end().await?;
        db.close().await;
    }

    async fn the_urgent_go_first(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1)).await?;
        let holder = Held::begin(db).await;
        let served = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for priority in [Priority::Low, Priority::Normal, Priority::High, Priority::Critical] {
            let session = db.session(format!("{priority:?}")).priority(priority).open()?;
            let served = served.clone();
            tasks.push(tokio::spawn(async move { note_when_served(&session, &served, priority).await }));
            eventually("it waits", async || Ok(readers(db).waiting[&priority] == 1)).await?;
        }
        holder.end().await?;
        for task in tasks {
            task.await.expect("no panic")?;
        }
        let expected = [Priority::Critical, Priority::High, Priority::Normal, Priority::Low];
        assert_eq!(*served.lock().expect("nobody panicked with it"), expected);
        db.close().await;
    }

    async fn a_session_can_ask_how_far_its_calls_have_come(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1)).await?;
        let (session, other) = (session(db, "agent-7")?, session(db, "agent-8")?);
        let mut holder = Held::begin(&other).await;
        assert_eq!(session.waiting(), []);
        let mut waiters = std::collections::VecDeque::new();
        for number in 1..=4 {
            waiters.push_back(Held::start(&session));
            eventually("it waits", async || Ok(session.waiting().len() == number)).await?;
        }
        let positions = session.waiting();
        assert_eq!(positions.iter().map(|position| position.ahead).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert!(positions.iter().all(|position| !position.is_parked));
        assert!(positions[0].waited >= positions[3].waited);
        assert_eq!(positions[0].expected_wait, None, "nobody has been served yet");
        assert_eq!(other.waiting(), []);
        // The time between two grants says how fast the line moves.
        for _ in 0..2 {
            holder.end().await?;
            holder = waiters.pop_front().expect("there are four");
            holder.begun().await;
        }
        let expected: Vec<_> = session.waiting().iter().map(|position| position.expected_wait).collect();
        assert!(expected[0].is_some() && expected[0] < expected[1], "{expected:?}");
        end_all(waiters.into_iter().chain([holder])).await?;
        assert_eq!(session.waiting(), []);
        db.close().await;
    }

    async fn a_line_that_stands_is_shed_but_for_the_critical(_db: &Database, place: &Place) {
        let shedding = Shedding::new().target(Duration::from_millis(1)).interval(Duration::from_millis(1));
        let db = &place.open(PoolConfig::new().max_connections(1).shedding(shedding)).await?;
        let holder = Held::begin(db).await;
        let (many, critical) = (session(db, "many")?, db.session("critical").priority(Priority::Critical).open()?);
        let (many_wait, critical_wait): (Vec<_>, Vec<_>) = (0..200).map(|_| (Held::start(&many), Held::start(&critical))).unzip();
        eventually("all have waited for longer than anybody should", async || {
            let positions = many.waiting();
            Ok(waiting(&readers(db)) == 400 && positions.iter().all(|position| position.waited > Duration::from_millis(10)))
        })
        .await?;
        let ends = join_all(many_wait.into_iter().map(Held::end));
        let (critical_ends, ends) = tokio::join!(end_all(critical_wait.into_iter().chain([holder])), ends);
        critical_ends?;
        let mut shed = 0;
        for end in ends.into_iter().filter(Result::is_err) {
            refused_saying(end, ErrorKind::PoolOverloaded, &["turned away", "waiting for too long"]);
            shed += 1;
        }
        assert!(shed > 0);
        assert_eq!(readers(db).refused, shed);
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
async fn hold_while(uow: &UnitOfWork, meanwhile: impl AsyncFn()) -> Result<u64> {
    meanwhile().await;
    Accounts::count(uow).await
}

/// Says when it has its connection.
#[transactional(read_only)]
async fn note_when_served(
    _uow: &UnitOfWork<ReadOnly>,
    served: &Mutex<Vec<Priority>>,
    priority: Priority,
) -> Result<()> {
    served.lock().expect("nobody panics with it").push(priority);
    Ok(())
}
