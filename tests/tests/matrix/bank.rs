//! Four accounts, each of which a scenario raises by one where it writes it.

use wharf::prelude::*;

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "accounts")]
pub struct Account {
    #[id]
    pub id: i64,
    pub balance: i64,
}

#[derive(Entity, Debug, Clone)]
#[entity(table = "markers")]
pub struct Marker {
    #[id]
    pub id: i64,
}

#[repository(Account)]
pub struct Accounts;

#[repository]
impl Accounts {
    #[query("UPDATE accounts SET balance = balance + 1 WHERE id = :id")]
    pub async fn raise(db: &impl WriteExecutor, id: i64) -> Result<u64>;
}

#[repository(Marker)]
pub struct Markers;

/// Raises two accounts, the second one in a unit of its own.
pub struct Bank;

impl Bank {
    #[transactional]
    pub async fn raise_both(&self, uow: &UnitOfWork, first: i64, second: i64) -> Result<()> {
        Accounts::raise(uow, first).await?;
        self.raise_one(uow, second).await
    }

    #[transactional]
    pub async fn raise_one(&self, uow: &UnitOfWork, id: i64) -> Result<()> {
        Accounts::raise(uow, id).await.map(drop)
    }
}
