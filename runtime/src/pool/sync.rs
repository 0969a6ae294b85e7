//! The primitives of the hand-over, in one place, so that a model checker can put its own there: see `tests/models`.

pub(super) use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
pub(super) use std::sync::{Mutex, MutexGuard};
use std::sync::{PoisonError, TryLockError};

/// How often a lock that is taken is looked at again before the thread sleeps. What is done under the pool's locks takes
/// less time than falling asleep, and one sleeper makes everybody after it sleep too.
const LOOKS: u32 = 100;

/// Locks. Nothing that runs under these locks leaves what they guard half done when it panics.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    for _ in 0..LOOKS {
        match mutex.try_lock() {
            Ok(guard) => return guard,
            Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => std::hint::spin_loop(),
        }
    }
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
