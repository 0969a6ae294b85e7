//! On SQLite: how a wire ends that is severed.

use std::sync::Arc;

use super::*;
use crate::driver::{Endpoint, Operation, Role};
use crate::error::Outcome;

const FOR_EVER: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

async fn wire() -> Wire {
    let endpoint = Endpoint::parse("sqlite::memory:").expect("a URL");
    Wire::new(endpoint.open(Role::Writer).await.expect("a connection"))
}

fn read(sql: &'static str) -> Request {
    let mut request = Request::control(Command::Statement, sql, "test");
    request.operation = Operation::read("test", "");
    request
}

fn write(sql: &'static str) -> Request {
    Request::control(Command::Statement, sql, "test")
}

async fn begin(wire: &mut Wire) {
    let begin = Request::control(Command::Begin, "BEGIN", "BEGIN");
    wire.exchange(begin).await.expect("begun");
}

/// Severs a wire on which a request is out, while somebody waits for its answer.
async fn severed_during(wire: &mut Wire, request: Request) -> Error {
    let stopper = wire.stopper().clone();
    let waiting = async { wire.exchange(request).await.expect_err("it never ends") };
    let severing = async { stopper.sever(&Arc::from("it froze")) };
    // The first branch is polled first: the request is out, and its waiter asleep.
    let (error, ()) = futures_util::future::join(waiting, severing).await;
    assert!(wire.is_severed() && wire.in_flight().is_none() && !wire.is_clean());
    assert!(wire.connection().is_none());
    error
}

fn of(error: &Error) -> (ErrorKind, Outcome, bool) {
    (error.kind(), error.outcome(), error.is_retryable())
}

#[tokio::test]
async fn what_is_out_is_lost_with_what_is_known_of_it() {
    use ErrorKind::{CommitUnknown, ConnectionLost};
    let lone = severed_during(&mut wire().await, read(FOR_EVER)).await;
    assert_eq!(of(&lone), (ConnectionLost, Outcome::NotSent, true));
    assert!(lone.to_string().contains("it froze"), "{lone}");

    let lone = severed_during(&mut wire().await, write(FOR_EVER)).await;
    assert_eq!(of(&lone), (ConnectionLost, Outcome::Unknown, false));

    let begin_for_ever = Request::control(Command::Begin, FOR_EVER, "BEGIN");
    let error = severed_during(&mut wire().await, begin_for_ever).await;
    assert_eq!(of(&error), (ConnectionLost, Outcome::RolledBack, true));

    let mut inside = wire().await;
    begin(&mut inside).await;
    let error = severed_during(&mut inside, write(FOR_EVER)).await;
    assert_eq!(of(&error), (ConnectionLost, Outcome::RolledBack, true));

    let mut ending = wire().await;
    begin(&mut ending).await;
    // In place of a commit that isn't answered.
    let commit = Request::control(Command::Commit, FOR_EVER, "COMMIT");
    let error = severed_during(&mut ending, commit).await;
    assert_eq!(of(&error), (CommitUnknown, Outcome::Unknown, false));
}

#[tokio::test]
async fn what_was_abandoned_is_settled_as_lost() {
    let mut wire = wire().await;
    wire.start(write(FOR_EVER)).expect("nothing else is out");
    wire.stopper().sever(&Arc::from("it froze"));
    let settled = wire.settle().await.expect("it was out");
    let error = settled.answer.expect_err("it never ends");
    assert_eq!(error.kind(), ErrorKind::ConnectionLost);
}

#[tokio::test]
async fn what_comes_later_is_not_sent() {
    let mut idle = wire().await;
    idle.stopper().sever(&Arc::from("it froze"));
    let error = idle.exchange(write("SELECT 1")).await;
    let error = error.expect_err("nothing is sent");
    assert_eq!(
        of(&error),
        (ErrorKind::ConnectionLost, Outcome::NotSent, true)
    );

    let mut inside = wire().await;
    begin(&mut inside).await;
    inside.stopper().sever(&Arc::from("it froze"));
    // A commit that was never sent is no commit.
    let commit = Request::control(Command::Commit, "COMMIT", "COMMIT");
    let error = inside.exchange(commit).await.expect_err("nothing is sent");
    assert_eq!(
        of(&error),
        (ErrorKind::ConnectionLost, Outcome::RolledBack, true)
    );
}
