//! The pool as it is seen from outside: by a program's calls, in what it tells of itself, and by the server.

mod affinity;
mod callers;
mod closing;
mod faults;
mod hooks;
mod killing;
mod leaks;
mod memory;
mod openings;
mod outages;
mod partitions;
mod recycling;
mod severing;
mod sizes;
mod statements;
mod stats;
mod storms;
mod waiting;
mod watched;

use std::sync::Arc;

use futures_util::future::try_join_all;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use wharf::prelude::*;
use wharf::{CloseReason, PoolStats};

use crate::entities::Account;

#[repository(Account)]
struct Statements;

#[repository]
impl Statements {
    /// Which connection it runs on, as the server calls it.
    #[query(
        postgres = "SELECT CAST(pg_backend_pid() AS bigint)",
        mysql = "SELECT CAST(connection_id() AS SIGNED)"
    )]
    async fn process(db: &impl WriteExecutor) -> Result<i64>;

    /// Longer than it takes to look at the connections twice.
    #[query(
        postgres = "SELECT count(*) FROM pg_sleep(2.5)",
        mysql = "SELECT CAST(sleep(2.5) AS SIGNED)"
    )]
    async fn nap(db: &impl WriteExecutor) -> Result<i64>;

    /// Runs until it is stopped.
    #[query(
        sqlite = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
        postgres = "SELECT CAST(1 AS bigint) FROM pg_sleep(3600)",
        mysql = "SELECT CAST(sleep(3600) AS SIGNED)"
    )]
    async fn endless(db: &impl WriteExecutor) -> Result<i64>;

    /// Row after row, until it is stopped.
    #[query(
        sqlite = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        postgres = "SELECT generate_series(CAST(1 AS bigint), 4000000000)",
        mysql = "SELECT CAST(seq AS SIGNED) FROM seq_1_to_4000000000"
    )]
    fn numbers(db: &impl Executor) -> impl Stream<Item = Result<i64>>;
}

/// How the pool stands that serves who writes: on an SQLite file its own, else the only one.
fn writers(db: &Database) -> PoolStats {
    db.pool_stats().swap_remove(0)
}

/// How the pool stands that serves who only reads.
fn readers(db: &Database) -> PoolStats {
    db.pool_stats().pop().expect("there is at least one")
}

/// How many callers wait.
fn waiting(stats: &PoolStats) -> usize {
    stats.waiting.values().sum()
}

/// How many connections were closed for this reason.
fn closed(stats: &PoolStats, reason: CloseReason) -> u64 {
    stats.closed.get(&reason).copied().unwrap_or(0)
}

/// A session with nothing but a name.
fn session(db: &Database, name: &str) -> Result<Session> {
    db.session(name).open()
}

/// A task that holds one of the connections that read, or waits for it.
struct Held {
    begun: Arc<Notify>,
    release: Arc<Notify>,
    task: JoinHandle<Result<()>>,
}

impl Held {
    /// Starts to wait.
    fn start(executor: &(impl Executor + Clone + 'static)) -> Self {
        let (begun, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (executor, begins, ends) = (executor.clone(), begun.clone(), release.clone());
        let task = tokio::spawn(async move { hold(&executor, &begins, &ends).await });
        Self {
            begun,
            release,
            task,
        }
    }

    /// Returns when it has the connection.
    async fn begin(executor: &(impl Executor + Clone + 'static)) -> Self {
        let held = Self::start(executor);
        held.begun().await;
        held
    }

    /// Returns when it has the connection, once.
    async fn begun(&self) {
        self.begun.notified().await;
    }

    /// Gives the connection back as soon as it has it.
    async fn end(self) -> Result<()> {
        self.release.notify_one();
        self.task.await.expect("no panic")
    }
}

/// Has them all give their connections back: one that waits may be served by what another one holds.
async fn end_all(held: impl IntoIterator<Item = Held>) -> Result<()> {
    try_join_all(held.into_iter().map(Held::end))
        .await
        .map(drop)
}

#[transactional(read_only)]
async fn hold(_uow: &UnitOfWork<ReadOnly>, begun: &Notify, release: &Notify) -> Result<()> {
    begun.notify_one();
    release.notified().await;
    Ok(())
}
