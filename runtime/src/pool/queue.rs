//! A map in the order of its keys, for keys that mostly come in order and go in order, as those of a line do. Pure.
//!
//! Who comes last stands in a ring, where coming and going in order costs next to nothing. All others stand in a tree, so
//! that no order is worse than a tree.
#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeMap, VecDeque};

/// How many holes the ring may have, whatever its length.
const HOLES_KEPT: usize = 32;

/// A map in the order of its keys. No key may be put in twice.
#[derive(Debug)]
pub(super) struct Queue<K, V> {
    /// In order. Whoever goes from the middle leaves a hole; there is none at either end.
    ring: VecDeque<(K, Option<V>)>,
    holes: usize,
    /// Those who came behind nobody of the ring, or between two.
    tree: BTreeMap<K, V>,
}

impl<K, V> Default for Queue<K, V> {
    fn default() -> Self {
        Self {
            ring: VecDeque::new(),
            holes: 0,
            tree: BTreeMap::new(),
        }
    }
}

impl<K: Ord + Copy, V: Copy> Queue<K, V> {
    pub(super) fn insert(&mut self, key: K, value: V) {
        if self.ring.back().is_none_or(|(last, _)| *last < key) {
            self.ring.push_back((key, Some(value)));
        } else {
            self.tree.insert(key, value);
        }
    }

    pub(super) fn remove(&mut self, key: K) -> Option<V> {
        // Most are first when they go.
        if self.ring.front().is_some_and(|(first, _)| *first == key) {
            let (_, value) = self.ring.pop_front()?;
            self.tidy();
            return value;
        }
        if let Some(value) = self.tree.remove(&key) {
            return Some(value);
        }
        let index = self.ring.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        let value = self.ring[index].1.take()?;
        self.holes += 1;
        self.tidy();
        Some(value)
    }

    /// The one with the least key.
    pub(super) fn first(&self) -> Option<(K, V)> {
        let in_ring = self
            .ring
            .front()
            .and_then(|(key, value)| Some((*key, (*value)?)));
        let in_tree = self
            .tree
            .first_key_value()
            .map(|(key, value)| (*key, *value));
        match (in_ring, in_tree) {
            (Some(one), Some(other)) => Some(if one.0 < other.0 { one } else { other }),
            (one, other) => one.or(other),
        }
    }

    /// All, in order.
    pub(super) fn to_sorted(&self) -> Vec<(K, V)> {
        let in_ring = self
            .ring
            .iter()
            .filter_map(|(key, value)| Some((*key, (*value)?)));
        let in_tree = self.tree.iter().map(|(key, value)| (*key, *value));
        let mut all: Vec<(K, V)> = in_ring.chain(in_tree).collect();
        all.sort_by_key(|(key, _)| *key);
        all
    }

    /// How many have a lesser key.
    pub(super) fn count_before(&self, key: K) -> usize {
        let in_ring = self.ring.iter().take_while(|(other, _)| *other < key);
        let in_ring = in_ring.filter(|(_, value)| value.is_some()).count();
        in_ring + self.tree.range(..key).count()
    }

    pub(super) fn len(&self) -> usize {
        self.ring.len() - self.holes + self.tree.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Drops the holes at both ends, and all of them when they are more than the rest.
    fn tidy(&mut self) {
        while self.holes > 0 && self.ring.front().is_some_and(|(_, value)| value.is_none()) {
            self.ring.pop_front();
            self.holes -= 1;
        }
        while self.holes > 0 && self.ring.back().is_some_and(|(_, value)| value.is_none()) {
            self.ring.pop_back();
            self.holes -= 1;
        }
        if self.holes > HOLES_KEPT.max(self.ring.len() / 2) {
            self.ring.retain(|(_, value)| value.is_some());
            self.holes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_map_in_order_whatever_comes_and_goes() {
        let mut random = fastrand::Rng::with_seed(11);
        for spread in [1, 4, 1_000] {
            let mut queue = Queue::default();
            let mut model = BTreeMap::new();
            for step in 0..4_000_u64 {
                let key = (step + random.u64(..spread)) * 8_192 + step;
                if random.u8(..5) < 3 {
                    queue.insert(key, step);
                    model.insert(key, step);
                } else {
                    let index = match random.u8(..3) {
                        0 => 0,
                        1 => model.len().saturating_sub(1),
                        _ => random.usize(..model.len().max(1)),
                    };
                    let gone = model.keys().nth(index).copied().unwrap_or(key);
                    assert_eq!(queue.remove(gone), model.remove(&gone));
                    assert_eq!(queue.remove(gone), None);
                }
                let first = model.first_key_value().map(|(key, value)| (*key, *value));
                assert_eq!(queue.first(), first);
                assert_eq!(queue.len(), model.len());
                assert_eq!(queue.count_before(key), model.range(..key).count());
                assert!(queue.ring.len() <= 2 * queue.len() + HOLES_KEPT + 1);
            }
            let sorted: Vec<_> = model.into_iter().collect();
            assert_eq!(queue.to_sorted(), sorted);
        }
    }

    #[test]
    fn who_comes_and_goes_in_order_never_stands_in_the_tree() {
        let mut queue = Queue::default();
        for key in 0..1_000_u64 {
            queue.insert(key, key);
            if let Some(first) = key.checked_sub(10) {
                assert_eq!(queue.remove(first), Some(first));
            }
            assert!(queue.tree.is_empty());
        }
    }
}
