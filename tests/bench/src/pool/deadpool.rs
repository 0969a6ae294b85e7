//! deadpool's managed pool.

use std::convert::Infallible;
use std::time::Duration;

use ::deadpool::Runtime;
use ::deadpool::managed::{self, Metrics, RecycleResult};

use super::nothing::Nothing;
use super::peer::Peer;
use crate::Result;

#[derive(Debug)]
pub(crate) struct Manager;

impl managed::Manager for Manager {
    type Type = Nothing;
    type Error = Infallible;

    async fn create(&self) -> Result<Nothing, Infallible> {
        Ok(Nothing)
    }

    async fn recycle(&self, _: &mut Nothing, _: &Metrics) -> RecycleResult<Infallible> {
        Ok(())
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Deadpool(managed::Pool<Manager>);

impl Deadpool {
    /// Without a timeout everybody waits for as long as it takes, which is deadpool's default and makes it faster.
    pub(crate) fn open(connections: u32, timeout: Option<Duration>) -> Result<Self> {
        let pool = managed::Pool::builder(Manager)
            .max_size(connections as usize)
            .wait_timeout(timeout)
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Self(pool))
    }
}

impl Peer for Deadpool {
    const NAME: &'static str = "deadpool";

    async fn acquire(&self) -> Result<impl Send> {
        Ok(self.0.get().await?)
    }
}
