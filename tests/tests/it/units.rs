//! Units of work: all or nothing, and `Ok` means committed.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use wharf::prelude::*;
use wharf_tests::cancel::drop_after;

use crate::entities::{Accounts, Payment, Payments, account, balance, open_accounts, set_balance};
use crate::harness::{Place, refused, refused_saying};

on_all_engines! {
    async fn ok_commits(db: &Database) {
        open_accounts(db, 1..=2).await?;
        let moved = db
            .transaction(async |uow| {
                set_balance(uow, 1, 50).await?;
                set_balance(uow, 2, 150).await?;
                Ok::<_, Error>(50)
            })
            .await?;
        assert_eq!((moved, balance(db, 1).await?, balance(db, 2).await?), (50, 50, 150));
    }

    async fn a_timeout_that_makes_no_sense_is_refused(db: &Database) {
        for timeout in [Duration::ZERO, Duration::MAX] {
            let options = TransactionOptions::new().timeout(timeout);
            let words = ["timeout is", "1ms to 7 days"];
            refused_saying(db.begin_with(options).await.map(drop), ErrorKind::InvalidArgument, &words);
            let closed = db.transaction_with(options, async |_| Ok::<_, Error>(()));
            refused_saying(closed.await, ErrorKind::InvalidArgument, &words);
        }
    }

    async fn err_rolls_back_and_is_returned_as_it_is(db: &Database) {
        #[derive(Debug)]
        enum Mine {
            Poor(i64),
            Other(#[expect(dead_code, reason = "shown when the test fails")] Error),
        }
        impl From<Error> for Mine {
            fn from(error: Error) -> Self {
                Self::Other(error)
            }
        }
        open_accounts(db, [1]).await?;
        let result = db
            .transaction(async |uow| {
                let account = set_balance(uow, 1, -5).await?;
                if account.balance < 0 { Err(Mine::Poor(account.balance)) } else { Ok(()) }
            })
            .await;
        assert!(matches!(result, Err(Mine::Poor(-5))), "{result:?}");
        assert_eq!(balance(db, 1).await?, 100);
    }

    async fn a_panic_rolls_back(db: &Database) {
        open_accounts(db, [1]).await?;
        let body = db.transaction(async |uow| {
            set_balance(uow, 1, 0).await?;
            if balance(uow, 1).await? == 0 {
                panic!("on purpose");
            }
            Ok::<_, Error>(())
        });
        assert!(AssertUnwindSafe(body).catch_unwind().await.is_err());
        assert_eq!(balance(db, 1).await?, 100);
    }

    async fn a_dropped_future_rolls_back(db: &Database) {
        open_accounts(db, [1]).await?;
        let reached = Arc::new(tokio::sync::Notify::new());
        let task = {
            let (db, reached) = (db.clone(), reached.clone());
            tokio::spawn(async move {
                db.transaction(async |uow| {
                    set_balance(uow, 1, 0).await?;
                    reached.notify_one();
                    std::future::pending::<Result<()>>().await
                })
                .await
            })
        };
        reached.notified().await;
        task.abort();
        assert!(task.await.expect_err("it was aborted").is_cancelled());
        // A writer that waits for the row, or for the one writer of SQLite, gets it.
        assert_eq!(set_balance(db, 1, 99).await?.version, 1);
    }

    async fn a_unit_by_hand_commits_with_a_receipt(db: &Database) {
        open_accounts(db, 1..=2).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 1).await?;
        Accounts::insert_many(&unit, &[account(3, "c", 0), account(4, "d", 0)]).await?;
        Accounts::delete(&unit, 2).await?;
        let receipt = unit.commit().await?;
        assert_eq!((receipt.statements, receipt.rows_written), (4, 4));
        assert_eq!(Accounts::count(db).await?, 3);
    }

    async fn a_unit_by_hand_rolls_back_when_told_or_when_dropped(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 0).await?;
        unit.rollback().await?;
        assert_eq!(balance(db, 1).await?, 100);
        let unit = db.begin().await?;
        set_balance(&unit, 1, 0).await?;
        drop(unit);
        assert_eq!(set_balance(db, 1, 99).await?.version, 1);
    }

    async fn a_unit_sees_its_own_writes_and_others_see_them_after_the_commit(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 7).await?;
        assert_eq!((balance(&unit, 1).await?, balance(db, 1).await?), (7, 100));
        unit.commit().await?;
        assert_eq!(balance(db, 1).await?, 7);
    }

    async fn an_empty_unit_commits(db: &Database) {
        let receipt = db.begin().await?.commit().await?;
        assert_eq!((receipt.statements, receipt.rows_written), (0, 0));
        db.transaction(async |_uow| Ok::<_, Error>(())).await?;
    }

    async fn a_failed_statement_dooms_its_unit(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 0).await?;
        refused(Accounts::insert(&unit, &account(1, "taken", 0)).await, ErrorKind::Constraint);
        let error = refused_saying(Accounts::get(&unit, 1).await, ErrorKind::RolledBack, &["an earlier statement failed"]);
        assert_eq!(error.cause().map(Error::kind), Some(ErrorKind::Constraint));
        let error = refused_saying(unit.commit().await, ErrorKind::RolledBack, &["commit", "insert"]);
        assert_eq!(error.cause().and_then(Error::constraint).map(|c| c.kind()), Some(wharf::ConstraintKind::Unique));
        assert_eq!(error.outcome(), Outcome::RolledBack);
        assert_eq!(balance(db, 1).await?, 100);
    }

    async fn an_error_that_was_swallowed_still_never_commits(db: &Database) {
        open_accounts(db, [1]).await?;
        let result = db
            .transaction(async |uow| {
                set_balance(uow, 1, 0).await?;
                let _ = Accounts::insert(uow, &account(1, "taken", 0)).await;
                Ok::<_, Error>(())
            })
            .await;
        refused(result, ErrorKind::RolledBack);
        assert_eq!(balance(db, 1).await?, 100);
    }

    async fn what_was_refused_before_it_was_sent_dooms_nothing(db: &Database) {
        open_accounts(db, 1..=2).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 0).await?;
        refused(Accounts::page(&unit, 0, 0).await, ErrorKind::InvalidArgument);
        refused(Accounts::get(&unit, 77).await, ErrorKind::NotFound);
        let twice = [account(1, "", 0), account(1, "", 0)];
        refused(Accounts::update_many(&unit, &twice).await, ErrorKind::InvalidArgument);
        unit.commit().await?;
        assert_eq!(balance(db, 1).await?, 0);
    }

    async fn calls_on_one_unit_queue_for_its_connection(db: &Database) {
        open_accounts(db, 1..=3).await?;
        let unit = db.begin().await?;
        let (one, two, three) =
            tokio::try_join!(set_balance(&unit, 1, 1), set_balance(&unit, 2, 2), Accounts::count(&unit))?;
        assert_eq!((one.balance, two.balance, three), (1, 2, 3));
        let all = (1..=3).map(|id| set_balance(&unit, id, 10 * id));
        futures_util::future::try_join_all(all).await?;
        unit.commit().await?;
        assert_eq!(Accounts::filter(|a| a.balance.in_([10, 20, 30])).count(db).await?, 3);
    }

    async fn a_statement_that_is_dropped_half_way_dooms_its_unit(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = loop {
            let unit = db.begin().await?;
            // SQLite may answer within one poll.
            if drop_after(1, Accounts::insert(&unit, &account(2, "b", 0))).await.is_none() {
                break unit;
            }
            unit.rollback().await?;
        };
        let error = refused(unit.commit().await, ErrorKind::RolledBack);
        assert_eq!(error.cause().map(Error::kind), Some(ErrorKind::Cancelled));
        assert_eq!(Accounts::count(db).await?, 1);
    }

    async fn a_schema_changes_in_a_unit_where_the_engine_can_undo_it(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 0).await?;
        let created = Ddl::create(&unit).await;
        if db.dialect() == Dialect::MySql {
            refused_saying(created, ErrorKind::Unsupported, &["create", "commits the transaction", "MariaDB"]);
        } else {
            created?;
        }
        unit.rollback().await?;
        assert_eq!(balance(db, 1).await?, 100);
        refused_saying(Ddl::count(db).await, ErrorKind::Schema, &["notes"]);
        Ddl::create(db).await?;
        assert_eq!(Ddl::count(db).await?, 0);
    }

    async fn a_unit_outlives_its_database_handle_and_closing_waits_for_it(db: &Database, place: &Place) {
        open_accounts(db, [1]).await?;
        let other = place.open(PoolConfig::new()).await?;
        let unit = other.begin().await?;
        let (closed, _) = tokio::join!(other.close(), async {
            set_balance(&unit, 1, 5).await.expect("what has begun goes on");
            refused(Accounts::count(&other).await, ErrorKind::PoolClosed);
            unit.commit().await.expect("and commits")
        });
        assert_eq!(closed.abandoned, 0);
        assert_eq!(balance(db, 1).await?, 5);
    }

    async fn rows_of_two_tables_live_and_die_together(db: &Database) {
        open_accounts(db, [1]).await?;
        db.create_table::<Payment>().await?;
        for fails in [true, false] {
            let result = db
                .transaction(async |uow| {
                    let payment = Payments::insert(uow, &Payment { id: 0, account_id: 1, amount: 10 }).await?;
                    Accounts::delete(uow, if fails { payment.account_id } else { 2 }).await
                })
                .await;
            assert_eq!(result.is_err(), fails);
            assert_eq!(Payments::count(db).await?, u64::from(!fails));
        }
    }
}

struct Ddl;

#[repository]
impl Ddl {
    #[query("CREATE TABLE notes (id INTEGER)")]
    async fn create(db: &impl WriteExecutor) -> Result<()>;

    #[query("SELECT count(*) FROM notes")]
    async fn count(db: &impl Executor) -> Result<i64>;
}
