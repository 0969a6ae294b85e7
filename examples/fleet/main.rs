//! 200 agents share one bank for ten seconds, and then the money is counted.
//!
//! `cargo run --release --example fleet -- --help`
//!
//! The bank is an SQLite file of 100,000 accounts, or the database of `--url`. Every agent has a session of its own, with
//! limits, and works as fast as it is answered: it transfers money (a transaction with a nested one that sometimes fails and
//! is undone alone), looks accounts up, reads pages, and adds everything up in a read-only transaction. The end is a table
//! of what was done and how long it took, and the proof that no money was lost, made, or moved twice.

mod agent;
mod bank;
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
        "{} accounts in {}, {} agents, {} s",
        HumanCount(options.accounts),
        place,
        options.agents,
        options.seconds
    );
    fill(&db, options.accounts).await?;
    let bank = Arc::new(Bank::new(options.accounts));
    let started = Instant::now();
    let tally = work(&db, &bank, options).await?;
    table::print(&tally, &bank, started.elapsed());
    let holds = proof::print(&db, &bank, &tally).await?;
    db.close().await;
    Ok(holds && tally.is_as_expected())
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
) -> Result<Tally, Box<dyn std::error::Error>> {
    let done = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let time = Duration::from_secs(options.seconds);
    let mut agents = JoinSet::new();
    for number in 0..options.agents {
        agents.spawn(Agent::new(number, db, bank.clone(), done.clone())?.run(started + time));
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
        bar.set_position(started.elapsed().min(time).as_millis() as u64);
        bar.set_message(format!(
            "{} operations",
            HumanCount(done.load(Ordering::Relaxed))
        ));
    }
    bar.finish_and_clear();
    Ok(tally)
}

/// A bar on the terminal; none where there is no terminal.
fn bar(length: u64, template: &str, prefix: &'static str) -> ProgressBar {
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length)
        .with_style(style)
        .with_prefix(prefix)
}
