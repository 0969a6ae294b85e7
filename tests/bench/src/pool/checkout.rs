//! Borrowing a connection and giving it back.

use tokio::task::{coop, yield_now};

use super::load::Load;
use super::peer::Peer;
use crate::{Error, Result};

/// Nothing happens while a connection is held, so that there is always a free one.
///
/// Everybody is kept from tokio's forced yields, which not all pools take part in; instead each turn ends with one.
#[derive(Debug, Clone)]
pub(crate) struct Free<P>(pub(crate) P);

impl<P: Peer> Load for Free<P> {
    const OPERATIONS: u64 = 256;

    async fn turn(&self, _: u64) -> Result<()> {
        let checkouts = async {
            for _ in 0..Self::OPERATIONS {
                drop(self.0.acquire().await?);
            }
            Ok::<(), Error>(())
        };
        coop::unconstrained(checkouts).await?;
        yield_now().await;
        Ok(())
    }
}

/// Others run while a connection is held, so that those who find none have to wait.
#[derive(Debug, Clone)]
pub(crate) struct Scarce<P>(pub(crate) P);

impl<P: Peer> Load for Scarce<P> {
    const OPERATIONS: u64 = 16;

    async fn turn(&self, _: u64) -> Result<()> {
        for _ in 0..Self::OPERATIONS {
            let held = self.0.acquire().await?;
            yield_now().await;
            drop(held);
        }
        Ok(())
    }
}
