//! What the idle set must not be: the flag that somebody waits is in a word of its own, beside the one that says which
//! connections are idle. Between two looks at two words a connection comes back, and whoever waits is never told.

use super::state::SlotId;
use super::sync::{AtomicU64, Ordering};
use super::{Given, Shelf};

#[derive(Debug)]
pub(crate) struct SplitSet {
    idle: AtomicU64,
    waits: AtomicU64,
}

impl SplitSet {
    pub(crate) fn new() -> Self {
        Self {
            idle: AtomicU64::new(0),
            waits: AtomicU64::new(0),
        }
    }

    pub(crate) fn take(&self) -> Option<SlotId> {
        if self.is_raised() {
            return None;
        }
        self.take_any()
    }

    fn take_any(&self) -> Option<SlotId> {
        let without_lowest = |idle: u64| (idle != 0).then(|| idle & (idle - 1));
        let idle = self
            .idle
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, without_lowest);
        idle.ok().map(|idle| idle.trailing_zeros() as SlotId)
    }

    pub(crate) fn take_exactly(&self, slot: SlotId) -> bool {
        !self.is_raised() && self.idle.fetch_and(!(1 << slot), Ordering::AcqRel) & 1 << slot != 0
    }

    pub(crate) fn give(&self, slot: SlotId, _: Shelf) -> Given {
        self.idle.fetch_or(1 << slot, Ordering::AcqRel);
        if self.is_raised() && self.idle.fetch_and(!(1 << slot), Ordering::AcqRel) & 1 << slot != 0
        {
            Given::Wanted
        } else {
            Given::Done
        }
    }

    pub(crate) fn raise(&self) -> Option<SlotId> {
        let found = self.take_any();
        if found.is_none() {
            // Here is the gap.
            self.waits.store(1, Ordering::Release);
        }
        found
    }

    pub(crate) fn lower(&self) {
        self.waits.store(0, Ordering::Release);
    }

    pub(crate) fn count(&self) -> usize {
        self.idle.load(Ordering::Acquire).count_ones() as usize
    }

    pub(crate) fn contains(&self, slot: SlotId) -> bool {
        self.idle.load(Ordering::Acquire) & 1 << slot != 0
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.waits.load(Ordering::Acquire) != 0
    }
}
