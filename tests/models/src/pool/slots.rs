//! The runtime's slots, or, when asked for, ones that lose wake-ups: whoever checks must find that.

mod faulty;
#[path = "../../../../runtime/src/pool/slots.rs"]
mod sound;

use std::sync::OnceLock;

pub(crate) use faulty::Fault;
use faulty::Faulty;
pub(crate) use sound::SlotGuard;

// The included file finds them in its parent.
use super::{idle, state, sync};
use idle::{Given, IdleSet, Shelf};
use state::SlotId;

static PLANTED: OnceLock<Fault> = OnceLock::new();

/// From now on all slots have a fault.
pub(crate) fn plant(fault: Fault) {
    PLANTED.set(fault).expect("one is planted at most");
}

#[derive(Debug)]
pub(crate) enum Slots<S> {
    Sound(sound::Slots<S>),
    Faulty(Faulty<S>),
}

impl<S> Slots<S> {
    pub(crate) fn new(contents: impl IntoIterator<Item = S>, threads: usize, keeps: bool) -> Self {
        let sound = sound::Slots::new(contents, threads, keeps);
        match PLANTED.get() {
            Some(fault) => Self::Faulty(Faulty::new(sound, *fault)),
            None => Self::Sound(sound),
        }
    }

    pub(crate) fn slot(&self, slot: SlotId) -> SlotGuard<'_, S> {
        self.sound().slot(slot)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = SlotGuard<'_, S>> {
        self.sound().iter()
    }

    pub(crate) fn take(&self) -> Option<SlotGuard<'_, S>> {
        match self {
            Self::Sound(slots) => slots.take(),
            Self::Faulty(slots) => slots.take(),
        }
    }

    pub(crate) fn take_slot(&self, slot: SlotId) -> Option<SlotGuard<'_, S>> {
        match self {
            Self::Sound(slots) => slots.take_slot(slot),
            Self::Faulty(slots) => slots.take(),
        }
    }

    pub(crate) fn give_slot(&self, slot: SlotGuard<'_, S>, shelf: Shelf) -> Given {
        match self {
            Self::Sound(slots) => slots.give_slot(slot, shelf),
            Self::Faulty(slots) => slots.give_slot(slot, shelf),
        }
    }

    fn sound(&self) -> &sound::Slots<S> {
        match self {
            Self::Sound(slots) => slots,
            Self::Faulty(slots) => slots.sound(),
        }
    }
}

impl<S> IdleSet for Slots<S> {
    fn take_exactly(&self, slot: SlotId) -> bool {
        self.sound().take_exactly(slot)
    }

    fn give(&self, slot: SlotId, shelf: Shelf) -> Given {
        self.give_slot(self.slot(slot), shelf)
    }

    fn raise(&self) -> Option<SlotId> {
        match self {
            Self::Sound(slots) => slots.raise(),
            Self::Faulty(slots) => slots.raise(),
        }
    }

    fn lower(&self) {
        match self {
            Self::Sound(slots) => slots.lower(),
            Self::Faulty(slots) => slots.lower(),
        }
    }

    fn count(&self) -> usize {
        self.sound().count()
    }

    fn contains(&self, slot: SlotId) -> bool {
        self.sound().contains(slot)
    }

    fn is_raised(&self) -> bool {
        match self {
            Self::Sound(slots) => slots.is_raised(),
            Self::Faulty(slots) => slots.is_raised(),
        }
    }
}
