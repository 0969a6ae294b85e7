//! A table that is altered while connections have statements prepared on it.

use wharf::prelude::*;

use crate::entities::{Account, Accounts, balance, open_accounts, set_balance};
use crate::harness::Place;

#[derive(Row, Debug, PartialEq)]
struct Owner {
    owner: String,
}

#[repository]
impl Accounts {
    /// Whose columns are those that the table has when it runs.
    #[query("SELECT * FROM accounts WHERE id = :id")]
    async fn everything(db: &impl Executor, id: i64) -> Result<Vec<Owner>>;
}

on_all_engines! {
    async fn a_query_goes_on_after_a_column_was_added(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1)).await?;
        open_accounts(db, [1]).await?;
        let owners = Accounts::everything(db, 1).await?;
        let elsewhere = place.open(PoolConfig::new().max_connections(1)).await?;
        elsewhere.execute("ALTER TABLE accounts ADD COLUMN note VARCHAR(10)").await?;
        // What was prepared before may fail once, and says so. It is never an answer without rows.
        let again = match Accounts::everything(db, 1).await {
            Err(error) if error.is_retryable() => Accounts::everything(db, 1).await?,
            answer => answer?,
        };
        assert_eq!(again, owners);
        let account: Account = set_balance(db, 1, 5).await?;
        assert_eq!(balance(db, 1).await?, account.balance);
        elsewhere.close().await;
        db.close().await;
    }

    async fn a_query_goes_on_after_a_column_has_changed_its_type(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1)).await?;
        open_accounts(db, [1]).await?;
        assert_eq!(balance(db, 1).await?, 100);
        let elsewhere = place.open(PoolConfig::new().max_connections(1)).await?;
        match db.dialect() {
            Dialect::Postgres => elsewhere.execute("ALTER TABLE accounts ALTER COLUMN owner TYPE varchar(40)").await?,
            Dialect::MySql => elsewhere.execute("ALTER TABLE accounts MODIFY COLUMN owner VARCHAR(40) NOT NULL").await?,
            _ => return Ok(()),
        }
        let again = match balance(db, 1).await {
            Err(error) if error.is_retryable() => balance(db, 1).await?,
            answer => answer?,
        };
        assert_eq!(again, 100);
        elsewhere.close().await;
        db.close().await;
    }
}
