//! What the programs do.

use wharf::prelude::*;

use super::trio::Trio;

const ROWS: i64 = 10_000;
const BATCH: usize = 1_000;

#[derive(Entity, Debug, Clone)]
#[entity(table = "accounts")]
struct Account {
    #[id]
    id: i64,
    owner: String,
    balance: i64,
}

#[repository(Account)]
struct Accounts;

#[repository]
impl Accounts {
    #[query("UPDATE accounts SET balance = :balance WHERE id = :id")]
    async fn set_balance(db: &impl WriteExecutor, id: i64, balance: i64) -> Result<u64>;
}

/// Makes the rows, on all nodes.
pub(super) async fn fill(trio: &Trio) -> crate::Result<()> {
    let db = trio.alone(trio.primary()).await?;
    // As in the other benches: what is measured is the way to the server and not its disk.
    db.execute("ALTER DATABASE postgres SET synchronous_commit = off")
        .await?;
    db.create_table::<Account>().await?;
    db.install_guard().await?;
    let accounts: Vec<_> = (1..=ROWS)
        .map(|id| Account {
            id,
            owner: format!("owner {id}"),
            balance: 1_000,
        })
        .collect();
    for batch in accounts.chunks(BATCH) {
        Accounts::insert_many(&db, batch).await?;
    }
    db.close().await;
    let replicas = trio.replicas();
    trio.blocking(move |cluster| {
        replicas
            .iter()
            .for_each(|node| cluster.wait_caught_up(*node))
    })
    .await
}

/// Neighbours in time are far apart in the table.
fn id(turn: u64) -> i64 {
    (turn * 7_919 % ROWS as u64) as i64 + 1
}

pub(super) async fn find(db: &impl Executor, turn: u64) -> Result<()> {
    Accounts::get(db, id(turn)).await.map(drop)
}

/// One write on its own.
pub(super) async fn touch(db: &impl WriteExecutor, turn: u64) -> Result<()> {
    Accounts::set_balance(db, id(turn), 1_000).await.map(drop)
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Bank;

impl Bank {
    #[transactional]
    pub(super) async fn transfer(&self, uow: &UnitOfWork, turn: u64) -> Result<()> {
        self.move_money(uow, turn).await
    }

    #[transactional(exactly_once)]
    pub(super) async fn transfer_once(&self, uow: &UnitOfWork, turn: u64) -> Result<()> {
        self.move_money(uow, turn).await
    }

    async fn move_money(&self, uow: &UnitOfWork, turn: u64) -> Result<()> {
        let source = Accounts::get(uow, id(turn)).await?;
        let target = Accounts::get(uow, id(turn + 1)).await?;
        Accounts::set_balance(uow, source.id, source.balance - 1).await?;
        Accounts::set_balance(uow, target.id, target.balance + 1).await?;
        Ok(())
    }
}
