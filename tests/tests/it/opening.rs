//! Opening a database, and everything that can be wrong with it.

use std::net::TcpListener;

use wharf::prelude::*;
use wharf_tests::server::Server;

use crate::entities::{Accounts, balance, open_accounts};
use crate::harness::{Engine, Place, refused, refused_saying};

on_all_engines! {
    async fn what_was_stored_is_there_when_the_database_is_opened_again(db: &Database, place: &Place) {
        open_accounts(db, [1]).await?;
        db.close().await;
        let again = place.open(PoolConfig::new()).await?;
        assert_eq!(balance(&again, 1).await?, 100);
        again.close().await;
    }

    async fn a_closed_database_says_so(db: &Database) {
        open_accounts(db, [1]).await?;
        let session = db.session("agent-7").open()?;
        db.close().await;
        db.close().await;
        let error = refused_saying(Accounts::count(db).await, ErrorKind::PoolClosed, &["has been closed"]);
        assert_eq!(error.outcome(), Outcome::NotSent);
        refused(db.begin().await, ErrorKind::PoolClosed);
        refused(Accounts::count(&session).await, ErrorKind::PoolClosed);
        refused(Accounts::stream(db).try_next().await, ErrorKind::PoolClosed);
        assert_eq!(session.usage().operations, 0);
    }
}

#[tokio::test]
async fn a_url_that_is_none_names_what_is_wrong() {
    let cases = [
        ("oracle://host/db", "unknown scheme `oracle:`"),
        ("bank.db", "has no scheme"),
        ("", "has no scheme"),
        ("postgres://host:port/db", "PostgreSQL"),
        ("mysql://host:port/db", "MariaDB"),
        ("sqlite://a.db?mode=nonsense", "SQLite"),
        ("sqlite://a.db?cache=shared", "cache=shared"),
    ];
    for (url, words) in cases {
        refused_saying(
            Database::connect(url).await,
            ErrorKind::Configuration,
            &["open the database", words],
        );
    }
    refused_saying(
        Database::builder().connect().await,
        ErrorKind::Configuration,
        &["call `primary`"],
    );
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let pool = PoolConfig::new()
        .max_connections(0)
        .min_connections(1)
        .acquire_timeout(Duration::ZERO)
        .idle_timeout(Duration::from_millis(1))
        .max_lifetime(Duration::from_secs(u64::MAX))
        .close_timeout(Duration::from_secs(u64::MAX));
    let words = [
        "unknown scheme `x:`",
        "max_connections is 0",
        "min_connections is 1",
        "acquire_timeout is 0ns",
        "idle_timeout is 1ms",
        "max_lifetime is",
        "close_timeout is",
    ];
    refused_saying(
        Database::builder()
            .primary("x:y")
            .pool(pool)
            .connect()
            .await,
        ErrorKind::Configuration,
        &words,
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_at_once_and_without_the_password() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    for scheme in ["postgres", "mysql"] {
        let url = format!("{scheme}://user:hunter2@{address}/db");
        let error = refused_saying(
            Database::connect(url).await,
            ErrorKind::Connect,
            &["connect to", "127.0.0.1"],
        );
        assert!(!format!("{error:?}").contains("hunter2"));
        assert!(error.is_retryable());
        assert_eq!(error.outcome(), Outcome::NotSent);
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_as_such() {
    let postgres = Server::postgres().database();
    let login = |login: &str| postgres.replace("postgres@", login);
    refused_saying(
        Database::connect(login("locked:wrong@")).await,
        ErrorKind::Authentication,
        &["locked"],
    );
    refused(
        Database::connect(login("nobody-there@")).await,
        ErrorKind::Authentication,
    );
    Database::connect(login("locked:secret@"))
        .await
        .expect("the right one")
        .close()
        .await;
    let mariadb = Server::mariadb().database();
    let wrong = mariadb.replace("wharf:wharf@", "wharf:wrong@");
    refused_saying(
        Database::connect(wrong).await,
        ErrorKind::Authentication,
        &["wharf"],
    );
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told_by_name() {
    for url in [Server::postgres().database(), Server::mariadb().database()] {
        let (server, _) = url.rsplit_once('/').expect("a path");
        refused_saying(
            Database::connect(format!("{server}/nowhere")).await,
            ErrorKind::Schema,
            &["nowhere"],
        );
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_told_by_name() {
    refused_saying(
        Database::connect("sqlite:///nowhere/at/all.db").await,
        ErrorKind::Connect,
        &["/nowhere/at/all.db"],
    );
    let place = Place::new(Engine::Sqlite);
    let absent = format!("{}?mode=rw", place.url);
    refused(Database::connect(absent).await, ErrorKind::Connect);
    let path = place.url.trim_start_matches("sqlite://");
    std::fs::write(
        path,
        "this is not a database, and long enough to be looked at as one".repeat(20),
    )
    .expect("write a file");
    refused_saying(
        Database::connect(&place.url).await,
        ErrorKind::Connect,
        &[path, "not a database"],
    );
}

#[tokio::test]
async fn a_database_in_memory_lives_as_long_as_it_is_open() {
    let db = Database::connect("sqlite::memory:").await.expect("memory");
    open_accounts(&db, [1]).await.expect("a table");
    assert_eq!(balance(&db, 1).await.expect("the same database"), 100);
    // A script and an error leave its one connection in place.
    db.execute("INSERT INTO accounts VALUES (2, 'x', 1, 0); BEGIN; DELETE FROM accounts")
        .await
        .expect("a script");
    refused(
        Accounts::insert(&db, &crate::entities::account(1, "taken", 0)).await,
        ErrorKind::Constraint,
    );
    assert_eq!(Accounts::count(&db).await.expect("still there"), 2);
    db.close().await;
    let other = Database::connect("sqlite::memory:").await.expect("memory");
    refused(Accounts::count(&other).await, ErrorKind::Schema);
    other.close().await;
}
