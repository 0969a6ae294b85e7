//! A small program on Wharf: an entity, its repository, a transactional method.

use wharf::prelude::*;

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
    async fn find_by_owner(db: &impl Executor, owner: &str) -> Result<Vec<Account>>;

    #[query("UPDATE accounts SET balance = balance + :amount WHERE id = :id")]
    async fn deposit(db: &impl WriteExecutor, id: i64, amount: i64) -> Result<u64>;
}

struct Bank;

impl Bank {
    #[transactional]
    async fn transfer(&self, uow: &UnitOfWork, from: i64, to: i64, amount: i64) -> Result<()> {
        Accounts::deposit(uow, from, -amount).await?;
        Accounts::deposit(uow, to, amount).await?;
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let db = Database::connect("sqlite::memory:").await?;
    db.create_table::<Account>().await?;
    for (id, owner) in [(1, "ada"), (2, "bob")] {
        let owner = owner.to_owned();
        let account = Account {
            id,
            owner,
            balance: 100,
        };
        Accounts::insert(&db, &account).await?;
    }
    Bank.transfer(&db, 1, 2, 30).await?;
    let found = Accounts::find_by_owner(&db, "bob").await?;
    assert_eq!(found[0].balance, 130, "{found:?}");
    Ok(())
}
