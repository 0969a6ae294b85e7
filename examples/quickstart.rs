//! The smallest whole program: a structure becomes a table, and a repository reads and writes it.
//!
//! `cargo run --example quickstart`

use wharf::prelude::*;

#[derive(Entity, Debug)]
#[entity(table = "accounts")]
struct Account {
    #[id(generated)]
    id: i64,
    owner: String,
    balance: i64,
}

#[repository(Account)]
struct Accounts;

#[tokio::main]
async fn main() -> Result<()> {
    let db = Database::connect("sqlite::memory:").await?;
    db.create_table::<Account>().await?;

    let account = |owner: &str, balance| Account {
        id: 0,
        owner: owner.into(),
        balance,
    };
    let new = [
        account("Ada", 120),
        account("Blaise", 40),
        account("Carl", 300),
    ];
    Accounts::insert_many(&db, &new).await?;

    let rich = Accounts::filter(|a| a.balance.gt(100)).order_by(|a| a.balance.desc());
    for Account { id, owner, balance } in rich.all(&db).await? {
        println!("{balance:>4}  {owner} (account {id})");
    }
    db.close().await;
    Ok(())
}
