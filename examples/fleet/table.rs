//! Prints what was done, and how long it took.

use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::HumanCount;

use crate::bank::Bank;
use crate::tally::{Kind, Tally};

/// `killed`: how many backends chaos killed, if there was chaos.
pub(crate) fn print(tally: &Tally, bank: &Bank, took: Duration, killed: Option<u64>) {
    println!(
        "\n{:<10} {:>12} {:>10} {:>10} {:>10} {:>10}",
        "", "operations", "per s", "p50 ms", "p95 ms", "p99 ms"
    );
    let row = |name: &str, count: u64, rest: String| {
        let rate = count as f64 / took.as_secs_f64();
        println!(
            "{name:<10} {:>12} {:>10}{rest}",
            HumanCount(count).to_string(),
            HumanCount(rate as u64).to_string()
        );
    };
    let mut all = 0;
    for kind in Kind::ALL {
        let latencies = tally.latencies(kind);
        let ms = |quantile| {
            format!(
                " {:>10.2}",
                latencies.value_at_quantile(quantile) as f64 / 1000.0
            )
        };
        row(
            kind.name(),
            latencies.len(),
            [0.5, 0.95, 0.99].map(ms).concat(),
        );
        all += latencies.len();
    }
    row("all", all, String::new());

    println!();
    let count = |what: &str, count: u64| println!("{:>12}  {what}", HumanCount(count).to_string());
    count("transfers committed", tally.transfers_committed);
    count("rolled back: insufficient funds", tally.insufficient);
    count(
        "run again: somebody else had changed the account",
        bank.overtaken.load(Ordering::Relaxed),
    );
    count("audits refused, and undone alone", tally.audits_refused);
    for (limit, refused) in &tally.refused {
        count(
            &format!("agents stopped by their limit of {limit}"),
            *refused,
        );
    }
    if tally.gave_up > 0 {
        count("transfers given up after too many runs", tally.gave_up);
    }
    if let Some(killed) = killed {
        count("futures dropped", tally.dropped);
        count("backends killed", killed);
    }
    let lost = tally.lost + bank.broken.load(Ordering::Relaxed);
    if killed.is_some() || lost > 0 {
        count("lost connections seen", lost);
    }
    if killed.is_some() || tally.unknown > 0 {
        count("commits unknown: their answer was lost", tally.unknown);
    }
    for (problem, times) in &tally.problems {
        count(&format!("NOT EXPECTED: {problem}"), *times);
    }
}
