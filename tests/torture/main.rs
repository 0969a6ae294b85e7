//! Tortures a cluster under a program that uses it through Wharf, and looks for broken promises.
//!
//! `cargo run --release -p wharf-tests --bin torture -- --help`
//!
//! A primary and two replicas, real servers started for the run. *Workers* move money, append to lists, and read what they
//! and others wrote; the *nemesis* kills, freezes and cuts off nodes, one fault after the other, while the *cutter* cuts off
//! one commit of fifty, just as it passes; the *manager* promotes and repairs, as that of a real cluster does. In the end
//! the *checker* compares what the workers were told with what is there.
//!
//! `--without` switches off what a promise rests on. Then harm must be found: a checker that can't fail shows nothing.

mod bank;
mod checker;
mod cutter;
mod deck;
mod dropper;
mod ground;
mod history;
mod manager;
mod nemesis;
mod observer;
mod options;
mod report;
mod storm;
mod trial;
mod workload;

use std::process::ExitCode;

use wharf::__private::switch_off;
use wharf::Result;

use ground::Ground;
use observer::Observer;
use options::{Command, Options};
use trial::Trial;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Command::Run(options)) => options,
        Ok(Command::Help) => {
            print!("{}", options::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprint!("torture: {problem}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(&options).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("torture: {problem}");
            ExitCode::from(2)
        }
    }
}

/// Whether every promise held.
async fn run(options: &Options) -> Result<bool> {
    let Options { seed, .. } = options;
    eprintln!("torture: seed {seed}, {options:?}");
    if let Some(mechanism) = options.without {
        switch_off(mechanism);
    }
    let ground = Ground::start(options).await?;
    let holds = put_to_trial(options, &ground).await;
    ground.close().await;
    holds
}

async fn put_to_trial(options: &Options, ground: &Ground) -> Result<bool> {
    let observer = Observer::start(&ground.db);
    let mut trial = Trial::new(options, ground, &observer);
    let checked = trial.run().await?;
    let routing = ground.db.routing_stats();
    report::print(
        options.engine,
        &trial.history,
        &trial.incidents,
        &checked,
        routing,
    );
    Ok(checked.violations.is_empty())
}
