//! How many connections of a partition are in use: one word, which its own callers alone touch.
//!
//! A *unit* is the right to one connection. Whoever waits in the line has its unit already; who can't have one is *parked*
//! outside of the line, where it blocks nobody. While somebody is parked the word looks full, so that newcomers can't pass.

use super::sync::{AtomicU64, Ordering};

/// Somebody is parked: take nothing, and hand over what you give.
const PARKED: u64 = 1;
const ONE: u64 = 2;

/// The units of a partition.
#[derive(Debug)]
pub(crate) struct Units {
    limit: u64,
    /// Units in use, above the `PARKED` bit.
    word: AtomicU64,
}

impl Units {
    pub(crate) fn new(limit: Option<u32>) -> Self {
        Self {
            limit: limit.map_or(u64::MAX / ONE, u64::from),
            word: AtomicU64::new(0),
        }
    }

    /// Takes a unit, unless all are in use or somebody is parked.
    pub(crate) fn take(&self) -> bool {
        self.update(|seen| (seen & PARKED == 0 && seen / ONE < self.limit).then_some(seen + ONE))
    }

    /// Gives a unit back; `false` when somebody is parked, and the unit is still the giver's to hand over.
    pub(crate) fn give(&self) -> bool {
        self.update(|seen| (seen & PARKED == 0).then(|| seen - ONE))
    }

    /// Takes a unit if there is one, whoever is parked; else says that somebody is. Only under the pool's lock.
    pub(crate) fn take_or_park(&self) -> bool {
        let mut took = false;
        self.update(|seen| {
            took = seen & PARKED == 0 && seen / ONE < self.limit;
            Some(if took { seen + ONE } else { seen | PARKED })
        });
        took
    }

    /// Gives a unit back that nobody parked can use. Only under the pool's lock.
    pub(crate) fn give_to_nobody(&self) {
        self.word.fetch_sub(ONE, Ordering::AcqRel);
    }

    /// Nobody is parked any more. Only under the pool's lock.
    pub(crate) fn unpark(&self) {
        self.word.fetch_and(!PARKED, Ordering::AcqRel);
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    pub(crate) fn in_use(&self) -> u64 {
        self.word.load(Ordering::Acquire) / ONE
    }

    pub(crate) fn is_parked(&self) -> bool {
        self.word.load(Ordering::Acquire) & PARKED != 0
    }

    fn update(&self, mut next: impl FnMut(u64) -> Option<u64>) -> bool {
        self.word
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, &mut next)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_limit_are_in_use() {
        let units = Units::new(Some(2));
        assert_eq!(
            [units.take(), units.take(), units.take()],
            [true, true, false]
        );
        assert!(units.give());
        assert!(units.take());
        assert_eq!(units.in_use(), 2);
    }

    #[test]
    fn while_somebody_is_parked_newcomers_can_not_pass() {
        let units = Units::new(Some(1));
        assert!(units.take_or_park());
        assert!(!units.take_or_park());
        assert!(!units.give(), "it has to be handed over");
        assert!(!units.take());
        units.give_to_nobody();
        assert!(!units.take());
        units.unpark();
        assert!(units.take());
    }

    #[test]
    fn without_a_limit_units_are_only_counted() {
        let units = Units::new(None);
        assert!((0..100).all(|_| units.take()));
        assert_eq!(units.in_use(), 100);
    }
}
