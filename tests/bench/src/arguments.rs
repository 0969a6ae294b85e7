//! What the command line asks for.

use std::str::FromStr;
use std::time::Duration;

use crate::crud;

pub(crate) const USAGE: &str = "\
wharf-bench crud [--rounds N] [--seconds-per-cell S] [--only ENGINE-OR-CASE]... [--verbose]
wharf-bench build [--rounds N]

crud    throughput of Wharf over that of sqlx and of SeaORM, on SQLite and PostgreSQL
build   CPU time of a cold debug build on Wharf over the same on sqlx
";

/// Three peers take each place in the order equally often when the rounds are a multiple of three.
const CRUD_ROUNDS: u32 = 15;
/// Fewer tell nothing about the spread.
const LEAST_CRUD_ROUNDS: u32 = 3;
/// Many short cells: when another program wakes up, it spoils a few ratios and not their median.
const CELL: Duration = Duration::from_millis(250);
/// CPU time of a build hardly varies; the second round builds in the other order.
const BUILD_ROUNDS: u32 = 2;

pub(crate) enum Command {
    Crud(crud::Options),
    Build { rounds: u32 },
}

/// Reads the arguments after the program's name.
pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let command = arguments.next().ok_or("what is to be measured?")?;
    let (mut rounds, mut cell, mut only, mut verbose) = (None, CELL, Vec::new(), false);
    while let Some(name) = arguments.next() {
        match (command.as_str(), name.as_str()) {
            (_, "--rounds") => rounds = Some(value::<u32>(&name, arguments.next())?),
            ("crud", "--seconds-per-cell") => {
                let seconds = value::<f64>(&name, arguments.next())?;
                cell = Duration::try_from_secs_f64(seconds)
                    .ok()
                    .filter(|cell| !cell.is_zero())
                    .ok_or_else(|| format!("{name} is {seconds}, and more than 0 is expected"))?;
            }
            ("crud", "--only") => only.push(value::<String>(&name, arguments.next())?),
            ("crud", "--verbose") => verbose = true,
            _ => return Err(format!("unknown argument `{name}` of {command}")),
        }
    }
    match command.as_str() {
        "crud" => {
            let rounds = at_least(LEAST_CRUD_ROUNDS, rounds.unwrap_or(CRUD_ROUNDS))?;
            Ok(Command::Crud(crud::Options {
                rounds,
                cell,
                only,
                verbose,
            }))
        }
        "build" => Ok(Command::Build {
            rounds: at_least(1, rounds.unwrap_or(BUILD_ROUNDS))?,
        }),
        other => Err(format!("unknown command `{other}`")),
    }
}

fn value<T: FromStr>(name: &str, text: Option<String>) -> Result<T, String> {
    let text = text.ok_or_else(|| format!("{name} has no value"))?;
    text.parse()
        .map_err(|_| format!("{name} can't be `{text}`"))
}

fn at_least(least: u32, rounds: u32) -> Result<u32, String> {
    if rounds < least {
        return Err(format!(
            "--rounds is {rounds}, and at least {least} is expected"
        ));
    }
    Ok(rounds)
}
