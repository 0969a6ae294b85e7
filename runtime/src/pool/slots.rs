//! The slots of a pool, and which of them hold an idle connection: the one part of a pool that a checkout and a clean return
//! touch. They lock the slot and nothing else.
//!
//! How a slot *stands* is a byte: out, idle, or wanted. It is written under the slot's lock alone, but for the end of `WANTED`,
//! which is written under the pool's. So read under the slot's lock it is the truth, except that `WANTED` may be over: whoever
//! still sees it asks at the pool's lock. Read without any lock it is a hint: where to look for an idle connection. Whoever
//! takes one locks the slot that the hint names and looks again; whoever gives one locks it anyway, to put the connection
//! there.
//!
//! `WANTED` says that somebody waits: then nobody takes, and whoever gives goes to the pool's lock and serves the line. It
//! is in the very byte that it is about, so the argument is about one slot at a time. A lost wake-up would need a slot that
//! is idle and not `WANTED` while somebody waits: [`IdleSet::raise`] says so under the lock of a slot that it finds not idle,
//! and whoever gives afterwards sees it there.
//!
//! The bytes of up to [`SLOTS_PER_LANE`] slots are in one *lane*, a line of memory. A thread starts at a lane of its own, so
//! that threads meet in one only when connections are scarce.
//!
//! A connection may be *kept* for the caller that used it last. Everybody else looks at those last.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
// Not a part of any model.
use std::sync::atomic::{AtomicUsize as PlainUsize, Ordering as PlainOrdering};

use crossbeam_utils::CachePadded;

use super::idle::{Given, IdleSet, Shelf};
use super::state::SlotId;
use super::sync::{AtomicU8, Ordering, SLOTS_PER_LANE, SlotLock, SlotLockGuard};

/// There is no connection, or somebody has it.
const OUT: u8 = 0;
const IDLE: u8 = 1;
/// Idle, and kept for the caller that used it last.
const KEPT: u8 = 2;
/// As `OUT`, and somebody waits: take nothing, and serve the line with what you give.
const WANTED: u8 = 3;

/// The slots of a pool, each with its contents `S`.
#[derive(Debug)]
pub(crate) struct Slots<S> {
    lanes: Box<[CachePadded<[AtomicU8; SLOTS_PER_LANE]>]>,
    /// How many lanes there are, as a power of two: a division would cost more than the lock of a slot.
    lane_bits: u32,
    /// Guards how its slot stands, too, but for the end of `WANTED`.
    contents: Box<[CachePadded<SlotLock<S>>]>,
    keeps: bool,
    /// How many slots, from the first, are `WANTED`. Only touched under the pool's lock, and away from what a checkout reads.
    wanted: CachePadded<PlainUsize>,
}

/// A slot, locked.
pub(crate) struct SlotGuard<'a, S> {
    /// Nothing is awaited with it.
    _stays_on_its_thread: PhantomData<std::sync::MutexGuard<'a, ()>>,
    id: SlotId,
    stands: &'a AtomicU8,
    contents: SlotLockGuard<'a, S>,
}

impl<'a, S> SlotGuard<'a, S> {
    #[inline]
    fn new(id: SlotId, stands: &'a AtomicU8, contents: SlotLockGuard<'a, S>) -> Self {
        Self {
            _stays_on_its_thread: PhantomData,
            id,
            stands,
            contents,
        }
    }

    pub(crate) fn id(&self) -> SlotId {
        self.id
    }

    fn stands(&self) -> u8 {
        self.stands.load(Ordering::Relaxed)
    }

    fn stand(&self, how: u8) {
        self.stands.store(how, Ordering::Relaxed);
    }

    /// Takes the connection, if it is idle.
    fn take(&self) -> bool {
        let is_idle = matches!(self.stands(), IDLE | KEPT);
        if is_idle {
            self.stand(OUT);
        }
        is_idle
    }
}

impl<S> Deref for SlotGuard<'_, S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.contents
    }
}

impl<S> DerefMut for SlotGuard<'_, S> {
    fn deref_mut(&mut self) -> &mut S {
        &mut self.contents
    }
}

