//! What lets calls through while a breaker is closed, without asking it.
#![deny(clippy::disallowed_methods)]

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Breaker, Pass, Phase};

/// Whether a breaker is closed, for those who don't hold it. Somebody who holds it keeps it up to date.
///
/// A call that slips through in the moment in which the breaker opens has the pass of the time before, and tells nothing.
/// So the orderings are relaxed.
#[derive(Debug)]
pub(crate) struct Door(AtomicU64);

impl Door {
    /// Each has to ask the breaker.
    const SHUT: u64 = 0;

    pub(crate) fn of(breaker: &Breaker) -> Self {
        Self(AtomicU64::new(Self::word(breaker)))
    }

    /// What a call may go through with; `None` when the breaker must be asked.
    pub(crate) fn pass(&self) -> Option<Pass> {
        let generation = self.0.load(Ordering::Relaxed).checked_sub(1)?;
        Some(Pass { generation })
    }

    /// The breaker may have moved.
    pub(crate) fn follow(&self, breaker: &Breaker) {
        let word = Self::word(breaker);
        // Looked at first: it hardly ever moves, and all callers look at it.
        if self.0.load(Ordering::Relaxed) != word {
            self.0.store(word, Ordering::Relaxed);
        }
    }

    fn word(breaker: &Breaker) -> u64 {
        match breaker.phase {
            Phase::Closed { .. } => breaker.generation + 1,
            _ => Self::SHUT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::BreakerConfig;
    use super::*;

    #[test]
    fn it_is_open_while_the_breaker_is_closed_and_gives_the_breakers_own_pass() {
        let mut breaker = Breaker::new(BreakerConfig::default());
        let door = Door::of(&breaker);
        let first = door.pass().expect("a breaker begins closed");
        breaker.force_open();
        door.follow(&breaker);
        assert_eq!(door.pass(), None);
        breaker.force_closed();
        door.follow(&breaker);
        assert_eq!(door.pass(), None, "what is forced is asked");
        breaker.reset();
        door.follow(&breaker);
        let second = door.pass().expect("it is closed again");
        assert_ne!(first, second);
        assert_eq!(second.generation, breaker.generation);
    }
}
