//! A field that the entity hasn't is told by the compiler, at the method's name.

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
    async fn find_by_ownr(db: &impl Executor, owner: &str) -> Result<Vec<Account>>;
    async fn find_by_owner_order_by_balance(db: &impl Executor, owner: &str) -> Result<Vec<Account>>;
}

fn main() {}