impl<S> Slots<S> {
    /// As many slots as contents; with as many lanes as threads are expected to meet here.
    pub(crate) fn new(contents: impl IntoIterator<Item = S>, threads: usize, keeps: bool) -> Self {
        let contents: Box<[_]> = contents
            .into_iter()
            .map(|contents| CachePadded::new(SlotLock::new(contents)))
            .collect();
        let slots = contents.len();
        let least = slots.div_ceil(SLOTS_PER_LANE).max(1);
        let lanes = threads.clamp(least, slots.max(least)).next_power_of_two();
        let lane = || CachePadded::new(std::array::from_fn(|_| AtomicU8::new(OUT)));
        Self {
            lanes: (0..lanes).map(|_| lane()).collect(),
            lane_bits: lanes.trailing_zeros(),
            contents,
            keeps,
            wanted: CachePadded::new(PlainUsize::new(0)),
        }
    }

    /// Locks a slot, whoever has its connection.
    #[inline]
    pub(crate) fn slot(&self, slot: SlotId) -> SlotGuard<'_, S> {
        self.guard(slot, self.contents[slot].lock())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = SlotGuard<'_, S>> {
        (0..self.contents.len()).map(|slot| self.slot(slot))
    }

    /// Takes an idle connection; `None` when there is none, or when others wait for one.
    ///
    /// A slot that somebody has locked is passed by, and waited for when there is no other.
    // Always: a guard that comes back through memory is waited for.
    #[inline(always)]
    pub(crate) fn take(&self) -> Option<SlotGuard<'_, S>> {
        let home = thread_number() & (self.lanes.len() - 1);
        // Mostly the one that this thread gave back last; there is no more to it then.
        let stands = &self.lanes[home][0];
        if stands.load(Ordering::Relaxed) == IDLE
            && let Some(contents) = self.contents[home].try_lock()
        {
            let guard = SlotGuard::new(home, stands, contents);
            if guard.take() {
                return Some(guard);
            }
        }
        self.search(home)
    }

    /// Takes an idle connection from any lane, this thread's first.
    #[inline(never)]
    fn search(&self, home: usize) -> Option<SlotGuard<'_, S>> {
        let lanes = self.lanes.len();
        let shelves: &[u8] = if self.keeps { &[IDLE, KEPT] } else { &[IDLE] };
        let mut was_passed_by = false;
        for how in shelves {
            for step in 0..lanes {
                // Not by `step_by`, which divides.
                let mut slot = (home + step) & (lanes - 1);
                while slot < self.contents.len() {
                    let seen = self.stands(slot).load(Ordering::Relaxed);
                    if seen == WANTED {
                        return None;
                    }
                    if seen == *how {
                        match self.contents[slot].try_lock() {
                            Some(contents) => {
                                let guard = self.guard(slot, contents);
                                if guard.take() {
                                    return Some(guard);
                                }
                            }
                            None => was_passed_by = true,
                        }
                    }
                    slot += lanes;
                }
            }
        }
        was_passed_by.then(|| self.take_in_turn()).flatten()
    }

    /// Takes an idle connection, and waits for the locks of all that look idle.
    #[cold]
    fn take_in_turn(&self) -> Option<SlotGuard<'_, S>> {
        (0..self.contents.len())
            .filter(|slot| self.contains(*slot))
            .map(|slot| self.slot(slot))
            .find(SlotGuard::take)
    }

    /// Takes this one, if it looks idle and nobody has it locked.
    pub(crate) fn take_slot(&self, slot: SlotId) -> Option<SlotGuard<'_, S>> {
        if !self.contains(slot) {
            return None;
        }
        let guard = self.guard(slot, self.contents[slot].try_lock()?);
        guard.take().then_some(guard)
    }

    /// Puts a connection among the idle ones, unless somebody waits.
    #[inline]
    pub(crate) fn give_slot(&self, slot: SlotGuard<'_, S>, shelf: Shelf) -> Given {
        if slot.stands() == WANTED {
            return Given::Wanted;
        }
        slot.stand(match shelf {
            Shelf::Kept if self.keeps => KEPT,
            Shelf::Kept | Shelf::Shared => IDLE,
        });
        Given::Done
    }

    #[inline]
    fn guard<'a>(&'a self, id: SlotId, contents: SlotLockGuard<'a, S>) -> SlotGuard<'a, S> {
        SlotGuard::new(id, self.stands(id), contents)
    }

    /// Where it is written how a slot stands.
    #[inline]
    fn stands(&self, slot: SlotId) -> &AtomicU8 {
        &self.lanes[slot & (self.lanes.len() - 1)][slot >> self.lane_bits]
    }
}

impl<S> IdleSet for Slots<S> {
    fn take_exactly(&self, slot: SlotId) -> bool {
        self.slot(slot).take()
    }

