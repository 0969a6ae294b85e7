//! Connections that are held for too long: told, and taken back when that is asked for.

use wharf::CloseReason;
use wharf::prelude::*;

use super::{Held, Statements, closed, end_all, readers, session, writers};
use crate::entities::{balance, open_accounts, set_balance};
use crate::harness::{Engine, Place, eventually, run, run_in_one_thread};
use crate::recorder::Recorder;

const AT_ONCE: Duration = Duration::from_millis(1);

on_all_engines! {
    async fn an_idle_unit_that_is_held_for_too_long_is_rolled_back_and_says_so(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1).leak_reclaim(AT_ONCE)).await?;
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 5).await?;
        // Another task, which waits for the connection; this one would be told that it waits for itself.
        let other = db.clone();
        let written = tokio::spawn(async move { set_balance(&other, 1, 7).await });
        assert_eq!(written.await.expect("no panic")?.balance, 7);
        assert_eq!(closed(&writers(db), CloseReason::Reclaimed), 1);
        let error = balance(&unit, 1).await.expect_err("it has no connection");
        assert!(error.to_string().contains("taken back"), "{error}");
        assert!(unit.commit().await.is_err());
        assert_eq!(balance(db, 1).await?, 7);
        db.close().await;
    }

    async fn a_unit_that_works_keeps_its_connection(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().leak_reclaim(Duration::from_secs(600)).leak_warning(AT_ONCE)).await?;
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        eventually("it is reported", async || {
            set_balance(&unit, 1, 5).await?;
            Ok(writers(db).leaked == 1)
        })
        .await?;
        unit.commit().await?;
        assert_eq!(balance(db, 1).await?, 5);
        db.close().await;
    }
}

#[test]
fn a_statement_that_runs_is_not_taken_from_its_unit() {
    for engine in [Engine::Postgres, Engine::MariaDb] {
        run(engine, async |_: &Database, place: &Place| {
            let pool = PoolConfig::new()
                .max_connections(1)
                .leak_reclaim(Duration::from_millis(500));
            let db = &place.open(pool).await?;
            let unit = db.begin().await?;
            Statements::nap(&unit).await?;
            eventually("its idle unit is", async || {
                Ok(closed(&writers(db), CloseReason::Reclaimed) == 1)
            })
            .await?;
            assert!(unit.commit().await.is_err());
            db.close().await;
            Ok(())
        });
    }
}

/// The reports since the last look.
fn reports(recorder: &Recorder) -> Vec<String> {
    let events = recorder.take().into_iter();
    let messages = events.filter_map(|mut fields| fields.remove("message"));
    messages
        .filter(|message| message.contains("held for long"))
        .collect()
}

#[test]
fn who_holds_a_connection_for_long_is_reported_once() {
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::MariaDb] {
        run_in_one_thread(engine, async |_: &Database, place: &Place| {
            let (recorder, _guard) = Recorder::listen();
            let db = &place.open(PoolConfig::new().leak_warning(AT_ONCE)).await?;
            let mut held = Vec::new();
            // When the second is reported, the first has been looked at twice.
            for (number, name) in (1..).zip(["agent-7", "agent-8"]) {
                held.push(Held::begin(&session(db, name)?).await);
                eventually("it is reported", async || Ok(readers(db).leaked == number)).await?;
            }
            let reports = reports(&recorder);
            assert_eq!(reports.len(), 2, "{reports:?}");
            for (report, name) in reports.iter().zip(["agent-7", "agent-8"]) {
                for word in ["`hold`", "pool.rs", name, " for ", "last statement"] {
                    assert!(report.contains(word), "`{word}` is missing from: {report}");
                }
                assert_eq!(
                    report.lines().count(),
                    1,
                    "no backtrace that nobody asked for"
                );
            }
            end_all(held).await?;
            db.close().await;
            Ok(())
        });
    }
}

#[test]
fn the_backtrace_is_reported_when_it_was_asked_for() {
    run_in_one_thread(Engine::Sqlite, async |_: &Database, place: &Place| {
        let (recorder, _guard) = Recorder::listen();
        let pool = PoolConfig::new()
            .leak_warning(AT_ONCE)
            .leak_backtraces(true);
        let db = &place.open(pool).await?;
        let held = Held::begin(db).await;
        eventually("it is reported", async || Ok(readers(db).leaked == 1)).await?;
        let reports = reports(&recorder);
        // Where the connection was taken is told in any case; the backtrace goes through this file once more.
        assert!(
            reports[0].matches("it/pool.rs").count() > 1,
            "{}",
            reports[0]
        );
        held.end().await?;
        db.close().await;
        Ok(())
    });
}

#[test]
fn who_holds_a_connection_that_is_soon_too_old_is_told_of() {
    run_in_one_thread(Engine::Sqlite, async |_: &Database, place: &Place| {
        let (recorder, _guard) = Recorder::listen();
        let pool = PoolConfig::new().max_lifetime(Duration::from_secs(1));
        let db = &place.open(pool).await?;
        let held = Held::begin(db).await;
        eventually("it is announced", async || {
            let mut events = recorder.take().into_iter();
            let message = events.find_map(|mut fields| {
                let message = fields.remove("message")?;
                message
                    .contains("soon as old as it may become")
                    .then_some(message)
            });
            Ok(message.is_some_and(|message| message.contains("`hold`")))
        })
        .await?;
        held.end().await?;
        db.close().await;
        Ok(())
    });
}
