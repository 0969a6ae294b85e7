//! Servers that die, freeze, or have no connection left. Each test has a server of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::future::join_all;
use tokio::task::JoinHandle;
use wharf::prelude::*;
use wharf_tests::server::Server;

use super::stats::{assert_settled, settle};
use super::watched::Watched;
use super::{Held, Statements, readers, waiting};
use crate::entities::{Accounts, balance, open_accounts, set_balance};
use crate::harness::{Engine, Place, eventually, refused, refused_saying, run_with};

on_own_servers! {
    a_server_that_is_killed_and_comes_back_is_ridden_out
    a_server_that_is_frozen_keeps_nobody_beyond_the_deadline
    a_server_that_is_frozen_keeps_nobody_who_asks_whether_it_is_there
    a_server_that_is_restarted_in_order_is_ridden_out
}

/// Calls without end, and counts those that were served. Whoever was on a connection that broke is told, and nobody else.
async fn call(db: Database, served: Arc<AtomicU64>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        match Accounts::count(&db).await {
            Ok(_) => drop(served.fetch_add(1, Ordering::Relaxed)),
            Err(error) => {
                assert!(
                    error.kind() == ErrorKind::ConnectionLost && error.is_retryable(),
                    "{error:?}"
                );
            }
        }
    }
}

/// Eight tasks that call without end.
struct Callers {
    served: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    calls: Vec<JoinHandle<()>>,
}

impl Callers {
    fn start(db: &Database) -> Self {
        let (served, stop) = (Arc::default(), Arc::default());
        let start = |_| tokio::spawn(call(db.clone(), Arc::clone(&served), Arc::clone(&stop)));
        Self {
            calls: (0..8).map(start).collect(),
            served,
            stop,
        }
    }

    /// Returns when a hundred more calls have been served.
    async fn are_served(&self) -> Result<()> {
        let before = self.served.load(Ordering::Relaxed);
        eventually("calls are served", async || {
            Ok(self.served.load(Ordering::Relaxed) > before + 100)
        })
        .await
    }

    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for call in self.calls {
            call.await.expect("nobody was told who wasn't concerned");
        }
    }
}

async fn a_server_that_is_killed_and_comes_back_is_ridden_out(server: &mut Server) -> Result<()> {
    let watched = Watched::on(server).await?;
    let pool = PoolConfig::new()
        .max_connections(4)
        .check_after_idle(Duration::ZERO);
    let db = &watched
        .open(pool.clone().connect_timeout(Duration::from_secs(60)))
        .await?;
    // Another one, whose callers are told after a moment instead of waiting.
    let hasty = &watched
        .open(pool.connect_timeout(Duration::from_millis(300)))
        .await?;
    open_accounts(db, [1]).await?;
    let callers = Callers::start(db);
    for _ in 0..2 {
        callers.are_served().await?;
        server.kill();
        let error = Accounts::count(hasty).await.expect_err("nobody is there");
        assert!(
            matches!(error.kind(), ErrorKind::Connect | ErrorKind::ConnectionLost),
            "{error:?}"
        );
        assert_eq!(error.outcome(), Outcome::NotSent);
        eventually("nothing is open", async || {
            Ok(readers(db).lent + readers(db).idle == 0)
        })
        .await?;
        server.start_again();
    }
    callers.are_served().await?;
    callers.stop().await;
    eventually("the hasty ones are served too", async || {
        Ok(Accounts::count(hasty).await.is_ok())
    })
    .await?;
    set_balance(db, 1, 5).await?;
    for db in [db, hasty] {
        settle(db).await?;
        assert_settled(&readers(db));
        let report = db.close().await;
        assert_eq!((report.cancelled, report.abandoned), (0, 0));
    }
    watched.is_let_go().await
}

/// The checks have an hour each, and a call has what is left of its time for all of them.
async fn a_server_that_is_frozen_keeps_nobody_who_asks_whether_it_is_there(
    server: &mut Server,
) -> Result<()> {
    let watched = Watched::on(server).await?;
    let an_hour = Duration::from_secs(3_600);
    let pool = PoolConfig::new()
        .max_connections(2)
        .initial_connections(2)
        .check_after_idle(Duration::ZERO)
        .check_timeout(an_hour);
    let patient = &watched.open(pool.clone().acquire_timeout(an_hour)).await?;
    let hasty = &watched
        .open(pool.acquire_timeout(Duration::from_millis(300)))
        .await?;
    open_accounts(patient, [1]).await?;
    settle(patient).await?;
    server.freeze();
    let words = ["acquire a connection"];
    refused_saying(Accounts::count(hasty).await, ErrorKind::PoolTimeout, &words);
    let limited = TransactionOptions::new().timeout(Duration::from_millis(300));
    let begun = patient.begin_with(limited).await;
    refused_saying(begun.map(drop), ErrorKind::PoolTimeout, &words);
    assert_eq!(readers(hasty).timed_out + readers(patient).timed_out, 2);
    server.thaw();
    for db in [patient, hasty] {
        eventually("calls are served", async || {
            Ok(Accounts::count(db).await.is_ok())
        })
        .await?;
        settle(db).await?;
        assert_settled(&readers(db));
        db.close().await;
    }
    watched.is_let_go().await
}

