//! The primitives of the hand-over, in one place, so that a model checker can put its own there: see `tests/models`.

use std::sync::PoisonError;
pub(super) use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
pub(super) use std::sync::{Mutex, MutexGuard};

/// Of how many slots it stands in one line of memory how they stand.
pub(super) const SLOTS_PER_LANE: usize = 64;

/// The lock of a slot. Whoever finds it taken spins, and lets other threads run meanwhile: it is held for a few
/// instructions (for some hundreds by who gathers statistics), and hardly ever wanted by two. It is given back by a plain
/// store, where a lock that can sleep needs an exchange to see whether it has to wake somebody.
pub(super) type SlotLock<T> = spin::mutex::SpinMutex<T, spin::relax::Yield>;
pub(super) type SlotLockGuard<'a, T> = spin::mutex::SpinMutexGuard<'a, T, spin::relax::Yield>;

/// Locks. Nothing that runs under these locks leaves what they guard half done when it panics.
#[inline]
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
