//! Futures can be spawned, and arguments borrowed.

use std::sync::Arc;

use wharf::prelude::*;

use crate::entities::{Account, Accounts, account, balance, open_accounts, set_balance};

struct Names<'a> {
    prefix: &'a str,
}

impl Names<'_> {
    #[transactional(retry = 2)]
    async fn rename(&self, uow: &UnitOfWork, ids: &[i64], suffix: &str) -> Result<Vec<Account>> {
        let mut accounts = Accounts::find_many(uow, ids).await?;
        for account in &mut accounts {
            account.owner = format!("{}{}{suffix}", self.prefix, account.id);
        }
        Accounts::update_many(uow, &accounts).await
    }
}

/// Any place to write, named by the caller.
async fn open(db: &impl WriteExecutor, owner: &str) -> Result<Account> {
    let id = Accounts::count(db).await? as i64 + 1;
    Accounts::insert(db, &account(id, owner, 0)).await
}

on_all_engines! {
    async fn repository_calls_and_queries_can_be_spawned(db: &Database) {
        open_accounts(db, 1..=3).await?;
        let db = db.clone();
        let task = tokio::spawn(async move {
            let owner = String::from("owner 2");
            let found = Accounts::filter(|a| a.owner.eq(&owner)).one(&db).await?;
            Accounts::update(&db, &found).await?;
            let rest = Accounts::find_many(&db, &[1, 3]).await?;
            Accounts::update_many(&db, &rest).await?;
            let streamed: Vec<Account> = Accounts::stream(&db).try_collect().await?;
            Accounts::page(&db, 0, 1).await?;
            Ok::<_, Error>(streamed.len())
        });
        assert_eq!(task.await.expect("no panic")?, 3);
    }

    async fn transactional_methods_can_be_spawned_and_borrow(db: &Database) {
        open_accounts(db, 1..=2).await?;
        let prefix = String::from("name ");
        let names = Names { prefix: &prefix };
        assert_eq!(names.rename(db, &[2, 1], "?").await?[0].owner, "name 2?");
        let db = db.clone();
        let task = tokio::spawn(async move {
            let (ids, suffix) = (vec![1], String::from("!"));
            Names { prefix: "n" }.rename(&db, &ids, &suffix).await
        });
        assert_eq!(task.await.expect("no panic")?[0].owner, "n1!");
    }

    async fn closures_can_be_spawned_and_borrow(db: &Database) {
        open_accounts(db, 1..=2).await?;
        let (mut seen, amount) = (Vec::new(), 7);
        db.transaction(async |uow| {
            seen.push(set_balance(uow, 1, amount).await?.balance);
            seen.push(uow.nested(async |inner| set_balance(inner, 2, amount + 1).await).await?.balance);
            Ok::<_, Error>(())
        })
        .await?;
        assert_eq!(seen, [7, 8]);
        let db = db.clone();
        let task = tokio::spawn(async move {
            let options = TransactionOptions::new().isolation(Isolation::RepeatableRead);
            db.transaction_with(options, async |uow| balance(uow, 1).await).await
        });
        assert_eq!(task.await.expect("no panic")?, 7);
    }

    async fn a_call_runs_wherever_its_executor_says(db: &Database) {
        open_accounts(db, []).await?;
        open(db, "database").await?;
        open(&db, "reference").await?;
        open(&Arc::new(db.clone()), "shared").await?;
        let session = db.session("agent-7").open()?;
        open(&session, "session").await?;
        let unit = db.begin().await?;
        open(&unit, "unit").await?;
        unit.nested(async |inner| open(inner, "nested").await).await?;
        unit.commit().await?;
        assert_eq!(Accounts::count(db).await?, 6);
    }
}
