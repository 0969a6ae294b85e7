//! Finding, writing and reading: Wharf, plain sqlx and SeaORM one after the other, in turns.
//!
//! The peers share one database and none of them runs while another is measured. What is compared is only ever the
//! throughput of two peers in the same round.

pub(crate) mod case;
pub(crate) mod peer;
pub(crate) mod plain_sqlx;
mod report;
mod sample;
mod sea;
pub(crate) mod stage;
pub(crate) mod wharf;

use std::time::Duration;

use case::Case;
use peer::Peer;
use report::Report;
use sample::sample;
use stage::{Engine, Stage};

use crate::{Result, machine};

/// What is to be measured, and for how long.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) rounds: u32,
    /// How long one peer does one thing in one round.
    pub(crate) cell: Duration,
    /// Names of engines and of cases; all of those of which none is named.
    pub(crate) only: Vec<String>,
    pub(crate) verbose: bool,
}

/// Connections of each peer; on SQLite these are the readers of Wharf, which has one writer beside them.
const CONNECTIONS: u32 = 10;

/// Measures and prints.
pub(crate) async fn run(options: &Options) -> Result<()> {
    let engines = chosen(options, Engine::ALL, Engine::name);
    let cases = chosen(options, Case::ALL, Case::name);
    let known = |name: &&String| {
        Engine::ALL.iter().any(|engine| engine.name() == *name)
            || Case::ALL.iter().any(|case| case.name() == *name)
    };
    if let Some(unknown) = options.only.iter().find(|name| !known(name)) {
        return Err(format!("`{unknown}` is neither an engine nor a case").into());
    }
    let libraries = ["sqlx", "sea-orm", "tokio"].map(machine::library);
    println!("machine {}", machine::processor());
    println!("with {}", libraries.join(", "));
    for engine in engines {
        let mut stage = Stage::open(engine).await?;
        println!("on {}", stage.version().await?);
        let report = match engine {
            Engine::Sqlite => {
                let pool = stage.sqlite_pool(CONNECTIONS)?;
                let wharf = wharf::connect(stage.url(), CONNECTIONS).await?;
                let sea = sea::Sea::new(stage.sqlite_pool(CONNECTIONS)?);
                compare(
                    options,
                    &cases,
                    &mut stage,
                    wharf,
                    plain_sqlx::PlainSqlx(pool),
                    sea,
                )
                .await?
            }
            Engine::Postgres => {
                let pool = stage.postgres_pool(CONNECTIONS)?;
                let wharf = wharf::connect(stage.url(), CONNECTIONS).await?;
                let sea = sea::Sea::new(stage.postgres_pool(CONNECTIONS)?);
                compare(
                    options,
                    &cases,
                    &mut stage,
                    wharf,
                    plain_sqlx::PlainSqlx(pool),
                    sea,
                )
                .await?
            }
        };
        report.print(engine, options.verbose);
    }
    Ok(())
}

fn chosen<T: Copy>(options: &Options, all: &[T], name: fn(T) -> &'static str) -> Vec<T> {
    let is_named = |one: &T| options.only.iter().any(|only| only == name(*one));
    let named: Vec<T> = all.iter().copied().filter(is_named).collect();
    if named.is_empty() {
        all.to_vec()
    } else {
        named
    }
}

async fn compare<A: Peer, B: Peer, C: Peer>(
    options: &Options,
    cases: &[Case],
    stage: &mut Stage,
    a: A,
    b: B,
    c: C,
) -> Result<Report> {
    let mut report = Report::new([A::NAME, B::NAME, C::NAME]);
    for round in 0..options.rounds as usize {
        eprintln!(
            "{}: round {} of {}",
            stage.engine().name(),
            round + 1,
            options.rounds
        );
        for case in cases {
            for place in 0..3 {
                stage.tidy().await?;
                let peer = (round + place) % 3;
                let taken = match peer {
                    0 => sample(&a, *case, options.cell).await,
                    1 => sample(&b, *case, options.cell).await,
                    _ => sample(&c, *case, options.cell).await,
                };
                let taken = taken.map_err(|problem| format!("{}: {problem}", case.name()))?;
                report.add(round, *case, peer, taken);
            }
        }
    }
    Ok(report)
}
