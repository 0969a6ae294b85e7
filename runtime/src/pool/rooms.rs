//! The partitions of a pool: who is parked in which, and who is owed a connection. Pure.
#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use slab::Slab;

use super::partition::{Partition, PartitionId, PartitionKey, PartitionKind, PartitionLimits};
use super::refusal::Refusal;
use super::units::Units;
use super::waiter::{Move, Rank, Ticket};

/// Which limits hold for which partition.
#[derive(Debug, Clone, Default)]
pub(crate) struct PartitionRules {
    pub(crate) named: HashMap<PartitionKey, PartitionLimits>,
    pub(crate) each: HashMap<PartitionKind, PartitionLimits>,
}

impl PartitionRules {
    fn limits(&self, key: &PartitionKey) -> Option<PartitionLimits> {
        let each = || self.each.get(&key.kind());
        self.named.get(key).or_else(each).copied()
    }

    /// The same without guarantees.
    pub(crate) fn guaranteeing_nothing(mut self) -> Self {
        for limits in self.named.values_mut().chain(self.each.values_mut()) {
            limits.guaranteed = 0;
        }
        self
    }
}

/// One partition, and who of it waits.
#[derive(Debug)]
struct Room {
    partition: Arc<Partition>,
    /// Waiting for a unit, outside of the line.
    parked: BTreeMap<Rank, Ticket>,
    /// In the line; kept only when something is guaranteed.
    in_line: BTreeMap<Rank, Ticket>,
    waiters: usize,
    /// Units of those who have no connection yet.
    units_waiting: u64,
}

/// The partitions of a pool.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    rules: PartitionRules,
    rooms: Slab<Room>,
    by_key: HashMap<PartitionKey, PartitionId>,
    guaranteed: Vec<PartitionId>,
}

impl Rooms {
    pub(super) fn new(rules: PartitionRules) -> Self {
        Self {
            rules,
            ..Self::default()
        }
    }

    /// The partitions with limits among these, in an order that is the same for everybody, so that nobody waits in a circle.
    pub(super) fn resolve(&mut self, keys: &[PartitionKey]) -> Vec<Arc<Partition>> {
        let mut limited: Vec<(PartitionKey, PartitionLimits)> = keys
            .iter()
            .filter_map(|key| Some((key.clone(), self.rules.limits(key)?)))
            .collect();
        limited.sort_by(|(one, _), (other, _)| one.cmp(other));
        limited.dedup_by(|(one, _), (other, _)| one == other);
        let found = limited
            .into_iter()
            .map(|(key, limits)| self.find_or_make(key, limits));
        found.collect()
    }

    fn find_or_make(&mut self, key: PartitionKey, limits: PartitionLimits) -> Arc<Partition> {
        if let Some(room) = self.by_key.get(&key).and_then(|id| self.rooms.get(*id)) {
            return room.partition.clone();
        }
        let entry = self.rooms.vacant_entry();
        let id = entry.key();
        let partition = Arc::new(Partition {
            id,
            key: key.clone(),
            limits,
            units: Units::new(limits.max_connections),
        });
        entry.insert(Room {
            partition: partition.clone(),
            parked: BTreeMap::new(),
            in_line: BTreeMap::new(),
            waiters: 0,
            units_waiting: 0,
        });
        self.by_key.insert(key, id);
        if limits.guaranteed > 0 {
            self.guaranteed.push(id);
        }
        partition
    }

    /// Forgets the partitions that no caller refers to any more.
    pub(super) fn sweep(&mut self) {
        let Self {
            rooms,
            by_key,
            guaranteed,
            ..
        } = self;
        rooms.retain(|id, room| {
            let is_used = Arc::strong_count(&room.partition) > 1 || room.waiters > 0;
            if !is_used {
                by_key.remove(&room.partition.key);
                guaranteed.retain(|other| *other != id);
            }
            is_used
        });
    }

