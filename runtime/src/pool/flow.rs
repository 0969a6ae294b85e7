//! The parties in the line, and which places in virtual time the waiters of each have.
//!
//! The places are given out in the order of arrival, one each. Whoever leaves without a connection leaves a gap that nobody
//! was served for. Gaps are closed, or a flow most of whose waiters time out would stand ever further behind itself while
//! others pass, and in the end be served nothing. Pure.
#![deny(clippy::disallowed_methods)]

use std::collections::HashMap;

use slab::Slab;

use super::queue::Queue;
use super::waiter::Index;

/// Whoever shares this number is one party in the line; 0 is everybody who has no session.
pub(crate) type FlowId = u64;

/// How many move at most for each gap that is closed: so a departure costs little, however many wait.
const MEMBERS_PER_GAP: usize = 16;
/// How many flows may be remembered, whoever waits.
const FLOWS_KEPT: usize = 64;

/// A place in virtual time, and of which flow it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) flow: Index,
    pub(super) at: u64,
}

/// All parties in the line.
#[derive(Debug, Default)]
pub(super) struct Flows {
    flows: Slab<Flow>,
    by_id: HashMap<FlowId, usize>,
    /// Whose turn to come it was last: mostly everybody's who has no session, or that of one who floods the line.
    last: Option<(FlowId, usize)>,
    /// Where gaps may have to be closed; may name flows that are gone.
    left: Vec<Index>,
    /// Above how many flows those that are past are forgotten.
    to_sweep: usize,
}

impl Flows {
    /// Somebody of this flow comes, at a virtual time, and gets a place.
    pub(super) fn enter(&mut self, id: FlowId, time: u64, waiter: Index) -> Place {
        let flow = self.find(id);
        let at = self.flows[flow].enter(time, waiter);
        // Four billion of them don't fit into memory.
        let flow = flow as Index;
        Place { flow, at }
    }

    fn find(&mut self, id: FlowId) -> usize {
        if let Some((last, flow)) = self.last
            && last == id
        {
            return flow;
        }
        let flows = &mut self.flows;
        let entry = self.by_id.entry(id);
        let flow = *entry.or_insert_with(|| flows.insert(Flow::default()));
        self.last = Some((id, flow));
        flow
    }

    /// Whoever had this place got a connection.
    pub(super) fn serve(&mut self, place: Place) {
        self.flows[place.flow as usize].members.remove(place.at);
    }

    /// Whoever had this place got none.
    pub(super) fn leave(&mut self, place: Place) {
        self.flows[place.flow as usize].leave(place.at);
        self.left.push(place.flow);
    }

    /// Whether somebody left since gaps were closed last.
    pub(super) fn may_have_gaps(&self) -> bool {
        !self.left.is_empty()
    }

    /// Where many of a flow left, those behind them move up. Says where each of them is now.
    ///
    /// `came_at` says the virtual time at which a waiter came: no gap brings it further forward.
    pub(super) fn close_gaps(&mut self, came_at: impl Fn(Index) -> u64) -> Vec<(Index, Place)> {
        let mut moved = Vec::new();
        for flow in self.left.drain(..) {
            if let Some(left) = self.flows.get_mut(flow as usize) {
                let places = left.close_gaps(&came_at).into_iter();
                moved.extend(places.map(|(waiter, at)| (waiter, Place { flow, at })));
            }
        }
        moved
    }

    /// Whether more flows are remembered than were left by the last [`forget_past`](Self::forget_past), by half.
    pub(super) fn are_many(&self) -> bool {
        self.flows.len() > self.to_sweep.max(FLOWS_KEPT)
    }

    /// Forgets the flows that make no difference at a virtual time.
    pub(super) fn forget_past(&mut self, time: u64) {
        self.last = None;
        let Self { flows, by_id, .. } = self;
        by_id.retain(|_, flow| {
            let is_past = flows[*flow].is_past(time);
            if is_past {
                flows.remove(*flow);
            }
            !is_past
        });
        self.to_sweep = 2 * self.flows.len();
    }

    /// Forgets everybody's debts. Nobody may be waiting.
    pub(super) fn forget_all(&mut self) {
        self.flows.clear();
        self.by_id.clear();
        self.last = None;
        self.left.clear();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.flows.len()
    }
}

/// One party in the line.
#[derive(Debug, Default)]
struct Flow {
    /// Who waits, by place.
    members: Queue<u64, Index>,
    /// The places that were left since gaps were closed last.
    gaps: Vec<u64>,
    /// The first place that was never given out.
    next: u64,
}

impl Flow {
    fn enter(&mut self, time: u64, waiter: Index) -> u64 {
        let place = time.max(self.next);
        self.members.insert(place, waiter);
        self.next = place + 1;
        place
    }

    fn leave(&mut self, place: u64) {
        if self.members.remove(place).is_some() {
            self.gaps.push(place);
        }
    }

    /// Whether a newcomer would be placed no differently if the flow were forgotten.
    fn is_past(&self, time: u64) -> bool {
        self.members.is_empty() && self.next <= time
    }

    /// Closes the gaps, if there is one for every [`MEMBERS_PER_GAP`]. Says where everybody is now.
    fn close_gaps(&mut self, came_at: impl Fn(Index) -> u64) -> Vec<(Index, u64)> {
        if self.gaps.len() * MEMBERS_PER_GAP <= self.members.len() {
            return Vec::new();
        }
        let mut gaps = std::mem::take(&mut self.gaps);
        gaps.sort_unstable();
        let mut free = 0;
        let mut moved = Vec::new();
        for (place, waiter) in std::mem::take(&mut self.members).to_sorted() {
            let gaps_before = gaps.partition_point(|gap| *gap < place) as u64;
            let place = (place - gaps_before).max(came_at(waiter)).max(free);
            free = place + 1;
            self.members.insert(place, waiter);
            moved.push((waiter, place));
        }
        self.next = free.max(self.next - gaps.len() as u64);
        moved
    }
}
