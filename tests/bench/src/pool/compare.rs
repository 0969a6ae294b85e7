//! Peers that do the same thing in turns, and what is printed of it.

use std::pin::Pin;
use std::time::Duration;

use super::Options;
use super::load::{self, Load, Sample};
use crate::Result;
use crate::statistics::{median, range};

type Sampling = Pin<Box<dyn Future<Output = Result<Sample>>>>;

/// One of those that are compared.
pub(crate) struct Side {
    pub(crate) name: &'static str,
    sample: Box<dyn Fn(Duration) -> Sampling>,
}

impl Side {
    /// Measured by `sample`, which is told how long one cell is.
    pub(crate) fn new<F>(name: &'static str, sample: impl Fn(Duration) -> F + 'static) -> Self
    where
        F: Future<Output = Result<Sample>> + 'static,
    {
        Self {
            name,
            sample: Box::new(move |cell| Box::pin(sample(cell))),
        }
    }

    /// Measured by what so many tasks do at once.
    pub(crate) fn under_load<L: Load>(name: &'static str, load: L, tasks: u64) -> Self {
        Self::new(name, move |cell| load::sample(load.clone(), tasks, cell))
    }
}

/// Measures all sides in each round, in an order that rotates, and prints a line for each but the first:
/// `pool CASE PEER RATIO`, the throughput of the first over that of the peer.
pub(crate) async fn compare(case: &str, sides: &[Side], options: &Options) -> Result<()> {
    let samples = in_turns(case, sides, options.rounds, options.cell).await?;
    if options.verbose {
        for (side, samples) in sides.iter().zip(&samples) {
            println!("# {case} {}: {}", side.name, absolute(samples));
        }
    }
    for (side, theirs) in sides.iter().zip(&samples).skip(1) {
        let compared = Compared::new(&samples[0], theirs);
        let mut line = format!(
            "pool {case} {} {:.2}",
            side.name,
            median(compared.ratios.iter().copied())
        );
        if options.verbose {
            let (least, greatest) = range(&compared.ratios);
            let cpu = median(compared.cpu_ratios);
            line += &format!("  # {least:.2} to {greatest:.2}; by CPU time {cpu:.2}");
        }
        println!("{line}");
    }
    Ok(())
}

/// Measures all sides in each round, in an order that rotates: the samples of each side.
pub(crate) async fn in_turns(
    case: &str,
    sides: &[Side],
    rounds: u32,
    cell: Duration,
) -> Result<Vec<Vec<Sample>>> {
    let mut samples = vec![Vec::new(); sides.len()];
    for round in 0..rounds as usize {
        for place in 0..sides.len() {
            let side = (round + place) % sides.len();
            let taken = (sides[side].sample)(cell).await;
            let taken =
                taken.map_err(|problem| format!("{case} {}: {problem}", sides[side].name))?;
            samples[side].push(taken);
        }
    }
    Ok(samples)
}

/// One side over another, round by round.
#[derive(Debug, PartialEq)]
struct Compared {
    ratios: Vec<f64>,
    cpu_ratios: Vec<f64>,
}

impl Compared {
    fn new(own: &[Sample], theirs: &[Sample]) -> Self {
        let rounds = || own.iter().zip(theirs);
        let by_cpu =
            |(own, theirs): (&Sample, &Sample)| theirs.cpu.as_secs_f64() / own.cpu.as_secs_f64();
        Self {
            ratios: rounds()
                .map(|(own, theirs)| own.per_second / theirs.per_second)
                .collect(),
            cpu_ratios: rounds().map(by_cpu).collect(),
        }
    }
}

pub(crate) fn absolute(samples: &[Sample]) -> String {
    let per_second = median(samples.iter().map(|sample| sample.per_second));
    let nanos = median(samples.iter().map(|sample| sample.cpu.as_secs_f64() * 1e9));
    format!("{per_second:.0}/s, CPU {nanos:.0} ns")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_a_second_and_less_cpu_time_are_both_above_1() {
        let sample = |per_second, nanos| Sample {
            per_second,
            cpu: Duration::from_nanos(nanos),
        };
        let own = [sample(200.0, 50), sample(300.0, 100)];
        let theirs = [sample(100.0, 200), sample(600.0, 50)];
        let compared = Compared {
            ratios: vec![2.0, 0.5],
            cpu_ratios: vec![4.0, 0.5],
        };
        assert_eq!(Compared::new(&own, &theirs), compared);
    }
}
