//! mobc's pool.

use std::convert::Infallible;

use ::mobc::{Pool, async_trait};

use super::ACQUIRE_TIMEOUT;
use super::nothing::Nothing;
use super::peer::Peer;
use crate::Result;

pub(crate) struct Manager;

#[async_trait]
impl ::mobc::Manager for Manager {
    type Connection = Nothing;
    type Error = Infallible;

    async fn connect(&self) -> Result<Nothing, Infallible> {
        Ok(Nothing)
    }

    async fn check(&self, connection: Nothing) -> Result<Nothing, Infallible> {
        Ok(connection)
    }
}

#[derive(Clone)]
pub(crate) struct Mobc(Pool<Manager>);

impl Mobc {
    pub(crate) fn open(connections: u32) -> Self {
        let connections = u64::from(connections);
        let pool = Pool::builder()
            .max_open(connections)
            // By default all but two are closed when they come back.
            .max_idle(connections)
            .get_timeout(Some(ACQUIRE_TIMEOUT))
            .build(Manager);
        Self(pool)
    }
}

impl Peer for Mobc {
    const NAME: &'static str = "mobc";

    async fn acquire(&self) -> Result<impl Send> {
        Ok(self.0.get().await?)
    }
}
