//! Units that lost against another one are run again, within their time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Barrier;
use wharf::prelude::*;

use crate::entities::{Account, Accounts, account, balance, open_accounts, set_balance};
use crate::harness::{refused, refused_saying};

/// Fails with a stale account, until it is run for the `wins_at`th time.
#[derive(Default)]
struct Attempts {
    count: AtomicU32,
    wins_at: u32,
}

impl Attempts {
    async fn write(&self, uow: &UnitOfWork, old: &Account) -> Result<u32> {
        let attempt = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        Accounts::insert(uow, &account(100 + i64::from(attempt), "attempt", 0)).await?;
        let read = if attempt >= self.wins_at {
            Accounts::get(uow, old.id).await?
        } else {
            old.clone()
        };
        Accounts::update(uow, &read).await?;
        Ok(attempt)
    }

    #[transactional(retry = 5)]
    async fn retried(&self, uow: &UnitOfWork, old: &Account) -> Result<u32> {
        self.write(uow, old).await
    }

    #[transactional(retry = 0)]
    async fn once(&self, uow: &UnitOfWork, old: &Account) -> Result<u32> {
        self.write(uow, old).await
    }

    /// What it is given by value is the same each time, whatever the last run did with it.
    #[transactional(retry = 5)]
    async fn with_values(
        &self,
        uow: &UnitOfWork,
        mut name: String,
        old: Account,
    ) -> Result<String> {
        name.push('!');
        self.write(uow, &old).await?;
        Ok(name)
    }

    #[transactional(retry = 5)]
    async fn hopeless(&self, uow: &UnitOfWork) -> Result<Account> {
        self.count.fetch_add(1, Ordering::Relaxed);
        Accounts::get(uow, 77).await
    }

    /// Reads all accounts and writes one, when the other one has read, too.
    #[transactional(isolation = Serializable, retry = 20)]
    async fn sum_into(
        &self,
        uow: &UnitOfWork,
        id: i64,
        both_have_read: Option<&Barrier>,
    ) -> Result<()> {
        let is_first = self.count.fetch_add(1, Ordering::Relaxed) < 2;
        let all = Accounts::all(uow).await?;
        if let Some(barrier) = both_have_read
            && is_first
        {
            barrier.wait().await;
        }
        let sum = all.iter().map(|account| account.balance).sum();
        set_balance(uow, id, sum).await.map(drop)
    }

    #[transactional(timeout = "1s", retry = 3)]
    async fn hurried(&self, uow: &UnitOfWork) -> Result<()> {
        self.count.fetch_add(1, Ordering::Relaxed);
        set_balance(uow, 1, 7).await.map(drop)
    }
}

fn wins_at(wins_at: u32) -> Attempts {
    Attempts {
        wins_at,
        ..Attempts::default()
    }
}

async fn stale_account(db: &Database) -> Result<Account> {
    open_accounts(db, [1]).await?;
    let old = Accounts::get(db, 1).await?;
    Accounts::update(db, &old).await?;
    Ok(old)
}

on_all_engines! {
    async fn a_stale_version_is_worth_another_run_of_the_whole_unit(db: &Database) {
        let old = stale_account(db).await?;
        assert_eq!(wins_at(4).retried(db, &old).await?, 4);
        assert_eq!(Accounts::filter(|a| a.owner.eq("attempt")).count(db).await?, 1, "the others are undone");
        assert_eq!(wins_at(3).with_values(db, "a".to_owned(), old).await?, "a!");
    }

    async fn retries_end_and_none_are_made_unasked(db: &Database) {
        let old = stale_account(db).await?;
        let attempts = wins_at(100);
        refused(attempts.retried(db, &old).await, ErrorKind::Stale);
        assert_eq!(attempts.count.into_inner(), 6, "once, and five times again");
        let attempts = wins_at(100);
        refused(attempts.once(db, &old).await, ErrorKind::Stale);
        assert_eq!(attempts.count.into_inner(), 1);
        let attempts = Attempts::default();
        refused(attempts.hopeless(db).await, ErrorKind::NotFound);
        assert_eq!(attempts.count.into_inner(), 1, "what can't succeed isn't tried again");
        assert_eq!(Accounts::count(db).await?, 1);
    }

    async fn inside_another_unit_nothing_is_run_again(db: &Database) {
        let old = stale_account(db).await?;
        let attempts = wins_at(2);
        let unit = db.begin().await?;
        refused(attempts.retried(&unit, &old).await, ErrorKind::Stale);
        assert_eq!(attempts.count.into_inner(), 1);
        unit.commit().await?;
        assert_eq!(Accounts::count(db).await?, 1);
    }

    async fn units_that_cannot_both_be_serialized_both_succeed_in_the_end(db: &Database) {
        open_accounts(db, 1..=2).await?;
        let (attempts, barrier) = (Attempts::default(), Barrier::new(2));
        // SQLite's second writer doesn't begin before the first one has ended.
        let barrier = (db.dialect() != Dialect::Sqlite).then_some(&barrier);
        tokio::try_join!(attempts.sum_into(db, 1, barrier), attempts.sum_into(db, 2, barrier))?;
        let mut balances = [balance(db, 1).await?, balance(db, 2).await?];
        balances.sort_unstable();
        assert_eq!(balances, [200, 300], "one after the other");
        assert_eq!(attempts.count.into_inner() > 2, barrier.is_some());
    }

    async fn a_unit_whose_time_is_up_says_so_and_leaves_nothing(db: &Database) {
        open_accounts(db, [1]).await?;
        let attempts = Arc::new(Attempts::default());
        let unit = db.begin().await?;
        set_balance(&unit, 1, 1).await?;
        // Another task: this one would be told that it waits for itself.
        let hurried = tokio::spawn({
            let (db, attempts) = (db.clone(), attempts.clone());
            async move { attempts.hurried(&db).await }
        });
        let result = hurried.await.expect("no panic");
        unit.commit().await?;
        // On SQLite what is in the way is the writer itself.
        let is_sqlite = db.dialect() == Dialect::Sqlite;
        refused(result, if is_sqlite { ErrorKind::PoolTimeout } else { ErrorKind::Timeout });
        assert_eq!(attempts.count.load(Ordering::Relaxed), u32::from(!is_sqlite));
        assert_eq!(balance(db, 1).await?, 1);
        set_balance(db, 1, 2).await?;
    }

    async fn a_unit_that_is_past_its_time_cannot_be_used(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = db.begin_with(TransactionOptions::new().timeout(Duration::from_secs(1))).await?;
        set_balance(&unit, 1, 1).await?;
        let error = loop {
            if let Err(error) = Accounts::count(&unit).await {
                break error;
            }
        };
        refused_saying(Err::<(), _>(error), ErrorKind::Timeout, &["time is up"]);
        drop(unit);
        assert_eq!(set_balance(db, 1, 2).await?.version, 1);
    }
}
