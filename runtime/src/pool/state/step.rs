//! What is to be done after something was decided.
#![deny(clippy::disallowed_methods)]

use super::SlotId;
use crate::pool::line::Ticket;
use crate::pool::refusal::CloseReason;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A wait has ended; see [`State::claim`](super::State::claim).
    Wake {
        ticket: Ticket,
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
