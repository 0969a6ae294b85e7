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

#[transactional(exactly_once = key)]
async fn kept(uow: &UnitOfWork, key: &str) -> Result<NoClone> {
    let _ = (uow, key);
    Ok(NoClone)
}

#[transactional(exactly_once = key)]
async fn compared(uow: &UnitOfWork, key: &str, once: &NoClone) -> Result<()> {
    let _ = (uow, key, once);
    Ok(())
}

#[transactional]
async fn body(uow: &UnitOfWork) -> Result<u64> {
    let _ = uow;
    Ok("one")
}

fn main() {}
