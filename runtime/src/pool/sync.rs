//! The primitives of the hand-over, in one place, so that a model checker can put its own there: see `tests/models`.

pub(super) use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
pub(super) use std::sync::{Mutex, MutexGuard};