    fn give(&self, slot: SlotId, shelf: Shelf) -> Given {
        self.give_slot(self.slot(slot), shelf)
    }

    fn raise(&self) -> Option<SlotId> {
        // Nothing becomes idle in a slot that is wanted.
        for slot in self.wanted.load(PlainOrdering::Relaxed)..self.contents.len() {
            let guard = self.slot(slot);
            if guard.take() {
                return Some(slot);
            }
            guard.stand(WANTED);
            self.wanted.store(slot + 1, PlainOrdering::Relaxed);
        }
        None
    }

    fn lower(&self) {
        // Nobody else writes where it says `WANTED`, so there is nothing to lock. Whoever still sees it asks the pool.
        for slot in 0..self.wanted.load(PlainOrdering::Relaxed) {
            self.stands(slot).store(OUT, Ordering::Relaxed);
        }
        self.wanted.store(0, PlainOrdering::Relaxed);
    }

    fn count(&self) -> usize {
        (0..self.contents.len())
            .filter(|slot| self.contains(*slot))
            .count()
    }

    fn contains(&self, slot: SlotId) -> bool {
        matches!(self.stands(slot).load(Ordering::Relaxed), IDLE | KEPT)
    }

    fn is_raised(&self) -> bool {
        let wanted = self.wanted.load(PlainOrdering::Relaxed);
        debug_assert!(wanted == 0 || wanted == self.contents.len(), "{wanted}");
        wanted > 0
    }
}

/// A small number of this thread, so that threads start at lanes of their own.
#[inline]
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

    fn slots(count: usize, threads: usize, keeps: bool) -> Slots<()> {
        Slots::new(vec![(); count], threads, keeps)
    }

    fn take(slots: &Slots<()>) -> Option<SlotId> {
        slots.take().map(|taken| taken.id())
    }

    #[test]
    fn what_is_given_is_found_wherever_it_is() {
        for (count, threads) in [(1, 1), (1, 8), (64, 1), (65, 1), (200, 4), (10, 16)] {
            let slots = slots(count, threads, true);
            for slot in 0..count {
                for shelf in [Shelf::Shared, Shelf::Kept] {
                    assert_eq!(slots.give(slot, shelf), Given::Done);
                    assert!(slots.contains(slot));
                    assert_eq!(slots.count(), 1);
                    assert_eq!(take(&slots), Some(slot), "{count}, {threads} threads");
                    assert_eq!(slots.count(), 0);
                }
            }
        }
    }

    #[test]
    fn the_lowest_of_a_lane_goes_first_so_that_high_slots_grow_cold() {
        let slots = slots(3, 1, false);
        for slot in [2, 0, 1] {
            slots.give(slot, Shelf::Shared);
        }
        let taken = [(); 4].map(|()| take(&slots));
        assert_eq!(taken, [Some(0), Some(1), Some(2), None]);
    }

    #[test]
    fn a_kept_connection_is_what_others_take_last() {
        let slots = slots(2, 1, true);
        slots.give(0, Shelf::Kept);
        slots.give(1, Shelf::Shared);
        assert_eq!([take(&slots), take(&slots)], [Some(1), Some(0)]);
        slots.give(0, Shelf::Kept);
        assert!(slots.take_slot(0).is_some());
        assert!(slots.take_slot(0).is_none());
    }

    #[test]
    fn a_slot_that_somebody_looks_at_is_passed_by() {
        let slots = slots(2, 1, false);
        slots.give(0, Shelf::Shared);
        slots.give(1, Shelf::Shared);
        let look = slots.slot(0);
        assert_eq!(take(&slots), Some(1));
        drop(look);
        assert_eq!(take(&slots), Some(0));
    }

    #[test]
    fn while_somebody_waits_nobody_takes_and_a_giver_keeps_what_it_gives() {
        let slots = slots(4, 2, true);
        slots.give(3, Shelf::Shared);
        assert_eq!(slots.raise(), Some(3), "what is idle is found first");
        assert_eq!(slots.raise(), None);
        assert!(slots.is_raised());
        assert_eq!(slots.give(3, Shelf::Shared), Given::Wanted);
        assert_eq!(slots.give(2, Shelf::Kept), Given::Wanted);
        assert!(!slots.take_exactly(3));
        assert_eq!((take(&slots), slots.count()), (None, 0));
        slots.lower();
        assert_eq!(slots.give(3, Shelf::Shared), Given::Done);
        assert_eq!(take(&slots), Some(3));
    }
}
