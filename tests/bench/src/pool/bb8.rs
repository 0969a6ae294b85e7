//! bb8's pool.

use std::convert::Infallible;

use ::bb8::{ManageConnection, Pool};

use super::ACQUIRE_TIMEOUT;
use super::nothing::Nothing;
use super::peer::Peer;
use crate::Result;

#[derive(Debug)]
pub(crate) struct Manager;

impl ManageConnection for Manager {
    type Connection = Nothing;
    type Error = Infallible;

    async fn connect(&self) -> Result<Nothing, Infallible> {
        Ok(Nothing)
    }

    async fn is_valid(&self, _: &mut Nothing) -> Result<(), Infallible> {
        Ok(())
    }

    fn has_broken(&self, _: &mut Nothing) -> bool {
        false
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Bb8(Pool<Manager>);

impl Bb8 {
    pub(crate) async fn open(connections: u32) -> Result<Self> {
        let pool = Pool::builder()
            .max_size(connections)
            .connection_timeout(ACQUIRE_TIMEOUT)
            .build(Manager)
            .await?;
        Ok(Self(pool))
    }
}

impl Peer for Bb8 {
    const NAME: &'static str = "bb8";

    async fn acquire(&self) -> Result<impl Send> {
        Ok(self.0.get().await?)
    }
}
