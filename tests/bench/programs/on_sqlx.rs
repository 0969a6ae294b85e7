//! The same small program on sqlx: a row, its statements, a transaction.

use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};

#[derive(sqlx::FromRow, Debug, Clone)]
struct Account {
    id: i64,
    owner: String,
    balance: i64,
}

struct Accounts;

impl Accounts {
    async fn insert(pool: &SqlitePool, account: &Account) -> sqlx::Result<()> {
        sqlx::query("INSERT INTO accounts (id, owner, balance) VALUES (?, ?, ?)")
            .bind(account.id)
            .bind(&account.owner)
            .bind(account.balance)
            .execute(pool)
            .await?;
        Ok(())
    }

    async fn find_by_owner(pool: &SqlitePool, owner: &str) -> sqlx::Result<Vec<Account>> {
        sqlx::query_as("SELECT id, owner, balance FROM accounts WHERE owner = ?")
            .bind(owner)
            .fetch_all(pool)
            .await
    }

    async fn deposit(
        connection: &mut sqlx::SqliteConnection,
        id: i64,
        amount: i64,
    ) -> sqlx::Result<u64> {
        let done = sqlx::query("UPDATE accounts SET balance = balance + ? WHERE id = ?")
            .bind(amount)
            .bind(id)
            .execute(connection)
            .await?;
        Ok(done.rows_affected())
    }
}

struct Bank;

impl Bank {
    async fn transfer(
        &self,
        pool: &SqlitePool,
        from: i64,
        to: i64,
        amount: i64,
    ) -> sqlx::Result<()> {
        let mut transaction = pool.begin().await?;
        Accounts::deposit(&mut transaction, from, -amount).await?;
        Accounts::deposit(&mut transaction, to, amount).await?;
        transaction.commit().await
    }
}

#[tokio::main]
async fn main() -> sqlx::Result<()> {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect("sqlite::memory:")
        .await?;
    sqlx::query(
        "CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, balance INTEGER NOT NULL)",
    )
    .execute(&pool)
    .await?;
    for (id, owner) in [(1, "ada"), (2, "bob")] {
        let owner = owner.to_owned();
        let account = Account {
            id,
            owner,
            balance: 100,
        };
        Accounts::insert(&pool, &account).await?;
    }
    Bank.transfer(&pool, 1, 2, 30).await?;
    let found = Accounts::find_by_owner(&pool, "bob").await?;
    assert_eq!(found[0].balance, 130, "{found:?}");
    Ok(())
}
