//! Types that don't fit are told by the compiler, at the type.

use wharf::prelude::*;

struct Settings;

#[derive(Entity)]
struct Customer {
    #[id]
    id: i64,
    settings: Settings,
}

#[derive(Entity)]
struct Account {
    #[id]
    id: i64,
    owner: String,
    active: bool,
    #[belongs_to(Customer)]
    customer_id: String,
    #[created_at]
    created_at: String,
}

#[derive(Row)]
struct Summary {
    settings: Settings,
}

#[derive(Value)]
struct Wrapped(Settings);

#[repository(Account)]
struct Accounts;

#[repository]
impl Accounts {
    async fn find_by_owner(db: &impl Executor, owner: i64) -> Result<Vec<Account>>;
    async fn find_by_id_like(db: &impl Executor, id: &str) -> Result<Vec<Account>>;
    async fn find_by_id_is_true(db: &impl Executor) -> Result<Vec<Account>>;
    async fn find_by_active(db: &impl Executor, active: bool) -> Result<Vec<Customer>>;
    #[query("SELECT {Account} FROM accounts WHERE id = :settings")]
    async fn by_settings(db: &impl Executor, settings: &Settings) -> Result<Vec<Account>>;
    #[query("SELECT id FROM accounts")]
    async fn as_settings(db: &impl Executor) -> Result<Vec<Settings>>;
    #[query("SELECT {Settings} FROM accounts")]
    async fn no_entity(db: &impl Executor) -> Result<Vec<Account>>;
}

fn main() {}
