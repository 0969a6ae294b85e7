//! On SQLite: what a statement that was stopped leaves behind.

use std::sync::Mutex;

use super::*;
use crate::driver::request::{Command, Request};
use crate::driver::{Dialect, Endpoint, Operation, Role};
use crate::error::{ErrorKind, Result};
use crate::mechanism::Mechanism;

const FOR_EVER: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

async fn wire() -> Wire {
    let endpoint = Endpoint::parse("sqlite::memory:").expect("a URL");
    let connection = endpoint.open(Role::Writer).await.expect("a connection");
    let mut wire = Wire::new(connection);
    run(&mut wire, Command::Statement, "CREATE TABLE t (n INTEGER)")
        .await
        .expect("a table");
    wire
}

async fn run(wire: &mut Wire, command: Command, sql: &'static str) -> Result<u64> {
    let request = Request::control(command, sql, "test");
    wire.exchange(request).await.map(|answer| answer.affected)
}

/// Starts a statement that never ends, and stops it.
async fn stopped(wire: &mut Wire, sql: String) -> Result<u64> {
    let request = Request::control(Command::Statement, sql, "test");
    wire.start(request).expect("nothing else is out");
    let asked = Mutex::new(Vec::new());
    let ask = |stop: Stop| {
        stop.stopper.interrupt.flag(stop.number);
        asked
            .lock()
            .expect("nobody panics with it")
            .push(stop.number);
    };
    let settled = stop(wire, Duration::ZERO, ask).await.expect("it was out");
    assert!(!asked.lock().expect("nobody panics with it").is_empty());
    settled.answer.map(|answer| answer.affected)
}

async fn rows(wire: &mut Wire) -> usize {
    let request = Request::control(Command::Statement, "SELECT n FROM t", "test");
    wire.exchange(request).await.expect("rows").rows.len()
}

#[tokio::test]
async fn a_read_that_was_stopped_leaves_its_transaction_open_and_failed() {
    let mut wire = wire().await;
    run(&mut wire, Command::Begin, "BEGIN IMMEDIATE")
        .await
        .expect("begun");
    run(&mut wire, Command::Statement, "INSERT INTO t VALUES (1)")
        .await
        .expect("written");
    let error = stopped(&mut wire, FOR_EVER.to_owned())
        .await
        .expect_err("it was stopped");
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(rows(&mut wire).await, 1, "SQLite still has the write");
    let connection = wire.connection().expect("nothing is out");
    assert!(!connection.is_clean() || !Mechanism::State.is_on());
    assert!(connection.reset(true).await);
    assert_eq!(rows(&mut wire).await, 0);
}

#[tokio::test]
async fn a_write_that_was_stopped_takes_its_transaction_with_it_and_nothing_is_half_done() {
    let mut wire = wire().await;
    run(&mut wire, Command::Begin, "BEGIN IMMEDIATE")
        .await
        .expect("begun");
    run(&mut wire, Command::Statement, "INSERT INTO t VALUES (1)")
        .await
        .expect("written");
    run(&mut wire, Command::Savepoint, "SAVEPOINT s")
        .await
        .expect("a savepoint");
    let write = format!("INSERT INTO t SELECT i FROM ({FOR_EVER})").replace("count(*)", "i");
    let error = stopped(&mut wire, write).await.expect_err("it was stopped");
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    // The savepoint went with the transaction, so a nested unit can't be undone alone: its parent is doomed.
    let undo = "ROLLBACK TO SAVEPOINT s; RELEASE SAVEPOINT s";
    assert!(run(&mut wire, Command::Undo, undo).await.is_err());
    let connection = wire.connection().expect("nothing is out");
    assert!(connection.reset(true).await);
    assert_eq!(rows(&mut wire).await, 0);
    run(&mut wire, Command::Begin, "BEGIN IMMEDIATE")
        .await
        .expect("no transaction is left");
}

#[tokio::test]
async fn statements_count_their_hits_as_sqlx_does() {
    let endpoint = Endpoint::parse("sqlite::memory:")
        .expect("a URL")
        .statement_cache(2);
    let mut wire = Wire::new(endpoint.open(Role::Writer).await.expect("a connection"));
    for sql in [
        "SELECT 1",
        "SELECT 2",
        "SELECT 1",
        "SELECT 3",
        "SELECT 1",
        "SELECT 2",
        "SELECT wrong",
    ] {
        let operation = Operation::read("test", "");
        let request = Request::statement(Dialect::Sqlite, operation, sql, &[]);
        let _ = wire.exchange(request.expect("no arguments")).await;
    }
    let counts = wire.statements();
    assert_eq!((counts.hits(), counts.misses()), (2, 5));
    let connection = wire.connection().expect("nothing is out");
    assert_eq!(connection.prepared(), 2, "as many as may be");
}
