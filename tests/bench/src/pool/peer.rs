//! What every pool can do.

use crate::Result;

/// A pool of connections that do nothing.
pub(crate) trait Peer: Clone + Send + Sync + 'static {
    const NAME: &'static str;

    /// Borrows a connection, which goes back when it is dropped.
    fn acquire(&self) -> impl Future<Output = Result<impl Send>> + Send;
}

/// Has a pool open all its connections.
pub(crate) async fn fill<P: Peer>(peer: &P, connections: u32) -> Result<()> {
    let mut held = Vec::new();
    for _ in 0..connections {
        held.push(peer.acquire().await?);
    }
    Ok(())
}
