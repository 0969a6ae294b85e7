//! A database in memory lives in one connection, which nothing closes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use wharf::prelude::*;

use super::session;
use crate::entities::{Accounts, balance, open_accounts, set_balance};

async fn open(pool: PoolConfig) -> Result<Database> {
    let builder = Database::builder().primary("sqlite::memory:").pool(pool);
    let db = builder.connect().await?;
    open_accounts(&db, [1]).await?;
    Ok(db)
}

#[tokio::test]
async fn it_outlives_a_session_that_was_killed_in_its_unit() -> Result<()> {
    let db = &open(PoolConfig::new()).await?;
    let greedy = session(db, "greedy")?;
    let unit = greedy.begin().await?;
    set_balance(&unit, 1, 5).await?;
    greedy.kill("too greedy");
    drop(unit);
    assert_eq!(balance(db, 1).await?, 100);
    Ok(())
}

#[tokio::test]
async fn it_outlives_a_unit_that_was_held_for_too_long() -> Result<()> {
    let db = &open(PoolConfig::new().leak_reclaim(Duration::from_millis(1))).await?;
    let unit = db.begin().await?;
    let other = db.clone();
    let written = tokio::spawn(async move { set_balance(&other, 1, 7).await });
    assert_eq!(written.await.expect("no panic")?.balance, 7);
    assert!(unit.commit().await.is_err());
    Ok(())
}

#[tokio::test]
async fn it_outlives_a_mark_for_recycling() -> Result<()> {
    let db = &open(PoolConfig::new()).await?;
    let unit = db.begin().await?;
    unit.mark_for_recycling().await?;
    unit.commit().await?;
    assert_eq!(balance(db, 1).await?, 100);
    Ok(())
}

#[tokio::test]
async fn it_outlives_hooks_that_do_not_want_it() -> Result<()> {
    let asked = Arc::new(AtomicU32::new(0));
    let (before, after) = (asked.clone(), asked.clone());
    let refusing = PoolConfig::new()
        .before_acquire(move |_| {
            before.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Ok(false) })
        })
        .after_release(move |_| {
            after.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Ok(false) })
        });
    let db = &open(refusing).await?;
    assert_eq!(balance(db, 1).await?, 100);
    assert!(asked.load(Ordering::Relaxed) > 1);
    Ok(())
}

#[tokio::test]
async fn it_outlives_a_table_that_is_altered() -> Result<()> {
    let db = &open(PoolConfig::new()).await?;
    let before = Altered::owners(db).await?;
    db.execute("ALTER TABLE accounts ADD COLUMN note TEXT")
        .await?;
    assert_eq!(Altered::owners(db).await?, before);
    Altered::add_column(db).await?;
    assert_eq!(Altered::owners(db).await?, before);
    assert_eq!(Accounts::count(db).await?, 1);
    Ok(())
}

#[derive(Row, Debug, PartialEq)]
struct Owner {
    owner: String,
}

struct Altered;

#[repository]
impl Altered {
    #[query("SELECT * FROM accounts")]
    async fn owners(db: &impl Executor) -> Result<Vec<Owner>>;

    #[query("ALTER TABLE accounts ADD COLUMN remark TEXT")]
    async fn add_column(db: &impl WriteExecutor) -> Result<()>;
}
