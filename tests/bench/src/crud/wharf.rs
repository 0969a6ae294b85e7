//! The same on Wharf.

use wharf::prelude::*;

use super::peer::{Peer, Values};

#[derive(Entity, Debug, Clone)]
#[entity(table = "accounts")]
pub(crate) struct Account {
    #[id]
    id: i64,
    owner: String,
    email: String,
    balance: i64,
    visits: i32,
}

#[repository(Account)]
pub(crate) struct Accounts;

#[repository]
impl Accounts {
    #[query("UPDATE accounts SET balance = :balance WHERE id = :id")]
    async fn set_balance(db: &impl WriteExecutor, id: i64, balance: i64) -> Result<u64>;
}

#[derive(Clone)]
pub(crate) struct Wharf {
    db: Database,
}

/// Opens the database.
pub(crate) async fn connect(url: &str, connections: u32) -> crate::Result<Wharf> {
    let pool = PoolConfig::new().max_connections(connections);
    let db = Database::builder()
        .primary(url)
        .pool(pool)
        .connect()
        .await?;
    Ok(Wharf { db })
}

impl Wharf {
    #[transactional]
    async fn transfer(&self, uow: &UnitOfWork, from: i64, to: i64, amount: i64) -> Result<()> {
        let source = Accounts::get(uow, from).await?;
        let target = Accounts::get(uow, to).await?;
        Accounts::set_balance(uow, from, source.balance - amount).await?;
        Accounts::set_balance(uow, to, target.balance + amount).await?;
        Ok(())
    }
}

impl Peer for Wharf {
    const NAME: &'static str = "wharf";

    type Account = Account;

    fn account(values: Values) -> Account {
        Account {
            id: values.id,
            owner: values.owner,
            email: values.email,
            balance: values.balance,
            visits: values.visits,
        }
    }

    async fn find(&self, id: i64) -> crate::Result<Option<Account>> {
        Ok(Accounts::find(&self.db, id).await?)
    }

    async fn insert(&self, accounts: Vec<Account>) -> crate::Result<()> {
        Accounts::insert_many(&self.db, &accounts).await?;
        Ok(())
    }

    async fn update(&self, accounts: Vec<Account>) -> crate::Result<()> {
        Accounts::update_many(&self.db, &accounts).await?;
        Ok(())
    }

    async fn transfer(&self, from: i64, to: i64, amount: i64) -> crate::Result<()> {
        Ok(self.transfer(&self.db, from, to, amount).await?)
    }

    async fn rows(&self) -> crate::Result<Vec<Account>> {
        Ok(Accounts::all(&self.db).await?)
    }
}
