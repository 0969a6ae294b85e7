//! One party in the line, and which places in virtual time its waiters have.
//!
//! The places are given out in the order of arrival, one each. Whoever leaves without a connection leaves a gap that nobody
//! was served for. Gaps are closed, or a flow most of whose waiters time out would stand ever further behind itself while
//! others pass, and in the end be served nothing. Pure.
#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use super::line::Ticket;

/// How many move at most for each gap that is closed: so a departure costs little, however many wait.
const MEMBERS_PER_GAP: usize = 16;

/// One party in the line.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// Who waits, by place.
    members: BTreeMap<u64, Member>,
    /// The places that were left since gaps were closed last.
    gaps: Vec<u64>,
    /// The first place that was never given out.
    next: u64,
}

#[derive(Debug, Clone, Copy)]
struct Member {
    ticket: Ticket,
    /// The virtual time when it came: no gap brings it further forward.
    earliest: u64,
}

impl Flow {
    /// The place of whoever comes next, at a virtual time.
    pub(super) fn next_place(&self, time: u64) -> u64 {
        time.max(self.next)
    }

    /// Somebody took its [`next_place`](Self::next_place).
    pub(super) fn enter(&mut self, time: u64, ticket: Ticket) {
        let place = self.next_place(time);
        self.members.insert(
            place,
            Member {
                ticket,
                earliest: time,
            },
        );
        self.next = place + 1;
    }

    /// Whoever had a place got a connection.
    pub(super) fn serve(&mut self, place: u64) {
        self.members.remove(&place);
    }

    /// Whoever had a place got none.
    pub(super) fn leave(&mut self, place: u64) {
        if self.members.remove(&place).is_some() {
            self.gaps.push(place);
        }
    }

    /// Whether a newcomer would be placed no differently if the flow were forgotten.
    pub(super) fn is_past(&self, time: u64) -> bool {
        self.members.is_empty() && self.next <= time
    }

    /// Closes the gaps, if there is one for every [`MEMBERS_PER_GAP`]. Says where everybody is now.
    pub(super) fn close_gaps(&mut self) -> Vec<(Ticket, u64)> {
        if self.gaps.len() * MEMBERS_PER_GAP <= self.members.len() {
            return Vec::new();
        }
        let mut gaps = std::mem::take(&mut self.gaps);
        gaps.sort_unstable();
        let mut free = 0;
        let members = std::mem::take(&mut self.members)
            .into_iter()
            .map(|(place, member)| {
                let gaps_before = gaps.partition_point(|gap| *gap < place) as u64;
                let place = (place - gaps_before).max(member.earliest).max(free);
                free = place + 1;
                (place, member)
            });
        self.members = members.collect();
        self.next = free.max(self.next - gaps.len() as u64);
        self.members
            .iter()
            .map(|(place, member)| (member.ticket, *place))
            .collect()
    }
}
