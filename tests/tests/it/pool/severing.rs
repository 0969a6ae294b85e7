//! Cutting a pool off from a server that says nothing any more: everything ends while the server is still silent.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use futures_util::future::join;
use wharf::__private::{in_use, sever};
use wharf::CloseReason;
use wharf::prelude::*;
use wharf_tests::server::Server;

use super::stats::{assert_settled, settle};
use super::watched::Watched;
use super::{Held, Statements, closed, end_all, readers, waiting, writers};
use crate::entities::{Accounts, balance, open_accounts, set_balance};
use crate::harness::{Engine, Place, eventually, refused, refused_saying};

on_own_servers! {
    whatever_is_under_way_ends_while_the_server_is_frozen
    what_is_opened_or_cleaned_is_given_up_while_the_server_is_frozen
}

/// A database with two accounts, on a server of the test's own.
async fn watch(server: &Server) -> Result<Watched> {
    let watched = Watched::on(server).await?;
    // From another pool, so that connections of the one that is watched are none but those that it began with.
    let other = watched.open(PoolConfig::new()).await?;
    open_accounts(&other, [1, 2]).await?;
    other.close().await;
    Ok(watched)
}

/// Begins a call that nobody answers.
async fn under_way<F: Future>(call: F) -> Pin<Box<F>> {
    let mut call = Box::pin(call);
    let first = poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx))).await;
    assert!(first.is_pending(), "the server is frozen");
    call
}

async fn whatever_is_under_way_ends_while_the_server_is_frozen(server: &mut Server) -> Result<()> {
    let watched = watch(server).await?;
    let pool = PoolConfig::new().max_connections(3).initial_connections(3);
    let db = &watched.open(pool).await?;
    let (idle, ending) = (db.begin().await?, db.begin().await?);
    set_balance(&idle, 1, 5).await?;
    set_balance(&ending, 2, 5).await?;

    server.freeze();
    let statement = under_way(Accounts::count(db)).await;
    let commit = under_way(ending.commit()).await;
    let waiter = under_way(Accounts::count(db)).await;
    assert_eq!((waiting(&readers(db)), in_use(db)), (1, 4));
    sever(db, "it froze");

    let words = &["it froze"];
    let error = refused_saying(statement.await, ErrorKind::ConnectionLost, words);
    assert_eq!(
        (error.outcome(), error.is_retryable()),
        (Outcome::NotSent, true)
    );
    let error = refused(commit.await, ErrorKind::CommitUnknown);
    assert_eq!(
        (error.outcome(), error.is_retryable()),
        (Outcome::Unknown, false)
    );
    let error = refused_saying(waiter.await, ErrorKind::ConnectionLost, words);
    assert_eq!(
        (error.outcome(), error.is_retryable()),
        (Outcome::NotSent, true)
    );
    let error = refused_saying(balance(&idle, 1).await, ErrorKind::ConnectionLost, words);
    assert_eq!(
        (error.outcome(), error.is_retryable()),
        (Outcome::RolledBack, true)
    );
    refused(idle.commit().await, ErrorKind::RolledBack);
    settle(db).await?;
    let stats = readers(db);
    assert_settled(&stats);
    assert_eq!((closed(&stats, CloseReason::Severed), stats.idle), (3, 0));
    assert_eq!(in_use(db), 0);

    server.thaw();
    eventually("calls are served", async || {
        Ok(Accounts::count(db).await.is_ok())
    })
    .await?;
    assert_eq!(balance(db, 1).await?, 100);
    assert!([5, 100].contains(&balance(db, 2).await?));
    db.close().await;
    watched.is_let_go().await
}

