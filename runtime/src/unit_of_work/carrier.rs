//! What a transaction runs on.

use crate::driver::Connection;
use crate::pool::Lease;
use crate::session::Slot;

/// The connection of a transaction, and the session's slot that it occupies.
#[derive(Debug)]
pub(super) struct Carrier {
    pub(super) lease: Option<Lease<'static>>,
    pub(super) slot: Option<Slot>,
}

impl Carrier {
    pub(super) fn give_back(&mut self) {
        self.lease = None;
        self.slot = None;
    }

    pub(super) fn connection(&mut self) -> Option<&mut Connection> {
        self.lease.as_mut()?.connection()
    }
}
