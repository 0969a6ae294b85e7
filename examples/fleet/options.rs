//! What can be said on the command line.

use std::ops::RangeInclusive;

pub(crate) const USAGE: &str = "\
usage: cargo run --release --example fleet -- [OPTIONS]

  --seconds N    how long the agents work           (default 10, 1 to 86400)
  --agents N     how many there are                 (default 200, 1 to 10000)
  --accounts N   how many accounts the bank has     (default 100000, 20 to 10000000)
  --url URL      sqlite://FILE, postgres://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE
                 (default: an SQLite file that is removed in the end)
                 Its tables fleet_accounts, fleet_ledger and fleet_audit are dropped first, and stay in the end.
  --chaos        drops a tenth of all futures in the middle, and on a server kills connections every few hundred
                 milliseconds. On PostgreSQL those of this process; on MariaDB, which can't tell, all of the same
                 user in the same database; to see its transactions there, the user needs the privilege PROCESS.
  --seed N       what all chances follow from         (default: another one every time; it is printed)
  --help         this text
";

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Command {
    Run(Options),
    Help,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Options {
    pub(crate) seconds: u64,
    pub(crate) agents: u64,
    pub(crate) accounts: u64,
    pub(crate) url: Option<String>,
    pub(crate) chaos: bool,
    pub(crate) seed: u64,
}

impl Options {
    /// Reads the arguments after the program's name; the error is for people.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
        let mut options = Self {
            seconds: 10,
            agents: 200,
            accounts: 100_000,
            url: None,
            chaos: false,
            seed: fastrand::u64(..),
        };
        while let Some(argument) = arguments.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (argument, None),
            };
            let mut value = || {
                value
                    .clone()
                    .or_else(|| arguments.next())
                    .ok_or_else(|| format!("{name} needs a value"))
            };
            match name.as_str() {
                "--seconds" => options.seconds = number(&name, &value()?, 1..=86_400)?,
                "--agents" => options.agents = number(&name, &value()?, 1..=10_000)?,
                "--accounts" => options.accounts = number(&name, &value()?, 20..=10_000_000)?,
                "--url" => options.url = Some(value()?),
                "--chaos" => options.chaos = true,
                "--seed" => options.seed = number(&name, &value()?, 0..=u64::MAX)?,
                "--help" | "-h" => return Ok(Command::Help),
                unknown => return Err(format!("there is no option `{unknown}`")),
            }
        }
        Ok(Command::Run(options))
    }
}

fn number(name: &str, text: &str, allowed: RangeInclusive<u64>) -> Result<u64, String> {
    let found = text.parse().ok().filter(|number| allowed.contains(number));
    found.ok_or_else(|| {
        format!(
            "{name} is `{text}`, and a number from {} to {} is allowed",
            allowed.start(),
            allowed.end()
        )
    })
}
