//! Named savepoints: places in a unit to go back to.

use wharf::prelude::*;

use crate::entities::{Accounts, account, balance, open_accounts, set_balance};
use crate::harness::{refused, refused_saying};

on_all_engines! {
    async fn going_back_undoes_what_came_after_and_the_savepoint_stays(db: &Database) {
        open_accounts(db, 1..=2).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 1).await?;
        let before = unit.savepoint("before").await?;
        assert_eq!(before.name(), "before");
        for value in [2, 3] {
            set_balance(&unit, 1, value).await?;
            set_balance(&unit, 2, value).await?;
            unit.rollback_to(&before).await?;
            assert_eq!((balance(&unit, 1).await?, balance(&unit, 2).await?), (1, 100));
        }
        set_balance(&unit, 2, 4).await?;
        unit.commit().await?;
        assert_eq!((balance(db, 1).await?, balance(db, 2).await?), (1, 4));
    }

    async fn going_back_lifts_what_doomed_the_unit_since_then(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 1).await?;
        let before = unit.savepoint("before").await?;
        refused(Accounts::insert(&unit, &account(1, "taken", 0)).await, ErrorKind::Constraint);
        refused(Accounts::get(&unit, 1).await, ErrorKind::RolledBack);
        refused(unit.savepoint("too late").await, ErrorKind::RolledBack);
        unit.rollback_to(&before).await?;
        set_balance(&unit, 1, 2).await?;
        unit.commit().await?;
        assert_eq!(balance(db, 1).await?, 2);
    }

    async fn two_of_the_same_name_are_two_and_names_are_any_text(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        let name = "a \"b\"; ROLLBACK; --";
        let first = unit.savepoint(name).await?;
        set_balance(&unit, 1, 1).await?;
        let second = unit.savepoint(name).await?;
        set_balance(&unit, 1, 2).await?;
        unit.rollback_to(&second).await?;
        assert_eq!(balance(&unit, 1).await?, 1);
        unit.rollback_to(&first).await?;
        assert_eq!(balance(&unit, 1).await?, 100);
        unit.commit().await?;
    }

    async fn a_savepoint_that_is_gone_or_elsewhere_is_refused_by_name(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        let first = unit.savepoint("first").await?;
        let second = unit.savepoint("second").await?;
        unit.rollback_to(&first).await?;
        refused_saying(unit.rollback_to(&second).await, ErrorKind::InvalidArgument, &["`second`", "rolled back"]);
        unit.nested(async |inner| {
            refused_saying(inner.rollback_to(&first).await, ErrorKind::InvalidArgument, &["`first`"]);
            let third = inner.savepoint("third").await?;
            set_balance(inner, 1, 3).await?;
            inner.rollback_to(&third).await
        })
        .await?;
        set_balance(&unit, 1, 5).await?;
        unit.commit().await?;
        assert_eq!(balance(db, 1).await?, 5);
        let other = db.begin().await?;
        refused_saying(other.rollback_to(&first).await, ErrorKind::InvalidArgument, &["`first`", "another"]);
        other.rollback().await?;
    }

    async fn a_savepoint_within_a_nested_unit_goes_with_it(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        let mut kept = None;
        let inner_kept = &mut kept;
        unit.nested(async |inner| {
            *inner_kept = Some(inner.savepoint("inner").await?);
            set_balance(inner, 1, 1).await
        })
        .await?;
        let gone = kept.expect("it was set");
        refused(unit.rollback_to(&gone).await, ErrorKind::InvalidArgument);
        unit.commit().await?;
        assert_eq!(balance(db, 1).await?, 1);
    }
}
