//! Optimistic locks: an update of what somebody else has changed meanwhile is refused.

use wharf::prelude::*;

use crate::entities::{Account, Accounts, account, balance, open_accounts};
use crate::harness::{refused, refused_saying};

on_all_engines! {
    async fn an_update_raises_the_version_and_a_second_one_is_stale(db: &Database) {
        open_accounts(db, [1]).await?;
        let read = Accounts::get(db, 1).await?;
        let updated = Accounts::update(db, &Account { balance: 50, ..read.clone() }).await?;
        assert_eq!(updated, Account { balance: 50, version: 1, ..read.clone() });
        let error = refused_saying(Accounts::update(db, &read).await, ErrorKind::Stale, &["Account 1", "read it again"]);
        assert!(error.is_retryable());
        assert_eq!(error.outcome(), Outcome::RolledBack);
        assert_eq!(Accounts::get(db, 1).await?, updated);
    }

    async fn an_update_that_changes_nothing_still_raises_the_version(db: &Database) {
        open_accounts(db, [1]).await?;
        let read = Accounts::get(db, 1).await?;
        assert_eq!(Accounts::update(db, &read).await?.version, 1);
        assert_eq!(Accounts::update_many(db, &[Account { version: 1, ..read }]).await?[0].version, 2);
    }

    async fn update_many_is_all_or_none(db: &Database) {
        open_accounts(db, 1..=3).await?;
        let mut all = Accounts::all(db).await?;
        Accounts::update(db, &all[1]).await?;
        for account in &mut all {
            account.balance = 0;
        }
        refused_saying(Accounts::update_many(db, &all).await, ErrorKind::Stale, &["update_many accounts", "read"]);
        Accounts::update(db, &Account { version: 1, ..all[1].clone() }).await?;
        refused_saying(Accounts::update_many(db, &all).await, ErrorKind::Stale, &["update_many accounts", "Account 2"]);
        all[1].version = 2;
        all.push(account(9, "nobody", 0));
        refused_saying(Accounts::update_many(db, &all).await, ErrorKind::NotFound, &["update_many accounts", "id = 9"]);
        assert_eq!(balance(db, 1).await?, 100, "the rows that would have matched are untouched");
        all.pop();
        let updated = Accounts::update_many(db, &all).await?;
        assert_eq!(updated.iter().map(|a| (a.id, a.version)).collect::<Vec<_>>(), [(1, 1), (2, 3), (3, 1)]);
    }

    async fn a_stale_update_many_dooms_the_unit_that_it_runs_in(db: &Database) {
        open_accounts(db, 1..=2).await?;
        let old = Accounts::all(db).await?;
        Accounts::update(db, &old[1]).await?;
        let unit = db.begin().await?;
        refused(Accounts::update_many(&unit, &old).await, ErrorKind::Stale);
        refused(Accounts::get(&unit, 1).await, ErrorKind::RolledBack);
        let error = refused(unit.commit().await, ErrorKind::RolledBack);
        assert_eq!(error.cause().map(|cause| cause.kind()), Some(ErrorKind::Stale));
        assert_eq!(Accounts::get(db, 1).await?.version, 0);
    }

    async fn a_stale_update_changes_nothing_so_its_unit_goes_on(db: &Database) {
        open_accounts(db, [1]).await?;
        let old = Accounts::get(db, 1).await?;
        let unit = db.begin().await?;
        Accounts::update(&unit, &old).await?;
        refused(Accounts::update(&unit, &old).await, ErrorKind::Stale);
        Accounts::insert(&unit, &account(2, "new", 0)).await?;
        unit.commit().await?;
        assert_eq!(Accounts::count(db).await?, 2);
    }

    async fn update_many_refuses_a_row_that_is_in_the_list_twice(db: &Database) {
        open_accounts(db, 1..=2).await?;
        let all = Accounts::all(db).await?;
        let twice = [all[0].clone(), all[1].clone(), all[0].clone()];
        refused_saying(Accounts::update_many(db, &twice).await, ErrorKind::InvalidArgument, &["Account 1", "twice"]);
        assert_eq!(Accounts::get(db, 1).await?.version, 0);
    }

    async fn of_writers_that_read_the_same_version_one_wins(db: &Database) {
        open_accounts(db, [1]).await?;
        let read = Accounts::get(db, 1).await?;
        let tasks = (0..8).map(|n| {
            let (db, account) = (db.clone(), Account { balance: n, ..read.clone() });
            tokio::spawn(async move { Accounts::update(&db, &account).await })
        });
        let results = futures_util::future::join_all(tasks).await;
        let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().map(|task| task.expect("no panic")).partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 7));
        assert!(lost.into_iter().all(|result| refused(result, ErrorKind::Stale).is_retryable()));
    }
}
