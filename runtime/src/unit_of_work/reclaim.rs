//! Taking the connection away from a transaction that holds it and doesn't use it.

use std::sync::Arc;

use tokio::sync::MutexGuard;

use super::carrier::Carrier;
use super::core::Core;
use crate::driver::Command;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::pool::{CloseReason, Lease, Reclaim};
use crate::transaction::LevelId;

// The hooks run when whoever holds the unit ends it.
impl Reclaim for Core {
    fn reclaim(&self, reason: &str) -> bool {
        let Some(mut carrier) = self.idle_carrier() else {
            return false;
        };
        let cause = Error::new(ErrorKind::Cancelled, reason).with_outcome(Outcome::RolledBack);
        self.stack().doom_all(&cause.to_shared());
        if let Some(lease) = &mut carrier.lease {
            lease.mark_for_recycling(CloseReason::Reclaimed);
        }
        carrier.give_back();
        true
    }

    fn expire(&self) -> bool {
        let Some(mut carrier) = self.idle_carrier() else {
            return false;
        };
        // What the unit looks at as well before everything that it does. So that is what it will say.
        let is_over = self.is_late() || self.is_killed();
        if is_over {
            carrier.give_back();
        }
        is_over
    }
}

impl Core {
    /// Says that the connection of this transaction can be taken away, and when it must be.
    pub(super) fn can_be_reclaimed(self: &Arc<Self>, lease: &Lease<'static>) {
        let weak = Arc::downgrade(self);
        lease.held_by(weak, self.deadline.map(|deadline| deadline.at));
    }

    /// What the transaction runs on, if nobody uses it now.
    fn idle_carrier(&self) -> Option<MutexGuard<'_, Carrier>> {
        // Whoever runs a statement, or reads a stream, has the lock.
        let mut carrier = self.wire.try_lock().ok()?;
        // What is out all the same was abandoned, and is stopped in quarantine. A commit decides for itself.
        let out = carrier.lease.as_mut()?.wire()?.in_flight();
        (!out.is_some_and(Command::decides)).then_some(carrier)
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
