//! Which connections are idle, as whoever holds the pool's lock sees them: see [`Slots`](super::slots::Slots).
#![deny(clippy::disallowed_methods)]

use super::state::SlotId;

/// What came of giving a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    /// It is idle, or somebody has it already.
    Done,
    /// Somebody waits, and the connection is still the giver's.
    Wanted,
}

/// Among which connections one is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shelf {
    Shared,
    /// Left to whoever used it last, as long as others find another one.
    Kept,
}

/// Which connections are idle.
pub(crate) trait IdleSet {
    /// Takes this one, if it is idle.
    fn take_exactly(&self, slot: SlotId) -> bool;

    /// Puts a connection among the idle ones, unless somebody waits.
    fn give(&self, slot: SlotId, shelf: Shelf) -> Given;

    /// Says in every slot that somebody waits, or returns an idle connection that it came across. Only under the pool's lock.
    fn raise(&self) -> Option<SlotId>;

    /// Takes back what [`IdleSet::raise`] said. Only under the pool's lock, when nobody waits any more.
    fn lower(&self);

    /// How many are idle; about as many, while connections come and go.
    fn count(&self) -> usize;

    /// Whether this one is idle, as [`count`](IdleSet::count) sees it.
    fn contains(&self, slot: SlotId) -> bool;

    /// Whether whoever gives is to serve the line. Only under the pool's lock, where all slots say the same.
    fn is_raised(&self) -> bool;
}
