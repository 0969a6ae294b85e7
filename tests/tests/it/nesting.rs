//! Units within units: undone alone, or kept as a part of the one around them.

use futures_util::FutureExt as _;
use wharf::prelude::*;
use wharf_tests::cancel::drop_after;

use crate::entities::{Accounts, account, balance, linger, open_accounts, set_balance};
use crate::harness::{refused, refused_saying};

on_all_engines! {
    async fn a_nested_unit_that_fails_is_undone_alone(db: &Database) {
        open_accounts(db, 1..=2).await?;
        db.transaction(async |uow| {
            set_balance(uow, 1, 1).await?;
            let failed = uow
                .nested(async |inner| {
                    set_balance(inner, 1, 2).await?;
                    set_balance(inner, 2, 2).await?;
                    Accounts::get(inner, 77).await
                })
                .await;
            refused(failed, ErrorKind::NotFound);
            assert_eq!((balance(uow, 1).await?, balance(uow, 2).await?), (1, 100));
            Ok::<_, Error>(())
        })
        .await?;
        assert_eq!((balance(db, 1).await?, balance(db, 2).await?), (1, 100));
    }

    async fn a_nested_unit_that_ends_well_shares_the_fate_of_the_one_around_it(db: &Database) {
        open_accounts(db, [1]).await?;
        for fails in [true, false] {
            let result = db
                .transaction(async |uow| {
                    let nested = uow.nested(async |inner| set_balance(inner, 1, 2).await).await?;
                    if fails { Accounts::get(uow, 77).await } else { Ok(nested) }
                })
                .await;
            assert_eq!(result.is_err(), fails);
            assert_eq!(balance(db, 1).await?, if fails { 100 } else { 2 });
        }
    }

    async fn a_violated_constraint_in_a_nested_unit_leaves_the_outer_one_usable(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        for id in [1, 2] {
            let nested = unit.nested(async |inner| Accounts::insert(inner, &account(id, "new", 0)).await).await;
            assert_eq!(nested.is_ok(), id == 2);
        }
        set_balance(&unit, 1, 5).await?;
        unit.commit().await?;
        assert_eq!((Accounts::count(db).await?, balance(db, 1).await?), (2, 5));
    }

    async fn a_nested_unit_that_swallows_its_failure_is_undone_and_says_so(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        let nested = unit.nested(async |inner| {
            set_balance(inner, 1, 0).await?;
            let _ = Accounts::insert(inner, &account(1, "taken", 0)).await;
            Ok::<_, Error>(())
        });
        let error = refused_saying(nested.await, ErrorKind::RolledBack, &["nested unit of work was rolled back"]);
        assert_eq!(error.cause().map(Error::kind), Some(ErrorKind::Constraint));
        assert_eq!(balance(&unit, 1).await?, 100);
        unit.commit().await?;
    }

    async fn nesting_goes_as_deep_as_one_likes(db: &Database) {
        open_accounts(db, 1..=4).await?;
        let unit = db.begin().await?;
        let result = unit
            .nested(async |two| {
                set_balance(two, 1, 1).await?;
                let lost = two
                    .nested(async |three| {
                        set_balance(three, 2, 2).await?;
                        three.nested(async |four| set_balance(four, 3, 3).await).await?;
                        Accounts::get(three, 77).await
                    })
                    .await;
                refused(lost, ErrorKind::NotFound);
                two.nested(async |three| set_balance(three, 4, 4).await).await
            })
            .await?;
        assert_eq!(result.id, 4);
        unit.commit().await?;
        let balances: Vec<i64> = Accounts::all(db).await?.into_iter().map(|account| account.balance).collect();
        assert_eq!(balances, [1, 100, 100, 4]);
    }

    async fn while_a_nested_unit_is_open_its_parent_says_so_at_once(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        let parent = &unit;
        parent
            .nested(async |inner| {
                let error = Accounts::get(parent, 1).now_or_never().expect("it doesn't wait");
                refused_saying(error, ErrorKind::UnitOfWorkSuspended, &["`nested`", file!()]);
                refused(parent.savepoint("no").await, ErrorKind::UnitOfWorkSuspended);
                let second = parent.nested(async |_| Ok::<_, Error>(())).await;
                refused(second, ErrorKind::UnitOfWorkSuspended);
                set_balance(inner, 1, 1).await
            })
            .await?;
        set_balance(&unit, 1, 2).await?;
        unit.commit().await?;
        assert_eq!(balance(db, 1).await?, 2);
    }

    async fn a_nested_unit_whose_future_is_dropped_is_undone_before_the_next_statement(db: &Database) {
        open_accounts(db, 1..=2).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 1).await?;
        for polls in 1..=16 {
            let nested = unit.nested(async |inner| {
                set_balance(inner, 1, 7).await?;
                set_balance(inner, 2, 7).await?;
                linger().await;
                Ok::<_, Error>(())
            });
            assert!(drop_after(polls, nested).await.is_none());
            assert_eq!((balance(&unit, 1).await?, balance(&unit, 2).await?), (1, 100), "dropped after {polls} polls");
        }
        unit.commit().await?;
        assert_eq!((balance(db, 1).await?, balance(db, 2).await?), (1, 100));
    }

    async fn a_panic_in_a_nested_unit_undoes_it_alone(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 1).await?;
        let nested = unit.nested(async |inner| {
            set_balance(inner, 1, 2).await?;
            if balance(inner, 1).await? == 2 {
                panic!("on purpose");
            }
            Ok::<_, Error>(())
        });
        assert!(std::panic::AssertUnwindSafe(nested).catch_unwind().await.is_err());
        assert_eq!(balance(&unit, 1).await?, 1);
        unit.commit().await?;
    }

    async fn a_read_only_unit_nests_too(db: &Database) {
        open_accounts(db, [1]).await?;
        let options = TransactionOptions::new().read_only();
        let sum = db
            .transaction_with(options, async |uow| {
                let one = uow.nested(async |inner| balance(inner, 1).await).await?;
                Ok::<_, Error>(one + balance(uow, 1).await?)
            })
            .await?;
        assert_eq!(sum, 200);
    }
}
