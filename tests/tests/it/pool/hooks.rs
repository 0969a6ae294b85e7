//! What a program does with every connection: when it is opened, before it is lent, and when it came back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use wharf::prelude::*;
use wharf::{CloseReason, HookError, RawConnection, sqlx};

use super::{closed, readers, writers};
use crate::entities::{Account, Accounts, open_accounts};
use crate::harness::{Place, eventually};

#[repository(Account)]
struct Settings;

#[repository]
impl Settings {
    /// `set` if the hook's setting is in force.
    #[query(
        sqlite = "SELECT CASE WHEN 'a' LIKE 'A' THEN 'not set' ELSE 'set' END",
        postgres = "SELECT current_setting('application_name')",
        mysql = "SELECT CASE WHEN dayname('2024-01-01') = 'Montag' THEN 'set' ELSE 'not set' END"
    )]
    async fn look(db: &impl WriteExecutor) -> Result<String>;
}

/// How to make a setting, and how to unmake it.
fn statements(dialect: Dialect) -> [&'static str; 2] {
    match dialect {
        Dialect::Sqlite => [
            "PRAGMA case_sensitive_like = ON",
            "PRAGMA case_sensitive_like = OFF",
        ],
        Dialect::Postgres => [
            "SET application_name = 'set'",
            "SET application_name = 'not set'",
        ],
        _ => ["SET lc_time_names = 'de_DE'", "SET lc_time_names = 'fr_FR'"],
    }
}

/// Runs a text on the connection itself.
async fn run(raw: &mut RawConnection<'_>, sql: &'static str) -> Result<(), HookError> {
    if let Some(connection) = raw.sqlite() {
        sqlx::raw_sql(sql).execute(connection).await?;
    } else if let Some(connection) = raw.postgres() {
        sqlx::raw_sql(sql).execute(connection).await?;
    } else if let Some(connection) = raw.mysql() {
        sqlx::raw_sql(sql).execute(connection).await?;
    }
    Ok(())
}

/// Counts how often it is asked, and says no the first `refusals` times.
fn refusing(refusals: u32, asked: &Arc<AtomicU32>) -> impl Fn() -> bool + Send + Sync + 'static {
    let asked = asked.clone();
    move || asked.fetch_add(1, Ordering::Relaxed) >= refusals
}

/// Works until the hook has cost the pool two connections.
async fn two_are_refused(db: &Database) -> Result<()> {
    open_accounts(db, [1]).await?;
    eventually("two have been closed", async || {
        Accounts::delete(db, 1).await?;
        Ok(closed(&writers(db), CloseReason::HookRefused) == 2)
    })
    .await
}

on_all_engines! {
    async fn what_was_set_when_it_was_opened_is_set_for_everybody(db: &Database, place: &Place) {
        let [set, _] = statements(db.dialect());
        let pool = PoolConfig::new().max_connections(1).after_connect(move |raw| Box::pin(run(raw, set)));
        let db = &place.open(pool).await?;
        let unit = db.begin().await?;
        assert_eq!(Settings::look(&unit).await?, "set");
        unit.rollback().await?;
        // Somebody changes it, and leaves the connection in a state that nobody knows.
        for sql in [statements(db.dialect())[1], "SELECT 1"] {
            db.execute(sql).await?;
            let unit = db.begin().await?;
            assert_eq!(Settings::look(&unit).await?, "set");
            unit.rollback().await?;
        }
        db.close().await;
    }

    async fn a_connection_that_could_not_be_prepared_is_not_lent(_db: &Database, place: &Place) {
        let pool = PoolConfig::new().after_connect(|raw| Box::pin(run(raw, "no SQL")));
        let error = place.open(pool).await.expect_err("the first connection fails");
        assert!(error.to_string().contains("no SQL") || error.to_string().contains("syntax"), "{error:?}");
    }

    async fn a_hook_that_panics_has_failed_and_the_pool_lives_on(_db: &Database, place: &Place) {
        let pool = PoolConfig::new().after_connect(|_| panic!("a bug"));
        let error = place.open(pool).await.expect_err("the first connection fails");
        assert!(error.to_string().contains("panicked"), "{error:?}");

        let panicked = Arc::new(AtomicU32::new(0));
        let panics = refusing(2, &panicked);
        let pool = PoolConfig::new().max_connections(1).initial_connections(0).after_release(move |_| {
            assert!(panics(), "a bug");
            Box::pin(async { Ok(true) })
        });
        let db = &place.open(pool).await?;
        two_are_refused(db).await?;
        db.close().await;
    }

    async fn a_connection_that_is_refused_before_it_is_lent_is_replaced(_db: &Database, place: &Place) {
        let asked = Arc::new(AtomicU32::new(0));
        let answer = refusing(2, &asked);
        let pool = PoolConfig::new().max_connections(1).initial_connections(0).before_acquire(move |_| {
            let answer = answer();
            Box::pin(async move { Ok(answer) })
        });
        let db = &place.open(pool).await?;
        open_accounts(db, [1]).await?;
        let stats = writers(db);
        assert_eq!(closed(&stats, CloseReason::HookRefused), 2);
        assert!(stats.opened >= 3);
        let before = asked.load(Ordering::Relaxed);
        Accounts::delete(db, 1).await?;
        assert_eq!(asked.load(Ordering::Relaxed), before + 1);
        db.close().await;
    }

    async fn a_connection_that_is_refused_when_it_came_back_serves_nobody_else(_db: &Database, place: &Place) {
        let asked = Arc::new(AtomicU32::new(0));
        let answer = refusing(2, &asked);
        let pool = PoolConfig::new().max_connections(1).initial_connections(0).after_release(move |_| {
            let answer = answer();
            Box::pin(async move { Ok(answer) })
        });
        let db = &place.open(pool).await?;
        two_are_refused(db).await?;
        Accounts::count(db).await?;
        eventually("it idles", async || Ok(readers(db).idle == 1)).await?;
        db.close().await;
    }
}
