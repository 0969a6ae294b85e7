//! What is printed of all that was measured.

use std::time::Duration;

use super::case::Case;
use super::sample::Sample;
use super::stage::Engine;
use crate::statistics::{median, range};

/// The samples of one engine.
#[derive(Debug)]
pub(crate) struct Report {
    /// Wharf first: all others are compared with it.
    peers: [&'static str; 3],
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    round: usize,
    case: Case,
    peer: usize,
    sample: Sample,
}

impl Report {
    pub(crate) fn new(peers: [&'static str; 3]) -> Self {
        Self {
            peers,
            entries: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, round: usize, case: Case, peer: usize, sample: Sample) {
        self.entries.push(Entry {
            round,
            case,
            peer,
            sample,
        });
    }

    /// A line for each case and peer: `crud ENGINE CASE PEER RATIO`.
    pub(crate) fn print(&self, engine: Engine, verbose: bool) {
        for case in Case::ALL {
            let measured = |peer| self.samples(*case, peer);
            if measured(0).is_empty() {
                continue;
            }
            if verbose {
                for (peer, name) in self.peers.iter().enumerate() {
                    let absolute = absolute(&measured(peer));
                    println!("# {} {} {name}: {absolute}", engine.name(), case.name());
                }
            }
            for (peer, name) in self.peers.iter().enumerate().skip(1) {
                let pairs: Vec<_> = measured(0).into_iter().zip(measured(peer)).collect();
                let ratio = |(own, other): &(Sample, Sample)| own.per_second / other.per_second;
                let ratios: Vec<f64> = pairs.iter().map(ratio).collect();
                let mut line = format!(
                    "crud {} {} {name} {:.2}",
                    engine.name(),
                    case.name(),
                    median(ratios.iter().copied())
                );
                if verbose {
                    let (least, greatest) = range(&ratios);
                    let by = |time: fn(&Sample) -> Duration| {
                        let ratio = |(own, other): &(Sample, Sample)| {
                            time(other).as_secs_f64() / time(own).as_secs_f64()
                        };
                        median(pairs.iter().map(ratio))
                    };
                    let (p50, cpu) = (by(|sample| sample.p50), by(|sample| sample.cpu));
                    line += &format!(
                        "  # {least:.2} to {greatest:.2}; by p50 {p50:.2}; by CPU time {cpu:.2}"
                    );
                }
                println!("{line}");
            }
        }
    }

    /// The samples of one peer, by round.
    fn samples(&self, case: Case, peer: usize) -> Vec<Sample> {
        let is_wanted = |entry: &&Entry| entry.case == case && entry.peer == peer;
        let mut entries: Vec<Entry> = self.entries.iter().filter(is_wanted).copied().collect();
        entries.sort_by_key(|entry| entry.round);
        entries.into_iter().map(|entry| entry.sample).collect()
    }
}

fn absolute(samples: &[Sample]) -> String {
    let per_second = median(samples.iter().map(|sample| sample.per_second));
    let micros = |time: fn(&Sample) -> Duration| {
        median(
            samples
                .iter()
                .map(|sample| time(sample).as_secs_f64() * 1e6),
        )
    };
    format!(
        "{per_second:.0}/s, p50 {:.1} us, client CPU {:.1} us",
        micros(|sample| sample.p50),
        micros(|sample| sample.cpu)
    )
}
