//! Signatures that no query has, each message once.

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
    async fn find_by_owner() -> Result<Account>;
    async fn find_by_id(&self, db: &impl Executor, id: i64) -> Result<Account>;
    async fn count_by_id(db: impl Executor, id: i64) -> Result<u64>;
    async fn count_by_owner<E: Executor>(db: &E, owner: &str) -> Result<u64>;
    async fn exists_by_id(db: &impl Executor, (id, _): (i64, i64)) -> Result<bool>;
    async fn exists_by_owner(db: &impl Executor, owner: &str);
    async fn get_by_owner(db: &impl Executor, owner: &str) -> Vec<Account>;
    fn get_by_id(db: &impl Executor, id: i64) -> Result<Account>;
    async fn find_by_owner_like(db: &impl Executor, owner: &str) -> impl Stream<Item = Result<Account>>;
    fn find_by_owner_contains(db: &impl Executor, owner: &str) -> impl Stream<Item = Account>;
    async unsafe fn find_by_id_gt(db: &impl Executor, id: i64) -> Result<Account>;
    const fn find_by_id_gte(db: &impl Executor, id: i64) -> Result<Account>;
    async extern "C" fn find_by_id_lt(db: &impl Executor, id: i64) -> Result<Account>;
    async fn find_by_id_lte(db: &impl Executor, id: i64, page: u64) -> Result<Page<Account>>;
    #[cached(ttl = "30s")]
    async fn find_by_id_ne(db: &impl Executor, id: i64) -> Result<Vec<Account>>;
    #[query("SELECT 1")]
    async fn with_body(db: &impl Executor) -> Result<u64> {
        let _ = db;
        Ok(1)
    }
}

fn main() {}
