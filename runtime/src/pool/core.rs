//! The hand-over of connections: idle ones in front, and behind them one lock around everything that is decided.
//!
//! A connection has one owner at any moment: its slot, where it is idle, whoever holds the slot's number (a lease, a grant,
//! the keeper), or nobody, when the slot is vacant. So a slot's own lock is never held by two owners; it is contended only
//! by those who look for an idle one, who say that somebody waits, or who gather statistics.

use std::sync::Arc;
// Not a part of any model.
use std::sync::atomic::{AtomicUsize as PlainUsize, Ordering as PlainOrdering};
use std::task::Waker;

use crossbeam_utils::CachePadded;

use super::desk::Verdict;
use super::idle::{Given, IdleSet, Shelf};
use super::partition::{Affinity, Partition, Seat};
use super::refusal::Refusal;
use super::slots::{SlotGuard, Slots};
use super::state::{SlotId, State, Step, Steps};
use super::sync::{Mutex, MutexGuard, lock};
use super::waiter::{Ask, Wait};
use crate::clock::Time;

/// The hand-over of connections, each with its slot's contents `S`.
#[derive(Debug)]
pub(super) struct Core<S> {
    slots: Slots<S>,
    /// Away from what a checkout reads.
    locked: CachePadded<Locked>,
}

#[derive(Debug)]
struct Locked {
    /// Open connections and callers who wait, as of the last decision. Beside the lock, since whoever writes it holds that.
    crowd: PlainUsize,
    /// Guards everything that is decided, and who is to be woken.
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: State,
    /// When somebody will look at the time for the state; later than ever when nobody will.
    armed: Option<Time>,
}

/// What others have to do: open and close connections.
pub(super) type Chores = Vec<Step>;

/// How many threads are expected to meet here, and whether connections are kept for their last users.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) threads: usize,
    pub(super) keeps: bool,
}

impl<S> Core<S> {
    pub(super) fn new(state: State, slots: impl IntoIterator<Item = S>, layout: Layout) -> Self {
        Self {
            slots: Slots::new(slots, layout.threads, layout.keeps),
            locked: CachePadded::new(Locked {
                crowd: PlainUsize::new(0),
                inner: Mutex::new(Inner { state, armed: None }),
            }),
        }
    }

