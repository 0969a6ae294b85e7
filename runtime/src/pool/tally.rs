//! Where each slot's connection is, and how many are where: counted once, so that no two counters can disagree.
#![deny(clippy::disallowed_methods)]

use super::state::SlotId;

/// Where a slot's connection is, as far as the lock knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// There is none. -> `Opening`.
    Vacant,
    /// -> `Open` when it is; -> `Vacant` when it can't be.
    Opening,
    /// Idle or lent. -> `Quarantined` when it comes back unclean; -> `Closing`.
    Open,
    /// -> `Open` when clean; -> `Closing` when it can't be made so.
    Quarantined,
    /// -> `Vacant` when closed.
    Closing,
}

/// Where each slot's connection is.
#[derive(Debug)]
pub(super) struct Tally {
    places: Vec<Place>,
    counts: [usize; 5],
}

impl Tally {
    pub(super) fn new(slots: usize) -> Self {
        let mut counts = [0; 5];
        counts[Place::Vacant as usize] = slots;
        Self {
            places: vec![Place::Vacant; slots],
            counts,
        }
    }

    pub(super) fn set(&mut self, slot: SlotId, place: Place) {
        let before = self.places[slot];
        // As of every connection that is handed over.
        if before == place {
            return;
        }
        self.places[slot] = place;
        self.counts[before as usize] -= 1;
        self.counts[place as usize] += 1;
    }

    pub(super) fn count(&self, place: Place) -> usize {
        self.counts[place as usize]
    }

    /// Slots that aren't vacant.
    pub(super) fn occupied(&self) -> usize {
        self.places.len() - self.count(Place::Vacant)
    }

    /// The same without those that are being closed: they count against the server's limits, and for nothing else.
    pub(super) fn staying(&self) -> usize {
        self.occupied() - self.count(Place::Closing)
    }

    /// Connections that somebody may yet get without opening one.
    pub(super) fn in_circulation(&self) -> usize {
        self.count(Place::Open) + self.count(Place::Quarantined)
    }
}
