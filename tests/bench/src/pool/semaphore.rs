//! tokio's semaphore, without any pool: what it costs a task to wait for its turn and to be woken, whoever keeps the line.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::peer::Peer;
use crate::Result;

#[derive(Debug, Clone)]
pub(crate) struct Permits(Arc<Semaphore>);

impl Permits {
    pub(crate) fn new(permits: u32) -> Self {
        Self(Arc::new(Semaphore::new(permits as usize)))
    }
}

impl Peer for Permits {
    const NAME: &'static str = "tokio-semaphore";

    async fn acquire(&self) -> Result<impl Send> {
        Ok(self.0.acquire().await?)
    }
}
