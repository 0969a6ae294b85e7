//! Names that are no query, each message once.

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
    // The name.
    async fn fetch_by_owner(db: &impl Executor, owner: &str) -> Result<Vec<Account>>;
    async fn find_recent(db: &impl Executor) -> Result<Vec<Account>>;
    async fn count_recent(db: &impl Executor) -> Result<u64>;
    async fn find__by_owner(db: &impl Executor, owner: &str) -> Result<Vec<Account>>;
    async fn find_first_by_owner(db: &impl Executor, owner: &str) -> Result<Option<Account>>;
    async fn find_top3_by_owner(db: &impl Executor, owner: &str) -> Result<Vec<Account>>;
    async fn find_top_by_owner(db: &impl Executor, owner: &str) -> Result<Vec<Account>>;
    async fn get_first_by_owner(db: &impl Executor, owner: &str) -> Result<Account>;
    async fn find_order_by_desc(db: &impl Executor) -> Result<Vec<Account>>;
    async fn find_by_2fa(db: &impl Executor, on: bool) -> Result<Vec<Account>>;

    // The arguments.
    async fn find_by_owner(db: &impl Executor) -> Result<Vec<Account>>;
    async fn find_by_id_is_null(db: &impl Executor, a: i64, b: i64) -> Result<Vec<Account>>;
    async fn find_order_by_id(db: &impl Executor, id: i64) -> Result<Vec<Account>>;
    async fn find_by_id(db: &impl Executor, ids: &[i64]) -> Result<Vec<Account>>;
    async fn find_by_id_in(db: &impl Executor, ids: Vec<i64>) -> Result<Vec<Account>>;
    async fn find_by_id_and_owner_like(db: &impl Executor, id: i64, owner: &[u8], more: i64) -> Result<Vec<Account>>;
    async fn find_by_id_between_ignore_case(db: &impl Executor, low: i64, high: i64) -> Result<Vec<Account>>;
    async fn find_by_id_and_owner_and_kind(db: &impl Executor, a: i64, b: &str) -> Result<Vec<Account>>;

    // What it returns.
    async fn find_by_owner_like(db: &impl Executor, owner: &str) -> Result<u64>;
    async fn find_first_order_by_id(db: &impl Executor) -> Result<Vec<Account>>;
    async fn find_top2_order_by_id(db: &impl Executor) -> Result<Account>;
    async fn get_by_owner(db: &impl Executor, owner: &str) -> Result<Option<Account>>;
    async fn count_by_owner(db: &impl Executor, owner: &str) -> Result<i64>;
    async fn exists_by_owner(db: &impl Executor, owner: &str) -> Result<u64>;
    async fn delete_by_owner(db: &impl WriteExecutor, owner: &str) -> Result<()>;
    async fn delete_by_id(db: &impl Executor, id: i64) -> Result<u64>;
}

fn main() {}
