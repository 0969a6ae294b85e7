//! Wharf side by side with its peers, in one process. How to read what it prints: `docs/performance.md`.

mod arguments;
mod build;
mod cpu;
mod crud;
mod directory;
mod machine;
mod statistics;

use std::process::ExitCode;

use arguments::{Command, USAGE};

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T, E = Error> = std::result::Result<T, E>;

#[tokio::main]
async fn main() -> ExitCode {
    let command = match arguments::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let done = match command {
        Command::Crud(options) => crud::run(&options).await,
        Command::Build { rounds } => build::run(rounds),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("failed: {error}");
            ExitCode::FAILURE
        }
    }
}
