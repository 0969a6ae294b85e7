//! The smallest whole program: a table, a query, a transaction. `cargo run --example quickstart`

use wharf::prelude::*;

#[derive(Entity, Debug)]
#[entity(table = "accounts")]
struct Account {
    #[id]
    owner: String,
    balance: i64,
}

#[repository(Account)]
struct Accounts;

#[repository]
impl Accounts {
    async fn find_by_balance_gt(db: &impl Executor, floor: i64) -> Result<Vec<Account>>;
}

#[tokio::main]
async fn main() -> Result<()> {
    let db = Database::connect("sqlite::memory:").await?;
    db.create_table::<Account>().await?;
    let uow = db.begin().await?;
    for (owner, balance) in [("Ada", 120), ("Blaise", 40), ("Carl", 300)] {
        let owner = owner.to_owned();
        Accounts::insert(&uow, &Account { owner, balance }).await?;
    }
    uow.commit().await?;
    println!("{:?}", Accounts::find_by_balance_gt(&db, 100).await?);
    Ok(())
}
