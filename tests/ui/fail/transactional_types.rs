//! What the compiler says of a transactional function, at the words that are meant.

use wharf::prelude::*;

struct NoFrom;

struct NoClone;

#[transactional]
async fn error_type(uow: &UnitOfWork) -> Result<(), NoFrom> {
    let _ = uow;
    Ok(())
}

#[transactional(retry = 2)]
async fn copied(uow: &UnitOfWork, once: NoClone) -> Result<()> {
    let _ = (uow, once);
    Ok(())
}

#[transactional]
async fn body(uow: &UnitOfWork) -> Result<u64> {
    let _ = uow;
    Ok("one")
}

fn main() {}
