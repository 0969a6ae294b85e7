//! Which statements a connection has prepared, so that hits and misses can be counted.
//!
//! sqlx keeps the statements, in an LRU by text, and doesn't say whether it found one. So this is a second LRU, of the
//! texts' hashes, that goes through the same motions. It is off by what sqlx prepares for itself, such as the look-up of
//! a PostgreSQL type of the user's own; the size is sqlx's own number.
#![deny(clippy::disallowed_methods)]

use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hashlink::{DefaultHashBuilder, LruCache};

/// How often a connection found its statements prepared. Written by whoever holds the connection, and read by whoever
/// asks for statistics.
#[derive(Debug, Default)]
pub(crate) struct StatementCounts {
    hits: AtomicU64,
    misses: AtomicU64,
}

impl StatementCounts {
    /// Statements that had been prepared.
    pub(crate) fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    /// Statements that were not.
    pub(crate) fn misses(&self) -> u64 {
        self.misses.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
pub(super) struct Statements {
    known: LruCache<u64, ()>,
    hasher: DefaultHashBuilder,
    counts: Arc<StatementCounts>,
}

/// Whether a statement had been prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    Hit,
    /// With what [`Statements::prepared`] wants to know.
    Miss(u64),
}

impl Statements {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            known: LruCache::new(capacity),
            hasher: DefaultHashBuilder::default(),
            counts: Arc::default(),
        }
    }

    /// Whether statements are kept at all.
    pub(super) fn are_kept(&self) -> bool {
        self.known.capacity() > 0
    }

    /// A statement is about to be run.
    pub(super) fn look_up(&mut self, text: &str) -> Lookup {
        let hash = self.hasher.hash_one(text);
        if self.known.get(&hash).is_some() {
            self.counts.hits.fetch_add(1, Ordering::Relaxed);
            Lookup::Hit
        } else {
            self.counts.misses.fetch_add(1, Ordering::Relaxed);
            Lookup::Miss(hash)
        }
    }

    /// A statement that was missing is kept from now on; the one that was used least recently goes.
    pub(super) fn prepared(&mut self, hash: u64) {
        if self.are_kept() {
            self.known.insert(hash, ());
        }
    }

    /// None is kept any more.
    pub(super) fn clear(&mut self) {
        self.known.clear();
    }

    pub(super) fn counts(&self) -> &Arc<StatementCounts> {
        &self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs texts one after the other; `h` for a hit and `m` for a miss.
    fn run(statements: &mut Statements, texts: &str) -> String {
        let mut run = |text: char| match statements.look_up(&text.to_string()) {
            Lookup::Hit => 'h',
            Lookup::Miss(hash) => {
                statements.prepared(hash);
                'm'
            }
        };
        texts.chars().map(&mut run).collect()
    }

    #[test]
    fn the_least_recently_used_one_goes() {
        let mut statements = Statements::new(2);
        assert_eq!(run(&mut statements, "abacab"), "mmhmhm");
        let counts = statements.counts();
        assert_eq!((counts.hits(), counts.misses()), (2, 4));
        assert_eq!(statements.known.capacity(), 2);
    }

    #[test]
    fn one_that_could_not_be_prepared_is_missing_again() {
        let mut statements = Statements::new(2);
        assert!(matches!(statements.look_up("a"), Lookup::Miss(_)));
        assert_eq!(run(&mut statements, "aa"), "mh");
        statements.clear();
        assert_eq!(run(&mut statements, "a"), "m");
    }

    #[test]
    fn without_room_everything_misses() {
        let mut statements = Statements::new(0);
        assert!(!statements.are_kept());
        assert_eq!(run(&mut statements, "aaa"), "mmm");
    }
}
