//! Taking the connection away from a transaction that holds it and doesn't use it.

use std::sync::Arc;

use super::core::Core;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::pool::{CloseReason, Lease, Reclaim};
use crate::transaction::LevelId;

impl Reclaim for Core {
    fn reclaim(&self, reason: &str) -> bool {
        // Whoever runs a statement, or reads a stream, has the lock.
        let Ok(mut carrier) = self.wire.try_lock() else {
            return false;
        };
        let Some(lease) = &mut carrier.lease else {
            return false;
        };
        if lease.is_in_flight() {
            return false;
        }
        let cause = Error::new(ErrorKind::Cancelled, reason).with_outcome(Outcome::RolledBack);
        self.stack().doom_all(&cause.to_shared());
        lease.mark_for_recycling(CloseReason::Reclaimed);
        // Its hooks run when whoever holds the unit ends it.
        carrier.give_back();
        true
    }
}

impl Core {
    /// Says that the connection of this transaction can be taken away.
    pub(super) fn can_be_reclaimed(self: &Arc<Self>, lease: &Lease<'static>) {
        let weak = Arc::downgrade(self);
        lease.held_by(weak);
    }

    /// Has the connection closed when the transaction has ended.
    pub(super) async fn mark_for_recycling(&self, level: LevelId) -> Result<()> {
        let mut carrier = self.ready(level).await?;
        if let Some(lease) = &mut carrier.lease {
            lease.mark_for_recycling(CloseReason::Recycled);
        }
        Ok(())
    }
}
