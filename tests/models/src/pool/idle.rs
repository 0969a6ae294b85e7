//! The runtime's idle set, or, when asked for, one that loses wake-ups: whoever checks must find that.

#[path = "../../../../runtime/src/pool/idle.rs"]
mod sound;
mod split;

use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) use sound::{Given, Shelf};
use split::SplitSet;

// The included file finds them in its parent.
use super::{state, sync};
use state::SlotId;

static IS_PLANTED: AtomicBool = AtomicBool::new(false);

/// From now on every idle set is the wrong one.
pub(crate) fn plant_a_lost_wake_up() {
    IS_PLANTED.store(true, Ordering::Relaxed);
}

#[derive(Debug)]
pub(crate) enum IdleSet {
    Sound(sound::IdleSet),
    Split(SplitSet),
}

/// Calls whichever set it is.
macro_rules! delegate {
    ($($name:ident(&self $(, $arg:ident: $type:ty)*) -> $answer:ty;)*) => {
        $(pub(crate) fn $name(&self $(, $arg: $type)*) -> $answer {
            match self {
                Self::Sound(set) => set.$name($($arg),*),
                Self::Split(set) => set.$name($($arg),*),
            }
        })*
    };
}

impl IdleSet {
    pub(crate) fn new(slots: usize, threads: usize, keeps: bool) -> Self {
        if IS_PLANTED.load(Ordering::Relaxed) {
            Self::Split(SplitSet::new())
        } else {
            Self::Sound(sound::IdleSet::new(slots, threads, keeps))
        }
    }

    delegate! {
        take(&self) -> Option<SlotId>;
        take_exactly(&self, slot: SlotId) -> bool;
        give(&self, slot: SlotId, shelf: Shelf) -> Given;
        raise(&self) -> Option<SlotId>;
        lower(&self) -> ();
        count(&self) -> usize;
        contains(&self, slot: SlotId) -> bool;
        is_raised(&self) -> bool;
    }
}
