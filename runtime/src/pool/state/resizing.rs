//! How many connections there may be, and which of them are too many.
#![deny(clippy::disallowed_methods)]

use super::{SlotId, State, Steps};
use crate::clock::Time;
use crate::pool::idle::IdleSet;
use crate::pool::refusal::CloseReason;
use crate::pool::tally::Place;

impl State {
    /// How many connections are in use, told now and then: an elastic pool follows.
    pub(crate) fn sample(&mut self, now: Time, idle: &dyn IdleSet, steps: &mut Steps) {
        self.rooms.sweep();
        let in_use = self.in_use(idle);
        // A limit of one's own is no reason for a greater pool.
        let waiting = self.line.len_in_line();
        let Some(elastic) = &mut self.settings.elastic else {
            return;
        };
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        if let Some(resize) = elastic.sample(now, count(in_use), count(waiting)) {
            tracing::debug!(from = resize.from, to = resize.to, reason = ?resize.reason, "the pool changes its size");
        }
        while self.tally.staying() > self.limit()
            && let Some(slot) = self.take_idle(idle)
        {
            self.retire(slot, CloseReason::Surplus, steps);
        }
        self.settle(now, idle, steps);
    }

    /// Whether an idle connection may be closed for having idled: never below the minimum.
    pub(crate) fn has_surplus(&self) -> bool {
        self.tally.staying() > self.settings.min
    }

    /// How many connections there may be now.
    pub(super) fn limit(&self) -> usize {
        let elastic = self.settings.elastic.as_ref();
        elastic.map_or(self.settings.max, |elastic| elastic.limit() as usize)
    }

    fn in_use(&self, idle: &dyn IdleSet) -> usize {
        self.tally.count(Place::Open).saturating_sub(idle.count())
    }

    fn take_idle(&self, idle: &dyn IdleSet) -> Option<SlotId> {
        // From the top: low slots are the busy ones.
        (0..self.settings.max)
            .rev()
            .find(|slot| idle.take_exactly(*slot))
    }
}
