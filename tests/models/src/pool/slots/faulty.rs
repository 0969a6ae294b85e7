//! What the slots must not be: that somebody waits is said in a word of its own, without the locks of the slots. Between two
//! looks a connection comes back, and whoever waits is never told.

use super::sync::{AtomicUsize, Ordering};
use super::{Given, Shelf, SlotGuard, SlotId, sound};
use crate::pool::idle::IdleSet as _;

/// When whoever gives looks whether somebody waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// After the connection was put down: somebody may look for it before, and wait after that.
    Split,
    /// Before, under the slot's lock: somebody may wait without having had that lock.
    Unlocked,
}

impl Fault {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "split" => Some(Self::Split),
            "unlocked" => Some(Self::Unlocked),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Faulty<S> {
    sound: sound::Slots<S>,
    fault: Fault,
    waits: AtomicUsize,
}

impl<S> Faulty<S> {
    pub(super) fn new(sound: sound::Slots<S>, fault: Fault) -> Self {
        Self {
            sound,
            fault,
            waits: AtomicUsize::new(0),
        }
    }

    pub(super) fn sound(&self) -> &sound::Slots<S> {
        &self.sound
    }

    pub(super) fn take(&self) -> Option<SlotGuard<'_, S>> {
        if self.is_raised() {
            return None;
        }
        self.sound.take()
    }

    pub(super) fn give_slot(&self, slot: SlotGuard<'_, S>, shelf: Shelf) -> Given {
        let id = slot.id();
        if self.fault == Fault::Unlocked && self.is_raised() {
            return Given::Wanted;
        }
        self.sound.give_slot(slot, shelf);
        if self.fault == Fault::Split && self.is_raised() && self.sound.take_exactly(id) {
            return Given::Wanted;
        }
        Given::Done
    }

    pub(super) fn raise(&self) -> Option<SlotId> {
        let found = self.sound.take().map(|taken| taken.id());
        if found.is_none() {
            // Here is the gap.
            self.waits.store(1, Ordering::Release);
        }
        found
    }

    pub(super) fn lower(&self) {
        self.waits.store(0, Ordering::Release);
    }

    pub(super) fn is_raised(&self) -> bool {
        self.waits.load(Ordering::Acquire) != 0
    }
}
