//! What is past its time though nobody notices: streams that are read slowly or not at all, and units that do nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use futures_util::StreamExt as _;
use wharf::prelude::*;

use super::{Naps, Observer, SOON};
use crate::entities::{Accounts, balance, open_accounts, set_balance};
use crate::harness::{Place, refused, refused_saying};

#[repository]
impl Naps {
    /// One row, ten minutes late.
    #[query(
        sqlite = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000000000) SELECT count(*) FROM n",
        postgres = "SELECT count(*) FROM pg_sleep(600)",
        mysql = "SELECT sleep(600)"
    )]
    fn late_row(db: &impl WriteExecutor) -> impl Stream<Item = Result<i64>>;

    /// Row after row.
    #[query(
        sqlite = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        postgres = "SELECT generate_series(CAST(1 AS bigint), 4000000000)",
        mysql = "SELECT CAST(seq AS SIGNED) FROM seq_1_to_4000000000"
    )]
    fn rows(db: &impl Executor) -> impl Stream<Item = Result<i64>>;
}

/// The error with which a stream ends.
async fn end_of(rows: impl Stream<Item = Result<i64>>) -> Result<()> {
    let mut rows = std::pin::pin!(rows);
    while let Some(row) = rows.next().await {
        row?;
    }
    Ok(())
}

fn limited(db: &Database, limits: Limits) -> Result<Session> {
    db.session("agent-7").limits(limits).open()
}

/// Says which limit of a session an error is about.
fn limit_of(error: &Error) -> Option<&'static str> {
    error.limit_exceeded().map(|exceeded| exceeded.limit)
}

