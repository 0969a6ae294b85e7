//! Texts that can't be the query of their method, each message once.

use wharf::prelude::*;

#[derive(Entity)]
struct Account {
    #[id]
    id: i64,
    owner: String,
}

#[repository(Account)]
struct Accounts;

#[repository]
impl Accounts {
    // The attribute.
    #[query()]
    async fn no_text(db: &impl Executor) -> Result<u64>;
    #[query(TEXT)]
    async fn no_literal(db: &impl Executor) -> Result<u64>;
    #[query("SELECT 1", "SELECT 2")]
    async fn two_defaults(db: &impl Executor) -> Result<u64>;
    #[query(mysql = "SELECT 1", "SELECT 2")]
    async fn late_default(db: &impl Executor) -> Result<u64>;
    #[query(oracle = "SELECT 1")]
    async fn unknown_engine(db: &impl Executor) -> Result<u64>;
    #[query("SELECT 1")]
    #[query("SELECT 2")]
    async fn two_queries(db: &impl Executor) -> Result<u64>;

    // The text and its names.
    #[query("SELECT id
             FROM accounts WHERE )")]
    async fn syntax(db: &impl Executor) -> Result<Vec<i64>>;
    #[query("SELECT id FROM accounts WHERE id > :flor")]
    async fn misspelt(db: &impl Executor, floor: i64) -> Result<Vec<i64>>;
    #[query("SELECT id FROM accounts WHERE id > :floor")]
    async fn missing(db: &impl Executor) -> Result<Vec<i64>>;
    #[query("SELECT id FROM accounts WHERE id > :floor AND owner = :who")]
    async fn missing_one(db: &impl Executor, floor: i64) -> Result<Vec<i64>>;
    #[query("SELECT id FROM accounts")]
    async fn unused(db: &impl Executor, floor: i64) -> Result<Vec<i64>>;
    #[query("SELECT id FROM accounts WHERE id > :floor", mysql = "SELECT id FROM accounts")]
    async fn unused_in_one(db: &impl Executor, floor: i64) -> Result<Vec<i64>>;
    #[query("SELECT id FROM accounts WHERE id IN (:ids)")]
    async fn vector(db: &impl Executor, ids: Vec<i64>) -> Result<Vec<i64>>;
    #[query("SELECT {struct} FROM accounts")]
    async fn keyword(db: &impl Executor) -> Result<Vec<Account>>;

    // What it does.
    #[query("UPDATE accounts SET owner = 'x'")]
    async fn writes(db: &impl Executor) -> Result<u64>;
    #[query("DROP TABLE accounts")]
    async fn ddl(db: &impl Executor) -> Result<()>;
    #[query("SELECT id FROM accounts FOR UPDATE")]
    async fn locks(db: &impl Executor) -> Result<Vec<i64>>;
    #[query(postgres = "CALL clean_up()")]
    async fn unknown(db: &impl Executor) -> Result<()>;
    #[query("COMMIT")]
    async fn session(db: &impl WriteExecutor) -> Result<()>;

    // What it returns.
    #[query("SELECT id FROM accounts")]
    async fn rows(db: &impl Executor) -> Result<()>;
    #[query("DELETE FROM accounts")]
    async fn no_rows(db: &impl WriteExecutor) -> Result<Vec<Account>>;
    #[query("SELECT id FROM accounts", mysql = "DELETE FROM accounts")]
    async fn mixed(db: &impl WriteExecutor) -> Result<u64>;
    #[query("SELECT {Account} FROM accounts LIMIT 3")]
    async fn limited(db: &impl Executor, number: u64, size: u64) -> Result<Page<Account>>;
}

fn main() {}
