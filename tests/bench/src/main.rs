//! Wharf side by side with its peers, in one process. How to read what it prints: `docs/performance.md`.

mod arguments;
mod build;
mod cpu;
mod crud;
mod directory;
mod machine;
mod pool;
mod routing;
mod statistics;

use std::process::ExitCode;

use arguments::{Command, USAGE};
use tokio::runtime::Builder;

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T, E = Error> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let command = match arguments::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let mut runtime = Builder::new_multi_thread();
    if let Command::Pool(pool::Options {
        workers: Some(workers),
        ..
    }) = command
    {
        runtime.worker_threads(workers);
    }
    let runtime = runtime.enable_all().build()?;
    match command {
        Command::Help => {
            println!("{USAGE}");
            Ok(())
        }
        Command::Crud(options) => runtime.block_on(crud::run(&options)),
        Command::Build { rounds } => build::run(rounds),
        Command::Pool(options) => runtime.block_on(pool::run(&options)),
        Command::Routing(options) => runtime.block_on(routing::run(&options)),
        Command::PoolMemory { url } => runtime.block_on(pool::print_memory(&url)),
    }
}