/// Everybody is sent away, and for a while nobody is let in, as an administrator does it.
async fn a_server_that_is_restarted_in_order_is_ridden_out(server: &mut Server) -> Result<()> {
    let watched = Watched::on(server).await?;
    let pool = PoolConfig::new().max_connections(4);
    let db = &watched
        .open(pool.connect_timeout(Duration::from_secs(60)))
        .await?;
    open_accounts(db, [1]).await?;
    let callers = Callers::start(db);
    let unit = db.begin().await?;
    set_balance(&unit, 1, 7).await?;
    server.shut_down();
    server.start_again();
    refused(set_balance(&unit, 1, 8).await, ErrorKind::ConnectionLost);
    refused(unit.commit().await, ErrorKind::RolledBack);
    callers.are_served().await?;
    callers.stop().await;
    assert_eq!(
        balance(db, 1).await?,
        100,
        "the unit went down with its server"
    );
    settle(db).await?;
    assert_settled(&readers(db));
    db.close().await;
    watched.is_let_go().await
}

async fn a_server_that_is_frozen_keeps_nobody_beyond_the_deadline(
    server: &mut Server,
) -> Result<()> {
    let watched = Watched::on(server).await?;
    let db = &watched.open(PoolConfig::new().max_connections(2)).await?;
    open_accounts(db, [1]).await?;
    let holder = Held::begin(db).await;
    server.freeze();
    let limited = TransactionOptions::new().timeout(Duration::from_millis(300));
    let calls = (0..8).map(|_| async {
        db.transaction_with(limited, async |uow| Accounts::count(uow).await)
            .await
    });
    for refusal in join_all(calls).await {
        let error = refusal.expect_err("nobody answers");
        let expected = [
            ErrorKind::Timeout,
            ErrorKind::PoolTimeout,
            ErrorKind::Connect,
            ErrorKind::ConnectionLost,
        ];
        assert!(expected.contains(&error.kind()), "{error:?}");
    }
    server.thaw();
    eventually("calls are served", async || {
        Ok(Accounts::count(db).await.is_ok())
    })
    .await?;
    // Its connection slept with the server.
    holder.end().await?;
    settle(db).await?;
    assert_eq!(waiting(&readers(db)), 0);
    assert!(readers(db).idle >= 1);
    let report = db.close().await;
    assert_eq!((report.cancelled, report.abandoned), (0, 0));
    watched.is_let_go().await
}

/// Thirty callers on a pool that is larger than what the server allows: they wait, and nobody fails.
async fn crowd(watched: &Watched, server_allows: u64) -> Result<()> {
    let db = &watched
        .open(PoolConfig::new().max_connections(30).max_opening(30))
        .await?;
    open_accounts(db, 1..=30).await?;
    let tasks = (1..=30).map(|id| {
        let db = db.clone();
        tokio::spawn(async move {
            for balance in 0..5 {
                db.transaction(async |uow| set_balance(uow, id, balance).await)
                    .await?;
            }
            Ok::<_, Error>(())
        })
    });
    for task in join_all(tasks).await {
        task.expect("no panic")?;
    }
    settle(db).await?;
    let stats = readers(db);
    assert_settled(&stats);
    assert!(
        stats.open_failures > 0 && stats.idle as u64 <= server_allows,
        "{stats:?}"
    );
    db.close().await;
    watched.is_let_go().await
}

#[test]
fn a_postgres_that_is_full_makes_callers_wait() {
    run_with(Server::start_postgres(), async |server: &mut Server| {
        let onlooker = server.database();
        let url = server.database().replace("postgres@", "few@");
        let watched = Watched::at(Place::at(Engine::Postgres, url), onlooker).await?;
        // It is no superuser: those aren't counted.
        watched
            .execute("CREATE ROLE few LOGIN CONNECTION LIMIT 5")
            .await?;
        watched
            .execute(&format!("ALTER DATABASE {} OWNER TO few", watched.name()))
            .await?;
        crowd(&watched, 5).await
    });
}

/// On a server that is full there would be no connection to stop a statement with.
#[test]
fn the_connection_that_stops_statements_is_opened_with_the_first_one() {
    run_with(Server::start_postgres(), async |server: &mut Server| {
        let onlooker = Database::connect(server.database()).await?;
        onlooker
            .execute("CREATE ROLE two LOGIN CONNECTION LIMIT 2")
            .await?;
        let pool = PoolConfig::new()
            .max_connections(2)
            .initial_connections(0)
            .max_opening(1);
        let db = &Database::builder()
            .primary(server.database().replace("postgres@", "two@"))
            .pool(pool)
            .statement_timeout(Duration::from_millis(300))
            .connect()
            .await?;
        for stopped in join_all([Statements::endless(db), Statements::endless(db)]).await {
            refused_saying(stopped, ErrorKind::Timeout, &["stopped after"]);
        }
        let stats = readers(db);
        assert_eq!((stats.opened, stats.closed.len()), (1, 0), "{stats:?}");
        db.close().await;
        onlooker.close().await;
        Ok(())
    });
}

#[test]
fn a_mariadb_that_is_full_makes_callers_wait() {
    run_with(Server::start_mariadb(), async |server: &mut Server| {
        // Who may do everything gets a connection when all others are taken.
        let onlooker = server.database().replace("wharf:wharf@", "root@");
        let watched = Watched::at(Place::at(Engine::MariaDb, server.database()), onlooker).await?;
        watched.execute("SET GLOBAL max_connections = 10").await?;
        crowd(&watched, 10).await
    });
}
