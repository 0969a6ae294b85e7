//! What only reads can't be given to what writes.

use wharf::prelude::*;

#[derive(Entity)]
struct Account {
    #[id]
    id: i64,
}

#[repository(Account)]
struct Accounts;

#[repository]
impl Accounts {
    async fn delete_by_id(db: &impl WriteExecutor, id: i64) -> Result<u64>;
}

#[transactional(read_only)]
async fn report(uow: &UnitOfWork<ReadOnly>) -> Result<u64> {
    Accounts::delete(uow, 1).await?;
    close(uow).await?;
    Accounts::delete_by_id(uow, 1).await
}

#[transactional]
async fn close(uow: &UnitOfWork) -> Result<bool> {
    Accounts::delete(uow, 1).await
}

fn main() {}
