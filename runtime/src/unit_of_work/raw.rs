//! sqlx's own connection, in a unit of work.

use tokio::sync::OwnedMutexGuard;

use super::carrier::Carrier;
use super::core::Core;
use crate::driver::RawConnection;
use crate::error::{Error, ErrorKind, Result};
use crate::session::{Busy, Slot};
use crate::transaction::LevelId;

/// The connection of a unit of work, lent by [`UnitOfWork::raw`](crate::UnitOfWork::raw).
///
/// Every other call on the unit waits until this is dropped.
#[derive(Debug)]
pub struct RawUnit {
    // Dropped before the connection is anybody else's.
    _busy: Option<Busy>,
    carrier: OwnedMutexGuard<Carrier>,
}

impl RawUnit {
    pub(super) fn new(carrier: OwnedMutexGuard<Carrier>) -> Self {
        Self {
            _busy: carrier.slot.as_ref().map(Slot::busy),
            carrier,
        }
    }

    /// sqlx's own connection. Don't begin, commit or roll back through it: the unit of work does that.
    ///
    /// # Errors
    /// [`ErrorKind::ConnectionLost`] when the connection is gone.
    pub fn connection(&mut self) -> Result<RawConnection<'_>> {
        match self.carrier.connection() {
            Some(connection) => Ok(RawConnection::new(connection)),
            None => Err(Error::new(
                ErrorKind::ConnectionLost,
                "the connection is gone",
            )),
        }
    }
}

impl Core {
    /// Lends the connection itself.
    pub(super) async fn raw(&self, level: LevelId) -> Result<OwnedMutexGuard<Carrier>> {
        self.check(level)?;
        self.ready(level).await
    }
}
