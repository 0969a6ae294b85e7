//! What is to be done after something was decided.
#![deny(clippy::disallowed_methods)]

use std::sync::Arc;

use smallvec::SmallVec;

use super::SlotId;
use crate::pool::desk::{Desk, Verdict};
use crate::pool::refusal::CloseReason;

/// What is to be done, in order. Hardly ever more than one thing.
pub(crate) type Steps = SmallVec<[Step; 1]>;

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Step {
    /// A wait has ended, and nothing is known of the waiter any more.
    End {
        desk: Arc<Desk>,
        verdict: Verdict,
    },
    Open {
        slot: SlotId,
    },
    /// The connection is in its slot, and nobody else's.
    Close {
        slot: SlotId,
        reason: CloseReason,
    },
    /// Look at the time earlier than agreed; see [`State::alarm`](super::State::alarm).
    Arm,
}
