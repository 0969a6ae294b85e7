//! sqlx's own pool.

use sqlx::pool::{Pool, PoolOptions};

use super::ACQUIRE_TIMEOUT;
use super::nothing::{NoOptions, NothingDatabase};
use super::peer::Peer;
use crate::Result;

#[derive(Debug, Clone)]
pub(crate) struct PlainSqlx(Pool<NothingDatabase>);

impl PlainSqlx {
    pub(crate) fn open(connections: u32) -> Self {
        let options = PoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT);
        Self(options.connect_lazy_with(NoOptions))
    }
}

impl Peer for PlainSqlx {
    const NAME: &'static str = "sqlx";

    async fn acquire(&self) -> Result<impl Send> {
        Ok(self.0.acquire().await?)
    }
}
