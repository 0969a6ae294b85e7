//! What is written and read.

use wharf::prelude::*;

#[derive(Entity, Debug)]
#[entity(table = "entries")]
pub(crate) struct Entry {
    /// Given by the database, so that one number could be there twice.
    #[id(generated)]
    id: i64,
    number: i64,
}

#[repository(Entry)]
pub(crate) struct Entries;

/// The last entry that a server knows, and which server it is.
#[derive(Row, Debug, Clone, Copy)]
pub(crate) struct Last {
    pub(crate) number: i64,
    pub(crate) port: i32,
}

#[repository]
impl Entries {
    #[query("SELECT coalesce(max(number), 0) AS number, inet_server_port() AS port FROM entries")]
    pub(crate) async fn last(db: &impl Executor) -> Result<Last>;

    #[query("SELECT number FROM entries ORDER BY number")]
    pub(crate) async fn numbers(db: &impl Executor) -> Result<Vec<i64>>;
}

#[derive(Debug)]
pub(crate) struct Journal;

impl Journal {
    /// If the answer to the commit is lost, Wharf finds out what became of it, and runs this again only if it wasn't
    /// applied. `retry` is for what is cut off before its commit.
    #[transactional(exactly_once, retry = 5, timeout = "10s")]
    pub(crate) async fn append(&self, uow: &UnitOfWork, number: i64) -> Result<()> {
        Entries::insert(uow, &Entry { id: 0, number }).await?;
        Ok(())
    }
}
