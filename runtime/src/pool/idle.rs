//! Which connections are idle: the one part of a pool that a checkout and a clean return touch without a lock.
//!
//! A word holds a bit for each of up to 63 slots, and a thread starts at a word of its own, so that threads meet on one
//! word only when connections are scarce. The top bit of every word, `WAIT`, says that somebody waits: then nobody takes
//! and whoever gives goes to the lock and serves the line.
//!
//! `WAIT` is in the very word that it is about, so the argument is about one word at a time, and a lost wake-up would need
//! a word that has both an idle bit and no `WAIT` while somebody waits: [`IdleSet::raise`] sets `WAIT` only by an exchange
//! that saw the word without idle bits, and whoever gives afterwards sees it.
//!
//! A connection may be *kept* for the caller that used it last. Kept ones have words of their own, which everybody else
//! looks at last.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize as PlainUsize, Ordering as PlainOrdering};

use crossbeam_utils::CachePadded;

use super::state::SlotId;
use super::sync::{AtomicU64, Ordering};

/// Somebody waits: take nothing, and serve the line with what you give.
const WAIT: u64 = 1 << 63;
const SLOTS_PER_WORD: usize = 63;

/// Which slots hold an idle connection.
#[derive(Debug)]
pub(crate) struct IdleSet {
    /// The shared words, then as many for kept connections, if any are kept.
    words: Box<[CachePadded<AtomicU64>]>,
    /// How many shared words there are, as a power of two: a division would cost more than the exchange on the word.
    shared_bits: u32,
}

/// What came of giving a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    /// It is idle, or somebody has it already.
    Done,
    /// Somebody waits, and the connection is still the giver's.
    Wanted,
}

/// Among which connections one is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shelf {
    Shared,
    /// Left to whoever used it last, as long as others find another one.
    Kept,
}

impl IdleSet {
    /// Room for `slots`; with as many words as threads are expected to meet here.
    pub(crate) fn new(slots: usize, threads: usize, keeps: bool) -> Self {
        let least = slots.div_ceil(SLOTS_PER_WORD).max(1);
        let shared = threads.clamp(least, slots.max(least)).next_power_of_two();
        let words = if keeps { shared * 2 } else { shared };
        Self {
            words: (0..words)
                .map(|_| CachePadded::new(AtomicU64::new(0)))
                .collect(),
            shared_bits: shared.trailing_zeros(),
        }
    }

    /// Takes an idle connection; `None` when there is none, or when others wait for one.
    pub(crate) fn take(&self) -> Option<SlotId> {
        let home = thread_number();
        let shared = self.shared();
        for shelf in (0..self.words.len()).step_by(shared) {
            for step in 0..shared {
                let index = shelf + ((home + step) & (shared - 1));
                let word = &self.words[index];
                let mut seen = word.load(Ordering::Acquire);
                while seen != 0 {
                    if seen & WAIT != 0 {
                        return None;
                    }
                    let bit = seen & seen.wrapping_neg();
                    match word.compare_exchange_weak(
                        seen,
                        seen & !bit,
                        Ordering::Acquire,
                        Ordering::Acquire,
                    ) {
                        Ok(_) => return Some(self.slot(index, bit)),
                        Err(now) => seen = now,
                    }
                }
            }
        }
        None
    }

    /// Takes this one, if it is idle and nobody waits.
    pub(crate) fn take_exactly(&self, slot: SlotId) -> bool {
        let (index, bit) = self.place(slot);
        [Some(index), self.kept(index)]
            .into_iter()
            .flatten()
            .any(|index| {
                let word = &self.words[index];
                let mut seen = word.load(Ordering::Acquire);
                while seen & bit != 0 && seen & WAIT == 0 {
                    match word.compare_exchange_weak(
                        seen,
                        seen & !bit,
                        Ordering::Acquire,
                        Ordering::Acquire,
                    ) {
                        Ok(_) => return true,
                        Err(now) => seen = now,
                    }
                }
                false
            })
    }

    /// Puts a connection among the idle ones, unless somebody waits.
    pub(crate) fn give(&self, slot: SlotId, shelf: Shelf) -> Given {
        let (index, bit) = self.place(slot);
        let index = match shelf {
            Shelf::Shared => index,
            Shelf::Kept => self.kept(index).unwrap_or(index),
        };
        let word = &self.words[index];
        // It is seldom lowered in this very moment, and then the lock tells.
        if word.load(Ordering::Relaxed) & WAIT != 0 {
            return Given::Wanted;
        }
        if word.fetch_or(bit, Ordering::AcqRel) & WAIT == 0 {
            return Given::Done;
        }
        // Take it back. If it is gone, whoever holds the lock found it and serves the line with it.
        if word.fetch_and(!bit, Ordering::AcqRel) & bit == 0 {
            Given::Done
        } else {
            Given::Wanted
        }
    }

