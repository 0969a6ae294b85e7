//! Sessions: one client among many, with limits of its own.

use wharf::Limits;
use wharf::prelude::*;
use wharf_tests::cancel::drop_after;

use crate::entities::{Accounts, balance, open_accounts, set_balance};
use crate::harness::{Place, refused, refused_saying};

on_all_engines! {
    async fn a_session_runs_whatever_a_database_runs(db: &Database) {
        open_accounts(db, 1..=2).await?;
        let session = db.session("agent-7").open()?;
        assert_eq!(session.name(), "agent-7");
        set_balance(&session, 1, 5).await?;
        assert_eq!(Accounts::filter(|a| a.balance.eq(5)).count(&session).await?, 1);
        assert_eq!(Accounts::stream(&session).count().await, 2);
        let usage = session.usage();
        assert_eq!((usage.connections, usage.operations, usage.transactions, usage.refused), (0, 4, 0, 0));
        let remaining = session.remaining();
        assert_eq!((remaining.connections, remaining.operations), (None, None));
    }

    async fn the_operation_beyond_the_limit_is_refused_with_the_numbers(db: &Database) {
        open_accounts(db, [1]).await?;
        let session = db.session("agent-7").limits(Limits::new().max_operations(2)).open()?;
        Accounts::count(&session).await?;
        Accounts::count(&session.clone()).await?;
        let error = refused_saying(Accounts::count(&session).await, ErrorKind::LimitExceeded, &["max_operations", "agent-7", "2 of 2"]);
        assert_eq!(error.outcome(), Outcome::NotSent);
        let exceeded = error.limit_exceeded().expect("it says which");
        assert_eq!((exceeded.limit, exceeded.used, exceeded.allowed), ("max_operations", 2, 2));
        let json = serde_json::to_value(exceeded).expect("JSON");
        assert_eq!(json["limit"], "max_operations");
        assert_eq!(json["scope"], "session agent-7");
        assert_eq!(json["allowed"], 2);
        assert!(json["hint"].as_str().is_some_and(|hint| hint.contains("find_many")));
        assert!(json["retry_after"].is_null());
        assert_eq!((session.usage().refused, session.remaining().operations), (1, Some(0)));
        Accounts::count(&db.session("agent-8").open()?).await?;
    }

    async fn a_unit_of_a_session_counts_and_is_limited_like_the_session(db: &Database) {
        open_accounts(db, [1]).await?;
        let session = db.session("agent-7").limits(Limits::new().max_operations(3)).open()?;
        let result = session_transfer(&session).await;
        refused(result, ErrorKind::LimitExceeded);
        assert_eq!(balance(db, 1).await?, 100, "and it rolled back");
        let usage = session.usage();
        assert_eq!((usage.operations, usage.transactions, usage.connections), (3, 1, 0));
    }

    async fn a_session_waits_for_its_own_connections_and_not_beyond_the_timeout(db: &Database, place: &Place) {
        // More than one message's worth, so that the stream is still being sent.
        open_accounts(db, 0..3_000).await?;
        let pool = PoolConfig::new().acquire_timeout(Duration::from_secs(1));
        let db = place.open(pool).await?;
        let session = db.session("agent-7").limits(Limits::new().max_connections(1)).open()?;
        let mut held = Accounts::stream(&session);
        assert!(held.try_next().await?.is_some());
        assert_eq!((session.usage().connections, session.remaining().connections), (1, Some(0)));
        let error = refused_saying(Accounts::count(&session).await, ErrorKind::LimitExceeded, &["max_connections", "1 of 1"]);
        assert!(error.limit_exceeded().is_some_and(|exceeded| exceeded.retry_after.is_some()));
        Accounts::count(&db).await?;
        drop(held);
        Accounts::count(&session).await?;
        assert_eq!((session.usage().connections, session.usage().refused), (0, 1));
        assert_eq!(session.usage().operations, 2, "what was never sent isn't counted");
        drop(session);
        db.close().await;
    }

    async fn calls_of_one_session_take_turns_on_its_connections(db: &Database) {
        open_accounts(db, 1..=20).await?;
        let session = db.session("agent-7").limits(Limits::new().max_connections(2)).open()?;
        let calls = (1..=20).map(|id| {
            let session = session.clone();
            tokio::spawn(async move { Accounts::get(&session, id).await })
        });
        for call in futures_util::future::join_all(calls).await {
            call.expect("no panic")?;
        }
        assert_eq!((session.usage().operations, session.usage().refused), (20, 0));
    }

    async fn a_call_that_was_dropped_before_it_was_sent_is_not_counted(db: &Database) {
        open_accounts(db, [1]).await?;
        let session = db.session("agent-7").limits(Limits::new().max_connections(1).max_operations(2)).open()?;
        let unit = session.begin().await?;
        for _ in 0..3 {
            assert!(drop_after(1, Accounts::count(&session)).await.is_none());
        }
        assert_eq!(session.usage().operations, 0);
        unit.commit().await?;
        Accounts::count(&session).await?;
        assert_eq!(session.remaining().operations, Some(1));
    }

    async fn a_call_waits_for_a_busy_unit_of_its_task_on_the_only_connection(db: &Database) {
        open_accounts(db, [1]).await?;
        let session = db.session("agent-7").limits(Limits::new().max_connections(1)).open()?;
        let unit = session.begin().await?;
        let busy = async {
            // Longer than it takes to call an idle unit a deadlock.
            let started = std::time::Instant::now();
            while started.elapsed() < Duration::from_millis(400) {
                Accounts::count(&unit).await?;
            }
            unit.commit().await
        };
        let (busy, other) = tokio::join!(busy, set_balance(&session, 1, 7));
        busy?;
        assert_eq!(other?.balance, 7);
        let unit = session.begin().await?;
        refused_saying(Accounts::count(&session).await, ErrorKind::LimitExceeded, &["its own units of work"]);
        unit.commit().await?;
    }

    async fn a_bad_name_and_limits_of_zero_are_told_together(db: &Database) {
        let limits = Limits::new().max_connections(0).max_operations(0);
        let words = ["the name has 0 bytes", "max_connections is 0", "max_operations is 0"];
        refused_saying(db.session("").limits(limits).open(), ErrorKind::Configuration, &words);
        refused(db.session(" \n").open(), ErrorKind::Configuration);
        refused_saying(db.session("x".repeat(129)).open(), ErrorKind::Configuration, &["129 bytes", "1 to 128"]);
        assert!(db.session("x".repeat(128)).open().is_ok());
    }
}

/// Four statements.
#[transactional]
async fn session_transfer(uow: &UnitOfWork) -> Result<()> {
    set_balance(uow, 1, 5).await?;
    set_balance(uow, 1, 6).await?;
    Ok(())
}
