//! The line that made a call is known of every call that takes a connection.

use std::fmt::Debug;
use std::panic::Location;

use futures_util::{FutureExt as _, Stream, StreamExt as _};
use wharf::prelude::*;

use super::{Statements, session};
use crate::entities::{Account, Accounts, account, open_accounts};
use crate::harness::refused_saying;
use crate::migrations::MIGRATOR;

#[repository]
impl Accounts {
    async fn find_by_owner(db: &impl Executor, owner: &str) -> Result<Vec<Account>>;
    fn find_by_balance_gte(db: &impl Executor, floor: i64) -> impl Stream<Item = Result<Account>>;
    #[query("SELECT {Account} FROM accounts WHERE balance < :limit")]
    fn poorer_than(db: &impl Executor, limit: i64) -> impl Stream<Item = Result<Account>>;
}

/// Makes a call that would wait for the connection of its own unit: it is refused at once, with this line.
#[track_caller]
fn refused_here<T: Debug>(call: impl Future<Output = Result<T>>) {
    let here = Location::caller();
    let line = format!(" at {}:{} wants another", here.file(), here.line());
    let refusal = call.now_or_never().expect("it doesn't wait");
    refused_saying(refusal, ErrorKind::PoolSelfDeadlock, &[&line]);
}

async fn first<T>(rows: impl Stream<Item = Result<T>>) -> Result<T> {
    let first = Box::pin(rows).next().await;
    first.expect("a row or an error")
}

async fn one_connection() -> Result<Database> {
    let db = Database::connect("sqlite::memory:").await?;
    open_accounts(&db, [1]).await?;
    Ok(db)
}

#[tokio::test]
async fn a_call_of_a_repository_knows_its_line() -> Result<()> {
    let db = &one_connection().await?;
    let ada = &account(1, "Ada", 100);
    let one = std::slice::from_ref(ada);
    // For one statement: they have a transaction of their own.
    let too_many = &vec![ada.clone(); 50_001];
    db.transaction(async |_| {
        refused_here(Accounts::find(db, 1));
        refused_here(Accounts::get(db, 1));
        refused_here(Accounts::find_many(db, &[1]));
        refused_here(Accounts::exists(db, 1));
        refused_here(Accounts::all(db));
        refused_here(Accounts::count(db));
        refused_here(Accounts::page(db, 0, 10));
        refused_here(Accounts::after(db, None, 10));
        refused_here(first(Accounts::stream(db)));
        refused_here(Accounts::insert(db, ada));
        refused_here(Accounts::insert_many(db, one));
        refused_here(Accounts::update(db, ada));
        refused_here(Accounts::update_many(db, one));
        refused_here(Accounts::upsert(db, ada));
        refused_here(Accounts::delete(db, 1));
        refused_here(Accounts::delete_many(db, &[1]));
        refused_here(Accounts::insert_many(db, too_many));
        refused_here(Accounts::find_by_owner(db, "Ada"));
        refused_here(Statements::endless(db));
        refused_here(first(Accounts::find_by_balance_gte(db, 1)));
        refused_here(first(Accounts::poorer_than(db, 1)));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_filter_knows_the_line_that_runs_it() -> Result<()> {
    let db = &one_connection().await?;
    db.transaction(async |_| {
        let rich = || Accounts::filter(|a| a.balance.gt(1));
        refused_here(rich().all(db));
        refused_here(rich().first(db));
        refused_here(rich().one(db));
        refused_here(rich().count(db));
        refused_here(rich().exists(db));
        refused_here(rich().page(db, 0, 10));
        refused_here(rich().after(db, None, 10));
        refused_here(first(rich().stream(db)));
        refused_here(rich().delete(db));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_a_database_and_a_session_do_knows_its_line() -> Result<()> {
    let db = &one_connection().await?;
    let agent = &session(db, "agent-7")?;
    db.transaction(async |_| {
        refused_here(db.execute("SELECT 1"));
        refused_here(db.create_table::<Account>());
        refused_here(db.install_guard());
        refused_here(db.migrate(&MIGRATOR));
        refused_here(db.raw().map(|lease| lease.map(drop)));
        refused_here(db.begin());
        refused_here(db.transaction(async |uow| Accounts::count(uow).await));
        refused_here(agent.begin());
        refused_here(Accounts::find(agent, 1));
        Ok(())
    })
    .await
}
