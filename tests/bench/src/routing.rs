//! A primary and its replicas on PostgreSQL: what routing costs a program, what replicas bring it, and how soon it goes on
//! when the primary changes.
//!
//! Prints `routing WHAT NUMBER`. Ratios are those of two programs that do the same in turns, on the same servers.

mod bank;
mod case;
mod frozen;
mod promotions;
mod reads;
mod tax;
mod trio;
mod writers;

use std::time::Duration;

use case::Case;
use trio::Trio;

use crate::statistics::percentile;
use crate::{Result, machine};

/// What is to be measured, and for how long.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) rounds: u32,
    /// How long one side does one thing in one round.
    pub(crate) cell: Duration,
    /// How often a primary is killed and another one promoted.
    pub(crate) promotions: u32,
    /// Names of cases; all if none is named.
    pub(crate) only: Vec<String>,
    pub(crate) verbose: bool,
}

/// Measures and prints.
pub(crate) async fn run(options: &Options) -> Result<()> {
    let cases = case::chosen(&options.only)?;
    let libraries = ["sqlx", "tokio"].map(machine::library);
    println!("machine {}", machine::processor());
    println!("with {}", libraries.join(", "));
    let trio = Trio::start().await?;
    println!("on {}", trio.version().await?);
    bank::fill(&trio).await?;
    for case in cases {
        eprintln!("{}", case.name());
        match case {
            Case::Find => tax::find(&trio, options).await?,
            Case::Transfer => tax::transfer(&trio, options).await?,
            Case::Monitors => tax::monitors(&trio).await?,
            Case::Reads => reads::print(&trio, options).await?,
            Case::Frozen => frozen::print(&trio, options.verbose).await?,
            Case::Promotions => promotions::print(&trio, options).await?,
        }
    }
    Ok(())
}

/// `routing WHAT-p50 MS` and `routing WHAT-p99 MS`.
fn print_milliseconds(what: &str, mut laps: Vec<Duration>, verbose: bool) {
    laps.sort_unstable();
    let milliseconds = |part| percentile(&laps, part).as_secs_f64() * 1e3;
    println!("routing {what}-ms-p50 {:.1}", milliseconds(50.0));
    println!("routing {what}-ms-p99 {:.1}", milliseconds(99.0));
    if verbose {
        println!("# {what}: {} times, {laps:.1?}", laps.len());
    }
}