on_all_engines! {
    async fn a_stream_past_its_time_is_stopped_however_fast_its_rows_come(_db: &Database, place: &Place) {
        let db = &super::open(place, SOON).await?;
        open_accounts(db, [1]).await?;
        let error = refused_saying(end_of(Naps::rows(db)).await, ErrorKind::Timeout, &["the statement's time is up: stopped after"]);
        assert_eq!(error.outcome(), Outcome::RolledBack);
        let session = limited(db, Limits::new().statement_timeout(SOON / 2))?;
        let error = refused(end_of(Naps::rows(&session)).await, ErrorKind::LimitExceeded);
        assert_eq!((limit_of(&error), session.usage().refused), (Some("statement_timeout"), 1));
        assert_eq!(set_balance(db, 1, 5).await?.balance, 5, "the only connection is back");
        db.close().await;
    }

    async fn a_stream_past_its_time_is_stopped_though_nobody_reads_on(db: &Database, place: &Place) {
        let session = limited(db, Limits::new().statement_timeout(SOON))?;
        let mut rows = Naps::late_row(&session);
        // Long enough to send it.
        let _none_yet = tokio::time::timeout(SOON / 2, rows.next()).await;
        Observer(place).all_stopped().await;
        let error = refused(end_of(rows).await, ErrorKind::LimitExceeded);
        assert_eq!(limit_of(&error), Some("statement_timeout"));
    }

    async fn a_stream_in_a_unit_ends_with_the_time_of_the_unit(db: &Database, place: &Place) {
        open_accounts(db, [1]).await?;
        let session = limited(db, Limits::new().transaction_timeout(SOON))?;
        let unit = session.begin().await?;
        let error = refused(end_of(Naps::rows(&unit)).await, ErrorKind::LimitExceeded);
        assert_eq!(limit_of(&error), Some("transaction_timeout"));
        refused(unit.commit().await, ErrorKind::RolledBack);
        Observer(place).all_stopped().await;
        assert_eq!(set_balance(db, 1, 5).await?.version, 1);
    }

    async fn a_stream_in_a_unit_has_the_time_of_a_statement_and_dooms_the_unit(_db: &Database, place: &Place) {
        let db = &super::open(place, SOON).await?;
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 5).await?;
        refused(end_of(Naps::late_row(&unit)).await, ErrorKind::Timeout);
        refused(balance(&unit, 1).await, ErrorKind::RolledBack);
        refused(unit.commit().await, ErrorKind::RolledBack);
        assert_eq!(balance(db, 1).await?, 100);
        db.close().await;
    }

    async fn a_stream_that_was_dropped_in_time_dooms_no_unit(_db: &Database, place: &Place) {
        let db = &super::open(place, 10 * SOON).await?;
        open_accounts(db, 1..=3_000).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 5).await?;
        let mut rows = Accounts::stream(&unit);
        assert!(rows.next().await.is_some());
        drop(rows);
        let began = Instant::now();
        // Longer than it takes until the pool has looked.
        while began.elapsed() < 25 * SOON {
            tokio::task::yield_now().await;
        }
        assert_eq!(balance(&unit, 1).await?, 5);
        unit.commit().await?;
        assert_eq!(balance(db, 1).await?, 5);
        db.close().await;
    }

    async fn an_idle_unit_past_its_time_is_rolled_back_though_nobody_calls_it(db: &Database) {
        open_accounts(db, [1]).await?;
        let session = limited(db, Limits::new().transaction_timeout(5 * SOON))?;
        let unit = session.begin().await?;
        let is_undone = Arc::new(AtomicBool::new(false));
        let undone = is_undone.clone();
        unit.on_rollback(move || undone.store(true, Ordering::Relaxed));
        set_balance(&unit, 1, 5).await?;
        // Waits for the row, or for the only connection that writes.
        let other = db.clone();
        let written = tokio::spawn(async move { set_balance(&other, 1, 7).await });
        assert_eq!(written.await.expect("no panic")?.version, 1, "5 was never there");
        let error = refused(balance(&unit, 1).await, ErrorKind::LimitExceeded);
        assert_eq!(limit_of(&error), Some("transaction_timeout"));
        let error = refused(unit.commit().await, ErrorKind::LimitExceeded);
        assert_eq!((limit_of(&error), error.outcome()), (Some("transaction_timeout"), Outcome::RolledBack));
        assert!(is_undone.load(Ordering::Relaxed));
        assert_eq!(balance(db, 1).await?, 7);
    }

    async fn a_unit_with_a_call_that_was_dropped_is_rolled_back_as_an_idle_one_is(db: &Database, place: &Place) {
        open_accounts(db, [1]).await?;
        let session = limited(db, Limits::new().transaction_timeout(10 * SOON))?;
        let unit = session.begin().await?;
        set_balance(&unit, 1, 5).await?;
        Observer(place).drop_half_way(Naps::read(&unit)).await;
        let other = db.clone();
        let written = tokio::spawn(async move { set_balance(&other, 1, 7).await });
        assert_eq!(written.await.expect("no panic")?.version, 1, "5 was never there");
        assert!(unit.commit().await.is_err());
        assert_eq!(balance(db, 1).await?, 7);
    }

    async fn the_time_of_a_session_begins_on_the_server(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1)).await?;
        open_accounts(db, [1]).await?;
        let session = limited(db, Limits::new().transaction_timeout(5 * SOON))?;
        let began = Instant::now();
        let unit = db.begin().await?;
        let waiting = async {
            let begun = session.begin().await?;
            begun.commit().await
        };
        let holding = async {
            // In use, so that nobody takes it for a task that waits for itself.
            while began.elapsed() < 6 * SOON {
                balance(&unit, 1).await?;
            }
            unit.commit().await
        };
        let (waited, held) = tokio::join!(waiting, holding);
        waited?;
        held?;
        db.close().await;
    }

    async fn a_commit_that_comes_late_is_a_rollback(db: &Database) {
        open_accounts(db, [1]).await?;
        let began = Instant::now();
        let unit = db.begin_with(TransactionOptions::new().timeout(5 * SOON)).await?;
        set_balance(&unit, 1, 5).await?;
        while began.elapsed() < 6 * SOON {
            tokio::task::yield_now().await;
        }
        let error = refused_saying(unit.commit().await, ErrorKind::Timeout, &["commit", "the unit of work's time is up"]);
        assert_eq!(error.outcome(), Outcome::RolledBack);
        assert_eq!(set_balance(db, 1, 7).await?.version, 1, "5 was never there");
    }
}
