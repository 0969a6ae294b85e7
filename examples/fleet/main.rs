//! 200 agents share one bank for ten seconds, and then the money is counted.
//!
//! `cargo run --release --example fleet -- --help`
//!
//! The bank is an SQLite file of 100,000 accounts, or the database of `--url`. Every agent has a session of its own, with
//! limits, and works as fast as it is answered: it transfers money (a transaction with a nested one that sometimes fails and
//! is undone alone), looks accounts up, reads pages, and adds everything up in a read-only transaction. The end is a table
//! of what was done and how long it took, and the proof that no money was lost, made, or moved twice.
//!
//! With `--chaos` a tenth of what the agents do is dropped in the middle, at a random poll, and on a server their connections
//! are killed while they work. Some transfers then can't say whether they were committed, but each is whole or not at all:
//! the proof is the same to the coin, and no connection may be left in a transaction.

mod agent;
mod backends;
mod bank;
mod dropper;
mod killer;
mod options;
mod place;
mod proof;
mod table;
mod tally;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use tokio::task::JoinSet;
use wharf::prelude::*;

use agent::Agent;
use backends::Backends;
use bank::{Account, Accounts, Audit, Bank, Entry, INITIAL_BALANCE};
use options::{Command, Options};
use place::Place;
use tally::Tally;

/// How many accounts one statement inserts: enough to be fast, few enough to see the bar move.
const BATCH: usize = 10_000;
const TICK: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Command::Run(options)) => options,
        Ok(Command::Help) => {
            print!("{}", options::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprint!("fleet: {problem}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(&options).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("fleet: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the proof holds and nothing unexpected happened.
async fn run(options: &Options) -> Result<bool, Box<dyn std::error::Error>> {
    let place = Place::new(options.url.as_deref())?;
    let db = Database::connect(place.url()).await?;
    println!(
        "{} accounts in {}, {} agents, {} s, seed {}",
        HumanCount(options.accounts),
        place,
        options.agents,
        options.seconds,
        options.seed
    );
    fill(&db, options.accounts).await?;
    let bank = Arc::new(Bank::new(options.accounts));
    let backends = if options.chaos {
        Some(Backends::connect(&db, &place).await?)
    } else {
        None
    };
    let mut random = fastrand::Rng::with_seed(options.seed);
    let started = Instant::now();
    let until = started + Duration::from_secs(options.seconds);
    let (tally, killed) = tokio::try_join!(
        work(&db, &bank, options, random.fork(), until),
        kill(backends.as_ref(), random.fork(), until),
    )?;
    table::print(&tally, &bank, started.elapsed(), killed);
    // What was dropped may still be on its way, and counts only when it is there or gone.
    let open = match &backends {
        Some(backends) => Some(backends.settle().await?),
        None => None,
    };
    // Among the fleet's connections there may be one that was killed and doesn't know yet.
    let witness = backends.as_ref().map_or(&db, Backends::db);
    let holds = proof::print(witness, &bank, &tally, open).await?;
    if let Some(backends) = backends {
        backends.close().await;
    }
    db.close().await;
    let may_lose = options.chaos;
    Ok(holds && tally.is_as_expected() && (may_lose || tally.lost == 0))
}

/// Makes the tables anew, and the accounts.
async fn fill(db: &Database, accounts: u64) -> Result<()> {
    for table in ["fleet_accounts", "fleet_ledger", "fleet_audit"] {
        db.execute(format!("DROP TABLE IF EXISTS {table}")).await?;
    }
    db.create_table::<Account>().await?;
    db.create_table::<Entry>().await?;
    db.create_table::<Audit>().await?;
    let bar = bar(
        accounts,
        "{prefix:>8} {wide_bar} {human_pos} of {human_len}",
        "filling",
    );
    let ids: Vec<i64> = (1..=accounts as i64).collect();
    for ids in ids.chunks(BATCH) {
        let new = |id: &i64| Account {
            id: *id,
            owner: format!("owner {id}"),
            balance: INITIAL_BALANCE,
            version: 1,
        };
        Accounts::insert_many(db, &ids.iter().map(new).collect::<Vec<_>>()).await?;
        bar.inc(ids.len() as u64);
    }
    bar.finish_and_clear();
    Ok(())
}

/// Lets the agents work until the time is up.
async fn work(
    db: &Database,
    bank: &Arc<Bank>,
    options: &Options,
    mut random: fastrand::Rng,
    until: Instant,
) -> Result<Tally, Box<dyn std::error::Error>> {
    let done = Arc::new(AtomicU64::new(0));
    let time = Duration::from_secs(options.seconds);
    let mut agents = JoinSet::new();
    for number in 0..options.agents {
        let agent = Agent::new(number, db, bank.clone(), done.clone(), random.fork())?;
        let agent = if options.chaos {
            agent.with_chaos()
        } else {
            agent
        };
        agents.spawn(agent.run(until));
    }
    let bar = bar(
        time.as_millis() as u64,
        "{prefix:>8} {wide_bar} {msg}",
        "working",
    );
    let mut tally = Tally::default();
    while !agents.is_empty() {
        // Agents end at their limit, or when the time is up; meanwhile the bar moves.
        if let Ok(Some(ended)) = tokio::time::timeout(TICK, agents.join_next()).await {
            tally.add(ended?);
        }
        let left = until.saturating_duration_since(Instant::now());
        bar.set_position((time - left).as_millis() as u64);
        bar.set_message(format!(
            "{} operations",
            HumanCount(done.load(Ordering::Relaxed))
        ));
    }
    bar.finish_and_clear();
    Ok(tally)
}

/// Kills backends until the time is up, if there are any; how many there were.
async fn kill(
    backends: Option<&Backends>,
    random: fastrand::Rng,
    until: Instant,
) -> Result<Option<u64>, Box<dyn std::error::Error>> {
    match backends {
        Some(backends) => Ok(Some(killer::run(backends, random, until).await?)),
        None => Ok(None),
    }
}

/// A bar on the terminal; none where there is no terminal.
fn bar(length: u64, template: &str, prefix: &'static str) -> ProgressBar {
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length)
        .with_style(style)
        .with_prefix(prefix)
}