    /// Says in every word that somebody waits, or returns an idle connection that it came across. Only under the pool's lock.
    pub(crate) fn raise(&self) -> Option<SlotId> {
        for (index, word) in self.words.iter().enumerate() {
            let mut seen = word.load(Ordering::Acquire);
            while seen != WAIT {
                let idle = seen & !WAIT;
                let bit = idle & idle.wrapping_neg();
                let next = if idle == 0 { WAIT } else { seen & !bit };
                match word.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) if idle != 0 => return Some(self.slot(index, bit)),
                    Ok(_) => break,
                    Err(now) => seen = now,
                }
            }
        }
        None
    }

    /// Takes back what [`IdleSet::raise`] said. Only under the pool's lock, when nobody waits any more.
    pub(crate) fn lower(&self) {
        for word in &self.words {
            if word.load(Ordering::Relaxed) & WAIT != 0 {
                word.fetch_and(!WAIT, Ordering::AcqRel);
            }
        }
    }

    /// How many are idle.
    pub(crate) fn count(&self) -> usize {
        self.words
            .iter()
            .map(|word| (word.load(Ordering::Acquire) & !WAIT).count_ones() as usize)
            .sum()
    }

    /// Whether this one is idle.
    pub(crate) fn contains(&self, slot: SlotId) -> bool {
        let (index, bit) = self.place(slot);
        let is_in = |index: usize| self.words[index].load(Ordering::Acquire) & bit != 0;
        is_in(index) || self.kept(index).is_some_and(is_in)
    }

    /// Whether whoever gives is to serve the line. Under the pool's lock all words say the same.
    pub(crate) fn is_raised(&self) -> bool {
        let says_so = |word: &CachePadded<AtomicU64>| word.load(Ordering::Acquire) & WAIT != 0;
        let is_raised = self.words.iter().any(says_so);
        debug_assert_eq!(is_raised, self.words.iter().all(says_so), "{self:?}");
        is_raised
    }

    /// The shared word of a slot, and its bit there.
    fn place(&self, slot: SlotId) -> (usize, u64) {
        (slot & (self.shared() - 1), 1 << (slot >> self.shared_bits))
    }

    fn kept(&self, shared: usize) -> Option<usize> {
        (self.words.len() > self.shared()).then_some(shared + self.shared())
    }

    fn slot(&self, word: usize, bit: u64) -> SlotId {
        ((bit.trailing_zeros() as usize) << self.shared_bits) | (word & (self.shared() - 1))
    }

    fn shared(&self) -> usize {
        1 << self.shared_bits
    }
}

/// A small number of this thread, so that threads start at words of their own.
fn thread_number() -> usize {
    // Not a part of any model.
    static NEXT: PlainUsize = PlainUsize::new(0);
    thread_local! {
        static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
    }
    NUMBER.with(|number| {
        number.get().unwrap_or_else(|| {
            let new = NEXT.fetch_add(1, PlainOrdering::Relaxed);
            number.set(Some(new));
            new
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_has_one_place_and_comes_back_from_it() {
        for (slots, threads) in [(1, 1), (1, 8), (63, 1), (64, 1), (200, 4), (10, 16)] {
            let set = IdleSet::new(slots, threads, true);
            for slot in 0..slots {
                let (word, bit) = set.place(slot);
                assert_eq!(
                    set.slot(word, bit),
                    slot,
                    "{slots} slots, {threads} threads"
                );
                assert!(bit & WAIT == 0);
                for shelf in [Shelf::Shared, Shelf::Kept] {
                    assert_eq!(set.give(slot, shelf), Given::Done);
                    assert!(set.contains(slot));
                    assert_eq!(set.count(), 1);
                    assert_eq!(set.take(), Some(slot));
                    assert_eq!(set.count(), 0);
                }
            }
        }
    }

    #[test]
    fn the_lowest_of_a_word_goes_first_so_that_high_slots_grow_cold() {
        let set = IdleSet::new(3, 1, false);
        for slot in [2, 0, 1] {
            set.give(slot, Shelf::Shared);
        }
        assert_eq!(
            [set.take(), set.take(), set.take(), set.take()],
            [Some(0), Some(1), Some(2), None]
        );
    }

    #[test]
    fn a_kept_connection_is_what_others_take_last() {
        let set = IdleSet::new(2, 1, true);
        set.give(0, Shelf::Kept);
        set.give(1, Shelf::Shared);
        assert_eq!([set.take(), set.take()], [Some(1), Some(0)]);
        set.give(0, Shelf::Kept);
        assert!(set.take_exactly(0));
        assert!(!set.take_exactly(0));
    }

    #[test]
    fn while_somebody_waits_nobody_takes_and_a_giver_keeps_what_it_gives() {
        let set = IdleSet::new(4, 2, true);
        set.give(3, Shelf::Shared);
        assert_eq!(set.raise(), Some(3), "what is idle is found first");
        assert_eq!(set.raise(), None);
        assert!(set.is_raised());
        assert_eq!(set.give(3, Shelf::Shared), Given::Wanted);
        assert_eq!(set.give(2, Shelf::Kept), Given::Wanted);
        assert_eq!((set.take(), set.count()), (None, 0));
        set.lower();
        assert_eq!(set.give(3, Shelf::Shared), Given::Done);
        assert_eq!(set.take(), Some(3));
    }
}
