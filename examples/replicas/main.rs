//! A primary with two replicas, a writer and four readers; then the primary is killed.
//!
//! `cargo run --release --example replicas`
//!
//! The servers are real ones, of PostgreSQL (on Debian and Ubuntu: `apt-get install postgresql postgresql-client`), in a
//! temporary directory. A writer makes one entry after the other and reads each back, the readers follow. The
//! primary is killed, and half a second later a replica is promoted by hand, as a manager of clusters would do it: Wharf
//! promotes nothing, it notices. In the end the entries are counted: none may be lost, none doubled, and nobody may have
//! read the past.
//!
//! Replication is synchronous, so that what was acknowledged is on two servers. Otherwise a killed primary takes its
//! last commits along, whoever asks for them.

mod journal;
mod observer;
mod proof;
mod reader;
mod servers;
mod story;
mod writer;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wharf::NodeConfig;
use wharf::prelude::*;

use journal::Entry;
use servers::Servers;
use story::Story;

const READERS: usize = 4;
/// How long everything goes well, before and after.
const CALM: Duration = Duration::from_secs(2);
/// How long a manager of clusters takes to be sure; real ones take longer.
const HESITATION: Duration = Duration::from_millis(500);

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("replicas: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing was lost, doubled, or read out of order.
async fn run() -> Result<bool, Failure> {
    println!("starting three servers …");
    let servers = Servers::start().await?;

    // All there is to say: who is there. Everything else has a default.
    let [one, two, three] = servers.urls();
    let db = Database::builder()
        .primary(NodeConfig::new(one).name("node1"))
        .replica(NodeConfig::new(two).name("node2"))
        .replica(NodeConfig::new(three).name("node3"))
        .connect()
        .await?;
    db.install_guard().await?;
    db.create_table::<Entry>().await?;

    let story = Story::begin();
    let is_over = Arc::new(AtomicBool::new(false));
    let observer = tokio::spawn(observer::run(db.clone(), story.clone(), is_over.clone()));
    let writer = tokio::spawn(writer::run(db.clone(), story.clone(), is_over.clone()));
    let mut readers = Vec::new();
    for number in 0..READERS {
        let session = db.session(format!("reader-{number}")).open()?;
        readers.push(tokio::spawn(reader::run(session, is_over.clone())));
    }

    story.tell("a writer makes entries, four readers follow");
    tokio::time::sleep(CALM).await;
    explain(&db, &story);

    story.tell(format_args!("KILLED: {}, kill -9", servers.primary()));
    servers.kill_primary().await;
    tokio::time::sleep(HESITATION).await;
    let (promoted, took) = servers.promote().await;
    story.tell(format_args!(
        "PROMOTED: {promoted}, within {} ms",
        took.as_millis()
    ));
    servers.repoint().await;
    story.tell("the other replica follows it: commits are on two servers again");
    tokio::time::sleep(CALM).await;
    explain(&db, &story);

    is_over.store(true, Ordering::Relaxed);
    observer.await?;
    let written = writer.await??;
    let mut seen = Vec::new();
    for reader in readers {
        seen.push(reader.await??);
    }
    println!();
    proof::print_reads(&seen, &servers.ports());
    println!();
    let holds = proof::print(&db, &written, &seen).await?;
    db.close().await;
    Ok(holds)
}

/// Where a read would go now, and why.
fn explain(db: &Database, story: &Story) {
    story.tell(format_args!("a read would go to {}", db.explain_read()));
}
