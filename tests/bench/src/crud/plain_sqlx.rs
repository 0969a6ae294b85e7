//! The same on sqlx alone: its pool, `query_as`, and loops in a transaction.

use sqlx::{Pool, Postgres, Sqlite};

use super::peer::{Peer, Values};
use crate::Result;

pub(crate) const FIND: &str =
    "SELECT id, owner, email, balance, visits FROM accounts WHERE id = $1";
const ROWS: &str = "SELECT id, owner, email, balance, visits FROM accounts ORDER BY id";
const INSERT: &str =
    "INSERT INTO accounts (id, owner, email, balance, visits) VALUES ($1, $2, $3, $4, $5)";
const UPDATE: &str =
    "UPDATE accounts SET owner = $1, email = $2, balance = $3, visits = $4 WHERE id = $5";
const SET_BALANCE: &str = "UPDATE accounts SET balance = $1 WHERE id = $2";

#[derive(sqlx::FromRow)]
pub(crate) struct Account {
    id: i64,
    owner: String,
    email: String,
    balance: i64,
    visits: i32,
}

pub(crate) struct PlainSqlx<DB: sqlx::Database>(pub(crate) Pool<DB>);

impl<DB: sqlx::Database> Clone for PlainSqlx<DB> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Both engines in the same words; as a generic the bounds would be longer than the code.
macro_rules! peer {
    ($engine:ty) => {
        impl Peer for PlainSqlx<$engine> {
            const NAME: &'static str = "sqlx";

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

            async fn find(&self, id: i64) -> Result<Option<Account>> {
                Ok(sqlx::query_as(FIND)
                    .bind(id)
                    .fetch_optional(&self.0)
                    .await?)
            }

            async fn insert(&self, accounts: Vec<Account>) -> Result<()> {
                let mut transaction = self.0.begin().await?;
                for account in accounts {
                    sqlx::query(INSERT)
                        .bind(account.id)
                        .bind(account.owner)
                        .bind(account.email)
                        .bind(account.balance)
                        .bind(account.visits)
                        .execute(&mut *transaction)
                        .await?;
                }
                Ok(transaction.commit().await?)
            }

            async fn update(&self, accounts: Vec<Account>) -> Result<()> {
                let mut transaction = self.0.begin().await?;
                for account in accounts {
                    sqlx::query(UPDATE)
                        .bind(account.owner)
                        .bind(account.email)
                        .bind(account.balance)
                        .bind(account.visits)
                        .bind(account.id)
                        .execute(&mut *transaction)
                        .await?;
                }
                Ok(transaction.commit().await?)
            }

            async fn transfer(&self, from: i64, to: i64, amount: i64) -> Result<()> {
                let mut transaction = self.0.begin().await?;
                let source: Account = sqlx::query_as(FIND)
                    .bind(from)
                    .fetch_one(&mut *transaction)
                    .await?;
                let target: Account = sqlx::query_as(FIND)
                    .bind(to)
                    .fetch_one(&mut *transaction)
                    .await?;
                sqlx::query(SET_BALANCE)
                    .bind(source.balance - amount)
                    .bind(from)
                    .execute(&mut *transaction)
                    .await?;
                sqlx::query(SET_BALANCE)
                    .bind(target.balance + amount)
                    .bind(to)
                    .execute(&mut *transaction)
                    .await?;
                Ok(transaction.commit().await?)
            }

            async fn rows(&self) -> Result<Vec<Account>> {
                Ok(sqlx::query_as(ROWS).fetch_all(&self.0).await?)
            }
        }
    };
}

peer!(Sqlite);
peer!(Postgres);
