//! The pool's core as the runtime has it, with a checker's primitives in place of the standard library's.

#[path = "../../../runtime/src/pool/core.rs"]
mod core;
#[path = "../../../runtime/src/pool/desk.rs"]
mod desk;
#[path = "../../../runtime/src/pool/flow.rs"]
mod flow;
#[path = "../../../runtime/src/pool/idle.rs"]
mod idle;
// Where it is included, its tests would be looked for elsewhere.
#[rustfmt::skip]
#[path = "../../../runtime/src/pool/line.rs"]
mod line;
#[path = "../../../runtime/src/pool/partition.rs"]
mod partition;
#[path = "../../../runtime/src/pool/priority.rs"]
mod priority;
#[path = "../../../runtime/src/pool/queue.rs"]
mod queue;
#[path = "../../../runtime/src/pool/refusal.rs"]
mod refusal;
#[path = "../../../runtime/src/pool/rooms.rs"]
mod rooms;
#[path = "../../../runtime/src/pool/site.rs"]
mod site;
mod slots;
#[path = "../../../runtime/src/pool/tally.rs"]
mod tally;
mod tasks;
#[path = "../../../runtime/src/pool/units.rs"]
mod units;
#[path = "../../../runtime/src/pool/waiter.rs"]
mod waiter;

/// By its name and not by a path, so that the files in `state/` are found; it looks for the others in its parent.
#[path = "../../../runtime/src/pool"]
mod machine {
    use super::{flow, idle, line, partition, refusal, rooms, tally, units, waiter};

    pub(super) mod state;
}

mod sync {
    pub(super) use crate::primitives::{
        AtomicU8, AtomicU64, AtomicUsize, Mutex, MutexGuard, Ordering,
    };

    /// As many as a model has; each costs a checker time, whether it is used or not.
    pub(super) const SLOTS_PER_LANE: usize = 4;

    pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().expect("nobody panics with it")
    }

    /// What a slot's lock promises: one at a time, and whoever comes next sees what the last one did.
    #[derive(Debug)]
    pub(super) struct SlotLock<T>(Mutex<T>);
    pub(super) type SlotLockGuard<'a, T> = MutexGuard<'a, T>;

    impl<T> SlotLock<T> {
        pub(super) fn new(contents: T) -> Self {
            Self(Mutex::new(contents))
        }

        pub(super) fn lock(&self) -> SlotLockGuard<'_, T> {
            lock(&self.0)
        }

        pub(super) fn try_lock(&self) -> Option<SlotLockGuard<'_, T>> {
            self.0.try_lock().ok()
        }
    }
}

use machine::state;
pub(crate) use priority::Priority;
pub(crate) use refusal::{CloseReason, Refusal};
pub(crate) use slots::{Fault, plant};
pub(crate) use state::{Failure, SlotId, Step};
pub(crate) use tasks::{Caller, Options, Pool};
