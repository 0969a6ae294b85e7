//! What can be said on the command line.

use std::ops::RangeInclusive;

use wharf::__private::Mechanism;

pub(crate) const USAGE: &str = "\
usage: cargo run --release -p wharf-tests --bin torture -- [OPTIONS]

  --seconds N    how long faults go on                  (default 30, 1 to 86400)
  --seed N       what all chances follow from           (default: another one every time; it is printed)
  --engine NAME  postgres or mysql                      (default postgres)
  --sync         a replica has a commit before it is acknowledged: none may be lost   (default)
  --async        none has: what was acknowledged just before a failover may be lost
  --without NAME switches a mechanism off and looks for the harm: guard, token, timeline (means --async) or state
  --help         this text

Exits with 0 when every promise held, with 1 when one was broken, and with 2 when it could not be tried.
";

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Command {
    Run(Options),
    Help,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Postgres,
    MySql,
}

impl Engine {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Options {
    pub(crate) seconds: u64,
    pub(crate) seed: u64,
    pub(crate) engine: Engine,
    pub(crate) is_synchronous: bool,
    pub(crate) without: Option<Mechanism>,
}

impl Options {
    /// Reads the arguments after the program's name; the error is for people.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
        let mut options = Self {
            seconds: 30,
            seed: fastrand::u64(..),
            engine: Engine::Postgres,
            is_synchronous: true,
            without: None,
        };
        let mut replication = None;
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
                "--seed" => options.seed = number(&name, &value()?, 0..=u64::MAX)?,
                "--engine" => options.engine = engine(&value()?)?,
                "--sync" => replication = Some(true),
                "--async" => replication = Some(false),
                "--without" => options.without = Some(mechanism(&value()?)?),
                "--help" | "-h" => return Ok(Command::Help),
                unknown => return Err(format!("there is no option `{unknown}`")),
            }
        }
        // An old primary can acknowledge nothing by itself when a replica has to have it as well.
        let needs_async = options.without == Some(Mechanism::Timeline);
        if needs_async && replication == Some(true) {
            return Err("--without timeline shows nothing with --sync".into());
        }
        options.is_synchronous = replication.unwrap_or(!needs_async);
        Ok(Command::Run(options))
    }
}

fn engine(text: &str) -> Result<Engine, String> {
    match text {
        "postgres" => Ok(Engine::Postgres),
        "mysql" => Ok(Engine::MySql),
        _ => Err(format!(
            "--engine is `{text}`, and postgres and mysql are allowed"
        )),
    }
}

fn mechanism(text: &str) -> Result<Mechanism, String> {
    match text {
        "guard" => Ok(Mechanism::Guard),
        "token" => Ok(Mechanism::Token),
        "timeline" => Ok(Mechanism::Timeline),
        "state" => Ok(Mechanism::State),
        _ => Err(format!(
            "--without is `{text}`, and guard, token, timeline and state are allowed"
        )),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options, String> {
        let arguments = text.split_whitespace().map(str::to_owned);
        Options::parse(arguments).map(|command| match command {
            Command::Run(options) => options,
            Command::Help => panic!("asks for help"),
        })
    }

    #[test]
    fn what_is_said_is_done() {
        let options = parse("--seconds 5 --seed=7 --engine mysql --without token");
        let expected = Options {
            seconds: 5,
            seed: 7,
            engine: Engine::MySql,
            is_synchronous: true,
            without: Some(Mechanism::Token),
        };
        assert_eq!(options, Ok(expected));
    }

    #[test]
    fn an_old_primary_harms_only_where_it_need_not_ask_a_replica() {
        let asynchronous = |text| parse(text).map(|options| !options.is_synchronous);
        assert_eq!(asynchronous(""), Ok(false));
        assert_eq!(asynchronous("--async"), Ok(true));
        assert_eq!(asynchronous("--without timeline"), Ok(true));
        assert!(asynchronous("--without timeline --sync").is_err());
    }

    #[test]
    fn what_is_not_understood_is_told() {
        for (text, part) in [
            ("--seconds 0", "1 to 86400"),
            ("--seconds", "needs a value"),
            ("--engine sqlite", "postgres and mysql"),
            ("--without luck", "guard, token, timeline and state"),
            ("--fast", "no option `--fast`"),
        ] {
            let problem = parse(text).expect_err(text);
            assert!(problem.contains(part), "{problem}");
        }
    }
}
