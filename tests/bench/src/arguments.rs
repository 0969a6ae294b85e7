//! What the command line asks for.

use std::str::FromStr;
use std::time::Duration;

use crate::{crud, pool, routing};

pub(crate) const USAGE: &str = "\
wharf-bench crud [--rounds N] [--seconds-per-cell S] [--only ENGINE-OR-CASE]... [--verbose]
wharf-bench pool [--workers N] [--rounds N] [--seconds-per-cell S] [--only CASE]... [--verbose]
wharf-bench routing [--rounds N] [--seconds-per-cell S] [--promotions N] [--only CASE]... [--verbose]
wharf-bench build [--rounds N]

crud    throughput of Wharf over that of sqlx and of SeaORM, on SQLite and PostgreSQL
pool    throughput of Wharf's pool over that of deadpool, bb8, mobc and sqlx, with N worker threads (as many as there
        are cores); memory of a connection, latency of a checkout, and how soon a dropped query's connection is free
routing what several nodes cost a program on PostgreSQL, what replicas bring, and how soon a program goes on after one
        of N promotions
build   CPU time of a cold debug build on Wharf over the same on sqlx";

/// Three peers take each place in the order equally often when the rounds are a multiple of three.
const CRUD_ROUNDS: u32 = 15;
/// The same for five peers, and for three.
const POOL_ROUNDS: u32 = 15;
/// The same for two peers.
const ROUTING_ROUNDS: u32 = 16;
/// Each takes some two seconds, most of which the servers need to get in line again.
const PROMOTIONS: u32 = 50;
/// Fewer tell nothing about the spread.
const LEAST_ROUNDS: u32 = 3;
/// Many short cells: when another program wakes up, it spoils a few ratios and not their median.
const CELL: Duration = Duration::from_millis(250);
/// CPU time of a build hardly varies; the second round builds in the other order.
const BUILD_ROUNDS: u32 = 2;

#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Crud(crud::Options),
    Build {
        rounds: u32,
    },
    Pool(pool::Options),
    Routing(routing::Options),
    /// What [`Command::Pool`] starts for each measurement of memory.
    PoolMemory {
        url: String,
    },
}

/// Reads the arguments after the program's name.
pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let command = arguments.next().ok_or("what is to be measured?")?;
    if command == pool::MEMORY_COMMAND {
        let url = value(&command, arguments.next())?;
        return Ok(Command::PoolMemory { url });
    }
    let (mut rounds, mut cell, mut only, mut verbose) = (None, CELL, Vec::new(), false);
    let (mut workers, mut promotions) = (None, PROMOTIONS);
    while let Some(name) = arguments.next() {
        match (command.as_str(), name.as_str()) {
            (_, "--help") => return Ok(Command::Help),
            (_, "--rounds") => rounds = Some(value::<u32>(&name, arguments.next())?),
            ("crud" | "pool" | "routing", "--seconds-per-cell") => {
                let seconds = value::<f64>(&name, arguments.next())?;
                cell = Duration::try_from_secs_f64(seconds)
                    .ok()
                    .filter(|cell| !cell.is_zero())
                    .ok_or_else(|| format!("{name} is {seconds}, and more than 0 is expected"))?;
            }
            ("crud" | "pool" | "routing", "--only") => {
                only.push(value::<String>(&name, arguments.next())?);
            }
            ("crud" | "pool" | "routing", "--verbose") => verbose = true,
            ("routing", "--promotions") => promotions = value::<u32>(&name, arguments.next())?,
            ("pool", "--workers") => {
                let threads = value::<usize>(&name, arguments.next())?;
                if threads == 0 {
                    return Err(format!("{name} is 0, and at least 1 is expected"));
                }
                workers = Some(threads);
            }
            _ => return Err(format!("unknown argument `{name}` of {command}")),
        }
    }
    match command.as_str() {
        "--help" | "help" => Ok(Command::Help),
        "crud" => {
            let rounds = at_least(LEAST_ROUNDS, rounds.unwrap_or(CRUD_ROUNDS))?;
            Ok(Command::Crud(crud::Options {
                rounds,
                cell,
                only,
                verbose,
            }))
        }
        "pool" => {
            let rounds = at_least(LEAST_ROUNDS, rounds.unwrap_or(POOL_ROUNDS))?;
            Ok(Command::Pool(pool::Options {
                workers,
                rounds,
                cell,
                only,
                verbose,
            }))
        }
        "routing" => {
            let rounds = at_least(LEAST_ROUNDS, rounds.unwrap_or(ROUTING_ROUNDS))?;
            Ok(Command::Routing(routing::Options {
                rounds,
                cell,
                promotions,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Command, String> {
        parse(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn a_pool_is_measured_with_what_was_asked_for() {
        let line = "pool --workers 4 --rounds 5 --only checkout-1 --only find-16 --verbose";
        let Ok(Command::Pool(options)) = parse_line(line) else {
            panic!("it is a command for the pool");
        };
        assert_eq!((options.workers, options.rounds), (Some(4), 5));
        assert_eq!(options.only, ["checkout-1", "find-16"]);
        assert!(options.verbose);
    }

    #[test]
    fn routing_is_measured_with_as_many_promotions_as_were_asked_for() {
        let Ok(Command::Routing(options)) = parse_line("routing --promotions 7 --only promotions")
        else {
            panic!("it is a command for routing");
        };
        assert_eq!((options.promotions, options.rounds), (7, ROUTING_ROUNDS));
        assert_eq!(options.only, ["promotions"]);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_reason() {
        for (line, reason) in [
            (
                "pool --workers 0",
                "--workers is 0, and at least 1 is expected",
            ),
            (
                "pool --rounds 2",
                "--rounds is 2, and at least 3 is expected",
            ),
            (
                "pool --seconds-per-cell 0",
                "--seconds-per-cell is 0, and more than 0 is expected",
            ),
            ("crud --workers 2", "unknown argument `--workers` of crud"),
            ("pool --workers", "--workers has no value"),
            ("pond", "unknown command `pond`"),
        ] {
            assert_eq!(parse_line(line).expect_err(line), reason);
        }
    }

    #[test]
    fn help_is_given_wherever_it_is_asked_for() {
        for line in ["--help", "pool --help", "crud --rounds 3 --help"] {
            assert!(matches!(parse_line(line), Ok(Command::Help)), "{line}");
        }
    }
}
