//! Borrowing connections: Wharf's pool and its peers', one after the other, in turns.
//!
//! First pools of connections that do nothing, so that nothing but the pools is measured; then PostgreSQL behind them.
//! What is compared is only ever the throughput of two peers in the same round.

mod bb8;
mod cancel;
mod case;
mod checkout;
pub(crate) mod compare;
mod deadpool;
mod find;
mod latency;
pub(crate) mod load;
mod memory;
mod mobc;
mod nothing;
mod peer;
mod plain_sqlx;
mod semaphore;
mod waiters;
mod wharf;

use std::time::Duration;

use case::Case;
use checkout::{Free, Scarce};
use compare::{Side, compare};
use peer::{Peer, fill};
use tokio::runtime::Handle;

pub(crate) use memory::{COMMAND as MEMORY_COMMAND, print as print_memory};

use crate::crud::stage::{Engine, Stage};
use crate::{Result, machine};

/// What is to be measured, and for how long.
#[derive(Debug)]
pub(crate) struct Options {
    /// Threads that run tasks; one a core if `None`.
    pub(crate) workers: Option<usize>,
    pub(crate) rounds: u32,
    /// How long one peer does one thing in one round.
    pub(crate) cell: Duration,
    /// Names of cases; all if none is named.
    pub(crate) only: Vec<String>,
    pub(crate) verbose: bool,
}

/// How long somebody waits for a connection, in every pool that knows such a limit.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// Measures and prints.
pub(crate) async fn run(options: &Options) -> Result<()> {
    let cases = case::chosen(&options.only)?;
    let libraries = ["deadpool", "bb8", "mobc", "sqlx", "tokio"].map(machine::library);
    println!("machine {}", machine::processor());
    println!("with {}", libraries.join(", "));
    println!(
        "on {} worker threads",
        Handle::current().metrics().num_workers()
    );
    // The file that Wharf's connections have open in the cases in which none of them does anything.
    let mut file = Stage::open(Engine::Sqlite).await?;
    let mut server = None;
    for case in cases {
        eprintln!("{}", case.name());
        if case.needs_server() && server.is_none() {
            let mut stage = Stage::open(Engine::Postgres).await?;
            println!("on {}", stage.version().await?);
            stage.tidy().await?;
            server = Some(stage);
        }
        let on_server = || server.as_ref().ok_or("there is no server");
        match case {
            Case::Checkout { .. } | Case::ScarceCheckout | Case::Waiters => {
                let sides = sides(case, file.url()).await?;
                compare(case.name(), &sides, options).await?;
            }
            Case::Find { tasks } => {
                let sides = find::sides(on_server()?, tasks).await?;
                compare(case.name(), &sides, options).await?;
            }
            Case::Memory => {
                file.tidy().await?;
                for stage in [&file, on_server()?] {
                    let kib = memory::per_connection(stage.url())?;
                    println!("pool {} {} {kib:.0}", case.name(), stage.engine().name());
                }
            }
            Case::Latency => latency::print(file.url(), options.verbose).await?,
            Case::Cancel => cancel::print(on_server()?).await?,
        }
    }
    Ok(())
}

/// Everybody with a pool of connections that do nothing; Wharf first.
async fn sides(case: Case, url: &str) -> Result<Vec<Side>> {
    let connections = case.connections();
    // The only one that waits without a limit unless it is told one; where nobody waits it is left as it is.
    let timeout = (case == Case::Waiters).then_some(ACQUIRE_TIMEOUT);
    let mut sides = vec![
        side(case, wharf::Wharf::open(url, connections).await?).await?,
        side(case, deadpool::Deadpool::open(connections, timeout)?).await?,
        side(case, bb8::Bb8::open(connections).await?).await?,
        side(case, mobc::Mobc::open(connections)).await?,
        side(case, plain_sqlx::PlainSqlx::open(connections)).await?,
    ];
    if case == Case::Waiters {
        sides.push(side(case, semaphore::Permits::new(connections)).await?);
    }
    Ok(sides)
}

async fn side<P: Peer>(case: Case, peer: P) -> Result<Side> {
    fill(&peer, case.connections()).await?;
    Ok(match case {
        Case::Waiters => Side::new(P::NAME, move |cell| waiters::sample(peer.clone(), cell)),
        Case::ScarceCheckout => Side::under_load(P::NAME, Scarce(peer), case.tasks()),
        _ => Side::under_load(P::NAME, Free(peer), case.tasks()),
    })
}
