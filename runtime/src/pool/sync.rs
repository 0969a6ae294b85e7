//! The primitives of the hand-over, in one place, so that a model checker can put its own there: see `tests/models`.

pub(super) use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
pub(super) use std::sync::{Mutex, MutexGuard};
use std::sync::{PoisonError, TryLockError};

/// Of how many slots it stands in one line of memory how they stand.
pub(super) const SLOTS_PER_LANE: usize = 64;

/// The lock of a slot. Whoever finds it taken spins, and lets other threads run meanwhile: it is held for a few
/// instructions (for some hundreds by who gathers statistics), and hardly ever wanted by two. It is given back by a plain
/// store, where a lock that can sleep needs an exchange to see whether it has to wake somebody.
pub(super) type SlotLock<T> = spin::mutex::SpinMutex<T, spin::relax::Yield>;
pub(super) type SlotLockGuard<'a, T> = spin::mutex::SpinMutexGuard<'a, T, spin::relax::Yield>;

/// How often a lock that is taken is looked at again before the thread sleeps. What is done under the pool's locks takes
/// less time than falling asleep, and one sleeper makes everybody after it sleep too.
const LOOKS: u32 = 100;

/// Locks. Nothing that runs under these locks leaves what they guard half done when it panics.
#[inline]
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    try_lock(mutex).unwrap_or_else(|| wait_for(mutex))
}

#[cold]
fn wait_for<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    for _ in 0..LOOKS {
        std::hint::spin_loop();
        if let Some(guard) = try_lock(mutex) {
            return guard;
        }
    }
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Locks, unless it is locked.
#[inline]
pub(super) fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}