    /// What belongs to a slot.
    pub(super) fn slot(&self, slot: SlotId) -> SlotGuard<'_, S> {
        self.slots.slot(slot)
    }

    /// All slots, one locked at a time.
    pub(super) fn slots(&self) -> impl Iterator<Item = SlotGuard<'_, S>> {
        self.slots.iter()
    }

    pub(super) fn idle(&self) -> &dyn IdleSet {
        &self.slots
    }

    /// Takes an idle connection, with a unit of each of the caller's partitions. Touches no lock but its slot's, which stays
    /// locked.
    ///
    /// When there is none, `Err` says of how many partitions, from the first, the caller has a unit now.
    #[inline(always)]
    pub(super) fn take(&self, seat: Option<&Seat>) -> Result<SlotGuard<'_, S>, usize> {
        // Returned where it is found: moved on by combinators, each move waits for the writes before it.
        match seat {
            Some(seat) => self.take_for(seat),
            None => match self.slots.take() {
                Some(taken) => Ok(taken),
                None => Err(0),
            },
        }
    }

    #[inline(never)]
    fn take_for(&self, seat: &Seat) -> Result<SlotGuard<'_, S>, usize> {
        for (index, partition) in seat.partitions.iter().enumerate() {
            if !partition.units.take() {
                return Err(index);
            }
        }
        if seat.affinity != Affinity::None
            && let Some(last) = seat.last_slot()
            && let Some(taken) = self.slots.take_slot(last)
        {
            return Ok(taken);
        }
        match self.slots.take() {
            Some(taken) => Ok(taken),
            None => Err(seat.partitions.len()),
        }
    }

    /// Gives a clean connection back, whose slot is filled. When somebody waits for it, it is the caller's to hand over:
    /// see [`State::returned`].
    #[inline]
    pub(super) fn give(&self, slot: SlotGuard<'_, S>, shelf: Shelf) -> Given {
        self.slots.give_slot(slot, shelf)
    }

    /// Gives units back. Touches no lock unless somebody is parked.
    pub(super) fn give_units(
        &self,
        now: impl Fn() -> Time,
        partitions: &[Arc<Partition>],
        chores: &mut Chores,
    ) {
        for partition in partitions {
            if !partition.units.give() {
                let now = now();
                self.decide(chores, |state, idle, steps| {
                    state.unit_returned(now, partition.id, idle, steps);
                });
            }
        }
    }

    /// Stands in the line; see [`Wait::poll`] for how the wait goes.
    pub(super) fn ask(&self, now: Time, ask: Ask, chores: &mut Chores) -> Result<Wait, Refusal> {
        let desk = ask.desk.clone();
        let ticket = self.decide(chores, |state, idle, steps| {
            state.ask(now, ask, idle, steps)
        })?;
        Ok(Wait::new(ticket, desk))
    }

    /// Gives up a place in the line, or what was granted there meanwhile: that is returned.
    pub(super) fn leave(&self, now: Time, wait: &Wait, chores: &mut Chores) -> Option<SlotId> {
        self.decide(chores, |state, idle, steps| match wait.desk.take() {
            Some(Verdict::Granted { slot, .. }) => Some(slot),
            Some(Verdict::Refused(_)) => None,
            None => {
                state.leave(now, wait.ticket, idle, steps);
                None
            }
        })
    }

    /// Has something decided under the lock. Wakes whom that concerns; the other steps become chores.
    #[inline]
    pub(super) fn decide<T>(
        &self,
        chores: &mut Chores,
        with: impl FnOnce(&mut State, &dyn IdleSet, &mut Steps) -> T,
    ) -> T {
        let mut steps = Steps::new();
        let mut inner = self.lock();
        let answer = with(&mut inner.state, &self.slots, &mut steps);
        let woken = inner.conclude(steps, &self.locked.crowd, chores);
        drop(inner);
        woken.wake();
        answer
    }

    /// When to look at the time next; whoever asks will.
    pub(super) fn arm(&self) -> Option<Time> {
        let mut inner = self.lock();
        inner.armed = inner.state.alarm();
        inner.armed
    }

    /// Looks at what has been decided.
    pub(super) fn look<T>(&self, with: impl FnOnce(&State, &dyn IdleSet) -> T) -> T {
        with(&self.lock().state, &self.slots)
    }

    /// About how many callers have a connection or wait for one. Touches no lock.
    pub(super) fn in_use(&self) -> usize {
        let crowd = self.locked.crowd.load(PlainOrdering::Relaxed);
        crowd.saturating_sub(self.slots.count())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.locked.inner)
    }
}

impl Inner {
    /// Lays down what has been decided, and passes on what others have to do.
    fn conclude(&mut self, steps: Steps, crowd: &PlainUsize, chores: &mut Chores) -> Woken {
        crowd.store(self.state.crowd(), PlainOrdering::Relaxed);
        let mut woken = Woken::default();
        for step in steps {
            match step {
                Step::End { desk, verdict } => {
                    if let Some(waker) = desk.lay(verdict) {
                        woken.add(waker);
                    }
                }
                chore => chores.push(chore),
            }
        }
        if let Some(alarm) = self.state.alarm()
            && self.armed.is_none_or(|armed| alarm < armed)
        {
            self.armed = Some(alarm);
            chores.push(Step::Arm);
        }
        woken
    }
}

/// Who is to be woken when the lock is released. Hardly ever more than one, and that one without an allocation.
#[derive(Default)]
#[must_use = "somebody waits to be woken"]
struct Woken {
    last: Option<Waker>,
    others: Vec<Waker>,
}

impl Woken {
    fn add(&mut self, waker: Waker) {
        if let Some(before) = self.last.replace(waker) {
            self.others.push(before);
        }
    }

    fn wake(self) {
        for waker in self.others {
            waker.wake();
        }
        if let Some(waker) = self.last {
            waker.wake();
        }
    }
}
