//! On SQLite: a commit with a question behind it.

use crate::driver::request::{Command, Request};
use crate::driver::state::State;
use crate::driver::{By, Connection, Endpoint, Role};
use crate::error::Result;

async fn connection() -> Box<Connection> {
    let endpoint = Endpoint::parse("sqlite::memory:").expect("a URL");
    let connection = endpoint.open(Role::Writer).await.expect("a connection");
    let mut connection = Box::new(connection);
    for (command, sql) in [
        (Command::Statement, "CREATE TABLE t (n INTEGER)"),
        (Command::Begin, "BEGIN IMMEDIATE"),
        (Command::Statement, "INSERT INTO t VALUES (7)"),
    ] {
        let done;
        let request = Request::control(command, sql, "test");
        connection.sent(&request);
        (connection, done) = connection.run(request).await;
        done.expect(sql);
    }
    connection
}

async fn commit(sql: &'static str) -> (Box<Connection>, Result<(Option<i64>, bool)>) {
    let mut connection = connection().await;
    let mut request = Request::control(Command::Commit, sql, "COMMIT");
    request.commits_after = Some(1);
    connection.sent(&request);
    let (connection, answer) = connection.run(request).await;
    let answer = answer.and_then(|answer| {
        let row = answer.rows.decode_first::<i64>(By::Position)?;
        Ok((row, answer.is_whole))
    });
    (connection, answer)
}

#[tokio::test]
async fn a_commit_brings_the_answer_to_its_question() {
    let (connection, answer) = commit("COMMIT; SELECT n FROM t").await;
    assert_eq!(answer.expect("committed"), (Some(7), true));
    assert_eq!(connection.state(), State::Clean);
}

#[tokio::test]
async fn a_question_that_fails_loses_its_answer_and_not_the_commit() {
    let (mut connection, answer) = commit("COMMIT; SELECT n FROM nowhere").await;
    assert_eq!(answer.expect("committed"), (None, false));
    assert_eq!(
        connection.state(),
        State::Unknown,
        "so nobody is handed it as it is"
    );
    connection
        .tell("ROLLBACK")
        .await
        .expect_err("no transaction is open");
}

#[tokio::test]
async fn a_commit_that_fails_is_no_commit_whatever_follows() {
    let (_, answer) = commit("SELECT n FROM nowhere; COMMIT; SELECT n FROM t").await;
    answer.expect_err("refused before the commit");
}
