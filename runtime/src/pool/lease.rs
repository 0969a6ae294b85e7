//! A borrowed connection, which comes back when dropped.

use super::shared::{Pool, ping};
use super::state::SlotId;
use crate::driver::{Answer, Connection, Request, Settled, Wire};
use crate::error::{Error, ErrorKind, Result};

/// A borrowed connection, which comes back when dropped: to the next in line if it is clean, else to quarantine.
#[derive(Debug)]
pub(crate) struct Lease {
    pool: Pool,
    slot: SlotId,
    /// `None` only while it is being given back.
    wire: Option<Wire>,
}

impl Lease {
    pub(super) fn new(pool: Pool, slot: SlotId, wire: Wire) -> Self {
        Self {
            pool,
            slot,
            wire: Some(wire),
        }
    }

    /// Sends a request and waits for its whole answer.
    ///
    /// # Cancel safety
    /// The exchange stays on the wire; the next call, or the quarantine, finishes it.
    pub(crate) async fn exchange(&mut self, request: Request) -> Result<Answer> {
        match &mut self.wire {
            Some(wire) => wire.exchange(request).await,
            None => Err(gone()),
        }
    }

    /// Finishes what a former caller abandoned.
    pub(crate) async fn settle(&mut self) -> Option<Settled> {
        self.wire.as_mut()?.settle().await
    }

    pub(crate) fn wire(&mut self) -> Option<&mut Wire> {
        self.wire.as_mut()
    }

    pub(crate) fn connection(&mut self) -> Option<&mut Connection> {
        self.wire.as_mut()?.connection()
    }

    /// Whether the server is still there.
    pub(super) async fn ping(&mut self) -> bool {
        self.exchange(ping()).await.is_ok()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(wire) = self.wire.take() {
            self.pool.give_back(self.slot, wire);
        }
    }
}

fn gone() -> Error {
    Error::new(
        ErrorKind::ConnectionLost,
        "the connection has been given back",
    )
}