async fn what_is_opened_or_cleaned_is_given_up_while_the_server_is_frozen(
    server: &mut Server,
) -> Result<()> {
    let watched = watch(server).await?;
    let pool = PoolConfig::new()
        .max_connections(3)
        .initial_connections(2)
        .connect_timeout(Duration::from_secs(600));
    let db = &watched.open(pool).await?;
    let (dropped, committing) = (db.begin().await?, db.begin().await?);
    set_balance(&dropped, 1, 5).await?;

    server.freeze();
    drop(dropped);
    // It would decide for itself, whether anybody waits for it or not.
    drop(under_way(committing.commit()).await);
    let opening = Held::start(db);
    eventually("all of it is under way", async || {
        let stats = readers(db);
        Ok((stats.quarantined, stats.opening, waiting(&stats)) == (2, 1, 1))
    })
    .await?;
    sever(db, "it froze");
    refused_saying(
        opening.end().await,
        ErrorKind::ConnectionLost,
        &["it froze"],
    );
    settle(db).await?;
    let stats = readers(db);
    assert_eq!(closed(&stats, CloseReason::Severed), 2, "{stats:?}");
    assert_eq!((stats.idle, stats.open_failures), (0, 0), "{stats:?}");

    server.thaw();
    eventually("calls are served", async || {
        Ok(Accounts::count(db).await.is_ok())
    })
    .await?;
    assert_eq!(balance(db, 1).await?, 100);
    db.close().await;
    watched.is_let_go().await
}

on_all_engines! {
    async fn idle_connections_go_and_the_pool_goes_on(_db: &Database, place: &Place) {
        let pool = PoolConfig::new().max_connections(2).initial_connections(2);
        let db = &place.open(pool).await?;
        open_accounts(db, [1]).await?;
        for round in 1..=3 {
            sever(db, "a drill");
            settle(db).await?;
            assert_eq!(readers(db).idle, 0);
            assert_eq!(set_balance(db, 1, round).await?.balance, round);
            assert_eq!(balance(db, 1).await?, round);
            let both = join(Held::begin(db), Held::begin(db)).await;
            end_all([both.0, both.1]).await?;
        }
        settle(db).await?;
        for stats in db.pool_stats() {
            assert_settled(&stats);
            assert!(closed(&stats, CloseReason::Severed) >= 3, "{stats:?}");
        }
        db.close().await;
    }

    async fn a_running_statement_and_whoever_waits_behind_it_are_told(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1)).await?;
        open_accounts(db, [1]).await?;
        let running = db.clone();
        let running = tokio::spawn(async move { Statements::endless(&running).await });
        eventually("it runs", async || Ok(readers(db).lent + writers(db).lent > 0)).await?;
        let behind = (0..3).map(|_| {
            let db = db.clone();
            tokio::spawn(async move { Statements::endless(&db).await })
        });
        let behind: Vec<_> = behind.collect();
        eventually("they wait", async || Ok(in_use(db) == 4)).await?;
        sever(db, "a drill");
        for call in behind.into_iter().chain([running]) {
            refused_saying(call.await.expect("no panic"), ErrorKind::ConnectionLost, &["a drill"]);
        }
        assert_eq!(set_balance(db, 1, 7).await?.balance, 7);
        db.close().await;
    }

    async fn an_idle_unit_learns_at_its_next_use_and_did_nothing(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(2)).await?;
        open_accounts(db, [1]).await?;
        for commits_at_once in [true, false] {
            let unit = db.begin().await?;
            set_balance(&unit, 1, 5).await?;
            sever(db, "a drill");
            let error = match commits_at_once {
                true => refused(unit.commit().await, ErrorKind::RolledBack),
                false => refused(set_balance(&unit, 1, 6).await, ErrorKind::ConnectionLost),
            };
            assert_eq!((error.outcome(), error.is_retryable()), (Outcome::RolledBack, true));
        }
        assert_eq!(balance(db, 1).await?, 100);
        db.close().await;
    }
}

#[test]
fn a_database_in_memory_stays() {
    crate::harness::run(Engine::Memory, async |db: &Database, _place: &Place| {
        open_accounts(db, [1]).await?;
        sever(db, "a drill");
        assert_eq!(balance(db, 1).await?, 100);
        Ok(())
    });
}