    /// Whether another waiter is one too many.
    pub(super) fn admit(&self, partitions: &[PartitionId]) -> Result<(), Refusal> {
        for id in partitions {
            let room = &self.rooms[*id];
            if let Some(allowed) = room.partition.limits.max_waiters
                && room.waiters >= allowed as usize
            {
                let waiting = room.waiters;
                let allowed = allowed as usize;
                return Err(Refusal::PartitionFull {
                    partition: *id,
                    waiting,
                    allowed,
                });
            }
        }
        Ok(())
    }

    /// Somebody begins to wait, without any unit.
    pub(super) fn enter(&mut self, partitions: &[PartitionId]) {
        for id in partitions {
            self.rooms[*id].waiters += 1;
        }
    }

    /// Somebody's wait ended, with the units of the first `units` partitions.
    pub(super) fn exit(&mut self, rank: Rank, partitions: &[PartitionId], units: usize) {
        for (index, id) in partitions.iter().enumerate() {
            let room = &mut self.rooms[*id];
            room.waiters -= 1;
            room.units_waiting -= u64::from(index < units);
            room.in_line.remove(&rank);
            if room.parked.remove(&rank).is_some() && room.parked.is_empty() {
                room.partition.units.unpark();
            }
        }
    }

    /// Takes a unit for a waiter, or parks it.
    pub(super) fn take_or_park(&mut self, id: PartitionId, rank: Rank, ticket: Ticket) -> bool {
        let room = &mut self.rooms[id];
        // Behind others who are parked there already, even if a unit has just come back.
        let took = room.partition.units.take_or_park();
        if took {
            room.units_waiting += 1;
        } else {
            room.parked.insert(rank, ticket);
        }
        took
    }

    /// A unit came back: whose it is now, if somebody is parked there.
    pub(super) fn unit_back(&mut self, id: PartitionId) -> Option<Ticket> {
        let room = &mut self.rooms[id];
        let Some((_, ticket)) = room.parked.pop_first() else {
            room.partition.units.give_to_nobody();
            room.partition.units.unpark();
            return None;
        };
        room.units_waiting += 1;
        if room.parked.is_empty() {
            room.partition.units.unpark();
        }
        Some(ticket)
    }

    /// A waiter with all its units stands in the line.
    pub(super) fn stand(&mut self, partitions: &[PartitionId], rank: Rank, ticket: Ticket) {
        for id in partitions {
            let room = &mut self.rooms[*id];
            if room.partition.limits.guaranteed > 0 {
                room.in_line.insert(rank, ticket);
            }
        }
    }

    /// A waiter's rank has changed.
    pub(super) fn rerank(&mut self, partitions: &[PartitionId], changed: Move) {
        for id in partitions {
            let room = &mut self.rooms[*id];
            for ranks in [&mut room.parked, &mut room.in_line] {
                if let Some(ticket) = ranks.remove(&changed.from) {
                    ranks.insert(changed.to, ticket);
                }
            }
        }
    }

    /// Who comes before everybody, because its partition has less than is guaranteed to it.
    pub(super) fn owed(&self) -> Option<Ticket> {
        let owed = self.guaranteed.iter().filter_map(|id| {
            let room = &self.rooms[*id];
            let (rank, ticket) = room.in_line.first_key_value()?;
            let held = room.partition.units.in_use() - room.units_waiting;
            (held < u64::from(room.partition.limits.guaranteed)).then_some((*rank, *ticket))
        });
        owed.min().map(|(_, ticket)| ticket)
    }

    pub(super) fn partition(&self, id: PartitionId) -> &Arc<Partition> {
        &self.rooms[id].partition
    }

    /// Connections in use and waiters of every partition with limits.
    pub(super) fn census(&self) -> impl Iterator<Item = (&Partition, u64, usize)> {
        self.rooms.iter().map(|(_, room)| {
            let in_use = room.partition.units.in_use() - room.units_waiting;
            (room.partition.as_ref(), in_use, room.waiters)
        })
    }

    /// Whether somebody is parked exactly where the word says so, and nobody has more than is allowed.
    pub(super) fn add_up(&self) -> bool {
        self.rooms.iter().all(|(_, room)| {
            let units = &room.partition.units;
            let in_use = units.in_use();
            units.is_parked() != room.parked.is_empty()
                && room.units_waiting <= in_use
                && in_use <= units.limit()
        })
    }
}
