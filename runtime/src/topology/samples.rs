//! When the primary had which position, so that a replica's position tells how old its data is.
#![deny(clippy::disallowed_methods)]

use std::collections::VecDeque;
use std::time::Instant;

use crate::driver::Position;

/// How many samples are kept. Every other old one goes when there are more, so that a few cover minutes.
const MOST: usize = 64;

/// When the primary had which position, oldest first.
#[derive(Debug, Default)]
pub(super) struct Samples(VecDeque<(Instant, Position)>);

impl Samples {
    /// The primary was asked at that moment, and had everything up to `position` then, or a little less.
    pub(super) fn add(&mut self, asked_at: Instant, position: &Position) {
        if self.0.back().is_some_and(|(last, _)| *last >= asked_at) {
            return;
        }
        if self.0.len() >= MOST {
            let newer = self.0.split_off(MOST / 2);
            let older = std::mem::take(&mut self.0).into_iter().step_by(2);
            self.0 = older.chain(newer).collect();
        }
        self.0.push_back((asked_at, position.clone()));
    }

    /// The latest moment of which everything is in `position` that the primary had then; `None` if it is older than
    /// what is remembered.
    pub(super) fn as_of(&self, position: &Position) -> Option<Instant> {
        let mut latest_first = self.0.iter().rev();
        latest_first
            .find(|(_, sample)| position.reaches(sample))
            .map(|(asked_at, _)| *asked_at)
    }

    /// Another primary begins.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        reason = "a test has no caller who says what time it is"
    )]

    use std::time::Duration;

    use super::*;

    #[test]
    fn a_replica_is_as_old_as_the_latest_sample_that_it_has_reached() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut samples = Samples::default();
        for (ms, lsn) in [(0, 10), (250, 20), (500, 20)] {
            samples.add(at(ms), &Position::Lsn(lsn));
        }
        for (lsn, as_of) in [(9, None), (10, Some(0)), (19, Some(0)), (20, Some(500))] {
            assert_eq!(samples.as_of(&Position::Lsn(lsn)), as_of.map(at), "{lsn}");
        }
    }

    #[test]
    fn few_samples_cover_a_long_time_and_never_say_too_late_a_moment() {
        let start = Instant::now();
        let at = |step: u64| start + Duration::from_millis(step * 250);
        let mut samples = Samples::default();
        for step in 0..1_000 {
            samples.add(at(step), &Position::Lsn(step));
        }
        assert!(samples.0.len() <= MOST);
        for lsn in 0..1_000 {
            let as_of = samples.as_of(&Position::Lsn(lsn)).unwrap();
            assert!(as_of <= at(lsn), "{lsn}");
        }
    }
}
