//! The known faults of the ground that Wharf stands on, each as a law that holds on it all the same.

use wharf::prelude::*;
use wharf_tests::cancel::drop_after;

use crate::entities::{Accounts, account, balance, linger, open_accounts, set_balance};
use crate::harness::{Engine, Place, refused, refused_saying, run};

/// More polls than any of these futures needs, on any engine.
const POLLS: usize = 12;

on_all_engines! {
    /// sqlx rolls back the outer transaction then, and goes on without one.
    async fn a_nested_begin_that_is_dropped_loses_nothing_outer(db: &Database) {
        open_accounts(db, 1..=2).await?;
        for polls in 1..=POLLS {
            let unit = db.begin().await?;
            set_balance(&unit, 1, polls as i64).await?;
            let nested = unit.nested(async |inner| {
                linger().await;
                Accounts::count(inner).await
            });
            assert!(drop_after(polls, nested).await.is_none());
            set_balance(&unit, 2, polls as i64).await?;
            unit.commit().await?;
            assert_eq!((balance(db, 1).await?, balance(db, 2).await?), (polls as i64, polls as i64));
        }
    }

    /// sqlx puts a connection with an open transaction back into its pool then.
    async fn a_begin_that_is_dropped_leaves_no_open_transaction_to_the_next(db: &Database, place: &Place) {
        let one = place.open(PoolConfig::new().max_connections(1)).await?;
        open_accounts(db, [1]).await?;
        for polls in 1..=POLLS {
            drop(drop_after(polls, one.begin()).await);
            set_balance(&one, 1, polls as i64).await?;
            assert_eq!(balance(db, 1).await?, polls as i64, "it is committed, for others to see");
        }
        one.close().await;
    }

    async fn a_release_that_is_dropped_loses_nothing_outer(db: &Database) {
        open_accounts(db, 1..=2).await?;
        for polls in 1..=3 * POLLS {
            let value = polls as i64;
            let unit = db.begin().await?;
            set_balance(&unit, 1, value).await?;
            let nested = unit.nested(async |inner| set_balance(inner, 2, -value).await);
            let released = drop_after(polls, nested).await;
            let kept = balance(&unit, 2).await;
            unit.commit().await?;
            assert_eq!(balance(db, 1).await?, value);
            assert_eq!(balance(db, 2).await?, kept?, "what the unit saw is what was committed");
            if let Some(released) = released {
                assert_eq!(balance(db, 2).await?, released?.balance);
            }
        }
    }

    /// PostgreSQL answers ROLLBACK to such a COMMIT, and sqlx says `Ok`.
    async fn a_commit_after_a_failed_statement_says_rolled_back(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 0).await?;
        refused(Accounts::insert(&unit, &account(1, "taken", 0)).await, ErrorKind::Constraint);
        refused(unit.commit().await, ErrorKind::RolledBack);
        assert_eq!(balance(db, 1).await?, 100);
    }

    /// sqlx waits for its whole acquire timeout, and then says that the pool is exhausted.
    async fn a_query_on_the_pool_inside_a_transaction_on_its_one_connection_says_what_is_wrong(_db: &Database, place: &Place) {
        let one = place.open(PoolConfig::new().max_connections(1)).await?;
        open_accounts(&one, [1]).await?;
        let result = one.transaction(async |uow| {
            set_balance(uow, 1, 1).await?;
            set_balance(&one, 1, 2).await
        });
        // A reader of SQLite has a connection of its own; the writer hasn't.
        refused_saying(result.await, ErrorKind::PoolSelfDeadlock, &["its own unit of work", "pass the unit of work"]);
        assert_eq!(balance(&one, 1).await?, 100);
        one.close().await;
    }

    async fn a_script_runs_all_its_statements_and_leaves_nothing_on_its_connection(_db: &Database, place: &Place) {
        let one = place.open(PoolConfig::new().max_connections(1)).await?;
        open_accounts(&one, []).await?;
        one.execute("INSERT INTO accounts VALUES (1, 'a', 1, 0); INSERT INTO accounts VALUES (2, 'b', 1, 0)").await?;
        assert_eq!(Accounts::count(&one).await?, 2);
        one.execute("BEGIN; DELETE FROM accounts").await?;
        assert_eq!(Accounts::count(&one).await?, 2, "a transaction that nobody ends is undone");
        set_balance(&one, 1, 5).await?;
        one.close().await;
        let other = place.open(PoolConfig::new()).await?;
        assert_eq!(balance(&other, 1).await?, 5);
        other.close().await;
    }

    /// A text with several statements never reaches an engine as an argument, however it is quoted.
    async fn stacked_statements_in_a_value_are_a_value(db: &Database) {
        open_accounts(db, [1]).await?;
        for text in ["'; DELETE FROM accounts; --", "\\'; DELETE FROM accounts; #", "1); DROP TABLE accounts; --"] {
            let stored = Accounts::insert_many(db, &[account(2, text, 0)]).await?;
            assert_eq!(stored[0].owner, text);
            assert_eq!(Accounts::filter(|a| a.owner.eq(text).or(a.owner.in_([text]))).delete(db).await?, 1);
        }
        assert_eq!(Accounts::count(db).await?, 1);
    }

    /// On SQLite a transaction that reads first gets BUSY at its first write, whatever the busy timeout.
    async fn units_that_read_and_then_write_get_through_under_contention(db: &Database) {
        open_accounts(db, 1..=4).await?;
        let tasks = (0..16_i64).map(|task| {
            let db = db.clone();
            tokio::spawn(async move {
                for round in 0..10 {
                    transfer(&db, 1 + (task + round) % 4, 1 + (task + round + 1) % 4).await?;
                }
                Ok::<_, Error>(())
            })
        });
        for task in futures_util::future::join_all(tasks).await {
            task.expect("no panic")?;
        }
        let accounts = Accounts::all(db).await?;
        assert_eq!(accounts.iter().map(|account| account.balance).sum::<i64>(), 400);
        assert_eq!(accounts.iter().map(|account| account.version).sum::<i64>(), 16 * 10 * 2, "each was counted once");
    }
}

#[transactional(retry = 100)]
async fn transfer(uow: &UnitOfWork, from: i64, to: i64) -> Result<()> {
    let mut source = Accounts::get(uow, from).await?;
    let mut target = Accounts::get(uow, to).await?;
    source.balance -= 1;
    target.balance += 1;
    Accounts::update_many(uow, &[source, target]).await?;
    Ok(())
}

/// Without a retry: nobody is refused in the first place.
#[test]
fn sqlite_never_shows_busy_to_its_own_tasks() {
    run(Engine::Sqlite, async |db: &Database, _: &_| {
        open_accounts(db, [1]).await?;
        let tasks = (0..16).map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                for _ in 0..20 {
                    db.transaction(async |uow| {
                        let read = balance(uow, 1).await?;
                        set_balance(uow, 1, read + 1).await
                    })
                    .await?;
                }
                Ok::<_, Error>(())
            })
        });
        for task in futures_util::future::join_all(tasks).await {
            task.expect("no panic")?;
        }
        assert_eq!(balance(db, 1).await?, 100 + 16 * 20);
        Ok(())
    });
}
