//! Which fault comes next: each of them before any comes again, and every other one a failover.
#![deny(clippy::disallowed_methods)]

/// What happens to the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The primary loses power; another one is promoted.
    Kill,
    /// The primary's children live on for a while without it; another one is promoted.
    KillPostmaster,
    /// The primary stops, another one is promoted, and the old one wakes up as if nothing had happened.
    Freeze,
    /// Another one is promoted in peace.
    Switchover,
    /// The primary stops for less than anybody would replace it for.
    Stall,
    /// Nothing passes to or from the primary, which goes on by itself.
    BlackHole,
    /// Nothing passes to or from a replica.
    BlackHoleReplica,
    KillReplica,
    /// A replica shows nothing new.
    PausedReplay,
    /// The replicas show everything later.
    DelayedApply,
    /// All connections to a node are ended by its administrator.
    Terminate,
    /// All connections to a node are ended, and somebody else takes what there is.
    Storm,
}

const FAILOVERS: [Fault; 5] = [
    Fault::Kill,
    Fault::Freeze,
    Fault::Kill,
    Fault::Switchover,
    Fault::KillPostmaster,
];

const OTHERS: [Fault; 8] = [
    Fault::Stall,
    Fault::BlackHole,
    Fault::BlackHoleReplica,
    Fault::KillReplica,
    Fault::PausedReplay,
    Fault::DelayedApply,
    Fault::Terminate,
    Fault::Storm,
];

#[derive(Debug)]
pub(crate) struct Deck {
    random: fastrand::Rng,
    failovers: Vec<Fault>,
    others: Vec<Fault>,
    is_failover_next: bool,
}

impl Deck {
    pub(crate) fn new(random: fastrand::Rng) -> Self {
        Self {
            random,
            failovers: Vec::new(),
            others: Vec::new(),
            is_failover_next: true,
        }
    }

    pub(crate) fn draw(&mut self) -> Fault {
        let (pile, all): (_, &[Fault]) = match self.is_failover_next {
            true => (&mut self.failovers, &FAILOVERS),
            false => (&mut self.others, &OTHERS),
        };
        self.is_failover_next = !self.is_failover_next;
        if pile.is_empty() {
            pile.extend(all);
            self.random.shuffle(pile);
        }
        pile.pop().expect("a pile was just filled")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_comes_before_any_comes_again_and_a_seed_repeats_them() {
        let draw = |seed| {
            let mut deck = Deck::new(fastrand::Rng::with_seed(seed));
            (0..2 * OTHERS.len())
                .map(|_| deck.draw())
                .collect::<Vec<_>>()
        };
        let drawn = draw(7);
        assert_eq!(drawn, draw(7));
        assert_ne!(drawn, draw(8));
        for fault in OTHERS {
            let times = drawn.iter().filter(|other| **other == fault).count();
            assert_eq!(times, 1, "{fault:?}");
        }
        assert!(FAILOVERS.iter().all(|fault| drawn.contains(fault)));
    }
}
