//! Functions and options that `#[transactional]` refuses, each message once.

use wharf::prelude::*;

#[transactional(isolation = Snapshot)]
async fn isolation(uow: &UnitOfWork) -> Result<()> {
    Ok(())
}

#[transactional(timeout = 2)]
async fn timeout_form(uow: &UnitOfWork) -> Result<()> {
    Ok(())
}

#[transactional(timeout = "2 hours")]
async fn timeout_unit(uow: &UnitOfWork) -> Result<()> {
    Ok(())
}

#[transactional(timeout = "0s")]
async fn timeout_zero(uow: &UnitOfWork) -> Result<()> {
    Ok(())
}

#[transactional(retry = 101)]
async fn retry_range(uow: &UnitOfWork) -> Result<()> {
    Ok(())
}

#[transactional(retry = many)]
async fn retry_form(uow: &UnitOfWork) -> Result<()> {
    Ok(())
}

#[transactional(propagation = mandatory)]
async fn propagation(uow: &UnitOfWork) -> Result<()> {
    Ok(())
}

#[transactional(read_only = true)]
async fn flag_value(uow: &UnitOfWork<ReadOnly>) -> Result<()> {
    Ok(())
}

#[transactional(read_only(true))]
async fn flag_list(uow: &UnitOfWork<ReadOnly>) -> Result<()> {
    Ok(())
}

#[transactional(exactly_once(key))]
async fn exactly_once_list(uow: &UnitOfWork) -> Result<()> {
    Ok(())
}

#[transactional(read_only, exactly_once)]
async fn exactly_once_reading(uow: &UnitOfWork<ReadOnly>) -> Result<()> {
    Ok(())
}

#[transactional(exactly_once = key)]
async fn compared_name(uow: &UnitOfWork, key: &str, (a, b): (i64, i64)) -> Result<()> {
    Ok(())
}

#[transactional(isolated)]
async fn unknown_option(uow: &UnitOfWork) -> Result<()> {
    Ok(())
}

#[transactional(retry = 1, retry = 2)]
async fn twice(uow: &UnitOfWork) -> Result<()> {
    Ok(())
}

#[transactional]
fn not_async(uow: &UnitOfWork) -> Result<()> {
    Ok(())
}

#[transactional]
async fn returns_nothing(uow: &UnitOfWork) {}

#[transactional]
async fn returns_impl(uow: &UnitOfWork) -> Result<impl Sized> {
    Ok(1)
}

#[transactional]
async fn no_unit(db: &Database) -> Result<()> {
    Ok(())
}

#[transactional]
async fn unit_by_value(uow: UnitOfWork) -> Result<()> {
    Ok(())
}

#[transactional]
async fn mut_unit(mut uow: &UnitOfWork) -> Result<()> {
    Ok(())
}

#[transactional]
async fn unnamed_unit(_: &UnitOfWork) -> Result<()> {
    Ok(())
}

#[transactional]
async fn two_units(a: &UnitOfWork, b: &UnitOfWork) -> Result<()> {
    Ok(())
}

#[transactional]
async fn unknown_mode(uow: &UnitOfWork<Sometimes>) -> Result<()> {
    Ok(())
}

#[transactional]
async fn read_only_unit(uow: &UnitOfWork<ReadOnly>) -> Result<()> {
    Ok(())
}

#[transactional(read_only)]
async fn read_only_option(uow: &UnitOfWork) -> Result<()> {
    Ok(())
}

trait NoBody {
    #[transactional]
    async fn no_body(uow: &UnitOfWork) -> Result<()>;
}

struct Bank;

impl Bank {
    #[transactional(retry = 1)]
    async fn moved_self(self, uow: &UnitOfWork) -> Result<()> {
        Ok(())
    }
}

#[transactional]
struct NoFunction;

fn main() {}
