//! How far reads on a node see, at least: rises between views, so that a read needn't wait for the next one.
#![deny(clippy::disallowed_methods)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::driver::{GtidSet, Position};

/// How far reads on a node see, at least. Only rises.
///
/// A node that falls back, since it was made anew, gets a new one.
#[derive(Debug)]
pub(crate) struct Watermark {
    /// What moments are counted from.
    base: Instant,
    /// 0: none. No log has a record there.
    lsn: AtomicU64,
    gtids: RwLock<Option<GtidSet>>,
    /// Nanoseconds since the base, plus one; 0: not known.
    as_of: AtomicU64,
}

impl Watermark {
    pub(crate) fn new(base: Instant) -> Self {
        Self {
            base,
            lsn: AtomicU64::new(0),
            gtids: RwLock::default(),
            as_of: AtomicU64::new(0),
        }
    }

    /// Whether reads see everything up to `position`.
    pub(crate) fn reaches(&self, position: &Position) -> bool {
        match position {
            Position::Lsn(lsn) => self.lsn.load(Ordering::Acquire) >= *lsn,
            Position::Gtid(wanted) => self.gtids().as_ref().is_some_and(|own| own.reaches(wanted)),
        }
    }

    /// How far reads see; `None` before anybody said.
    pub(crate) fn get(&self) -> Option<Position> {
        match self.lsn.load(Ordering::Acquire) {
            0 => self.gtids().clone().map(Position::Gtid),
            lsn => Some(Position::Lsn(lsn)),
        }
    }

    /// Reads see everything up to `position`.
    pub(crate) fn raise(&self, position: &Position) {
        match position {
            Position::Lsn(lsn) => {
                self.lsn.fetch_max(*lsn, Ordering::AcqRel);
            }
            Position::Gtid(set) => {
                let mut own = self.gtids.write().unwrap_or_else(PoisonError::into_inner);
                *own = Some(match own.take() {
                    Some(own) => own.union(set),
                    None => set.clone(),
                });
            }
        }
    }

    /// The latest moment of which everything is seen that the primary had then; `None` where that isn't known.
    pub(crate) fn as_of(&self) -> Option<Instant> {
        let nanos = self.as_of.load(Ordering::Acquire).checked_sub(1)?;
        Some(self.base + Duration::from_nanos(nanos))
    }

    /// Reads see everything that the primary had at that moment.
    pub(crate) fn raise_as_of(&self, moment: Instant) {
        let since = moment.saturating_duration_since(self.base).as_nanos();
        let nanos = u64::try_from(since).unwrap_or(u64::MAX - 1);
        self.as_of.fetch_max(nanos + 1, Ordering::AcqRel);
    }

    fn gtids(&self) -> std::sync::RwLockReadGuard<'_, Option<GtidSet>> {
        self.gtids.read().unwrap_or_else(PoisonError::into_inner)
    }
}
