//! Wharf's pool: the readers of an SQLite file, on which no statement is run.

use ::wharf::__private::checkout;
use ::wharf::{Database, PoolConfig};

use super::ACQUIRE_TIMEOUT;
use super::peer::Peer;
use crate::Result;

#[derive(Debug, Clone)]
pub(crate) struct Wharf(Database);

impl Wharf {
    /// The pool as it is by default, with everything that it keeps count of.
    pub(crate) async fn open(url: &str, connections: u32) -> Result<Self> {
        let pool = PoolConfig::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT);
        let database = Database::builder()
            .primary(url)
            .pool(pool)
            .connect()
            .await?;
        Ok(Self(database))
    }
}

impl Peer for Wharf {
    const NAME: &'static str = "wharf";

    async fn acquire(&self) -> Result<impl Send> {
        Ok(checkout(&self.0).await?)
    }
}
