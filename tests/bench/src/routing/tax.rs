//! What routing, tokens, breakers and guard rows cost, over the same program without them.

use std::time::Duration;

use wharf::prelude::*;

use super::Options;
use super::bank::{self, Bank};
use super::trio::Trio;
use crate::cpu::CpuTime;
use crate::pool::compare::{Side, absolute, in_turns};
use crate::pool::load::{Load, Sample};
use crate::statistics::median;

/// One after the other: what is measured is how long it takes and how much work it is.
const TASKS: u64 = 1;
const IDLE: Duration = Duration::from_secs(5);

/// Finds a row: on a replica as the only node, and on the same replica beside a primary, in a session that has committed
/// something and so has a token to look at.
pub(super) async fn find(trio: &Trio, options: &Options) -> crate::Result<()> {
    let replica = trio.replicas()[0];
    let alone = trio.alone(replica).await?;
    let together = trio.together(&[trio.primary(), replica]).await?;
    let writer = together.session("writer").open()?;
    Bank.transfer(&writer, 0).await?;
    let sides = [
        Side::under_load("alone", Find(alone.session("reader").open()?), TASKS),
        Side::under_load("routed", Find(writer), TASKS),
    ];
    compare("find", &sides, options).await?;
    close([alone, together]).await
}

/// Moves money on the primary: as the only node, and beside replicas; without and with a guard row.
pub(super) async fn transfer(trio: &Trio, options: &Options) -> crate::Result<()> {
    let alone = trio.alone(trio.primary()).await?;
    let together = trio.together(&[0, 1, 2]).await?;
    let session = |db: &Database| db.session("clerk").open();
    let sides = [
        Side::under_load("alone", Transfer(session(&alone)?), TASKS),
        Side::under_load("routed", Transfer(session(&together)?), TASKS),
        Side::under_load("guarded", TransferOnce(session(&alone)?), TASKS),
        Side::under_load("routed-guarded", TransferOnce(session(&together)?), TASKS),
    ];
    compare("transfer", &sides, options).await?;
    close([alone, together]).await
}

/// What those cost who look after three nodes, while nobody calls: percent of a core.
pub(super) async fn monitors(trio: &Trio) -> crate::Result<()> {
    let together = trio.together(&[0, 1, 2]).await?;
    let before = CpuTime::now()?;
    tokio::time::sleep(IDLE).await;
    let used = CpuTime::now()?.own - before.own;
    let percent = used.as_secs_f64() / IDLE.as_secs_f64() * 100.0;
    println!("routing monitors-cpu-percent {percent:.2}");
    close([together]).await
}

async fn close(databases: impl IntoIterator<Item = Database>) -> crate::Result<()> {
    for db in databases {
        db.close().await;
    }
    Ok(())
}

/// Prints `routing CASE-SIDE-cpu RATIO` and `routing CASE-SIDE-latency RATIO`, over the first side.
async fn compare(case: &str, sides: &[Side], options: &Options) -> crate::Result<()> {
    let samples = in_turns(case, sides, options.rounds, options.cell).await?;
    for (side, own) in sides.iter().zip(&samples) {
        if options.verbose {
            println!("# {case} {}: {}", side.name, absolute(own));
        }
    }
    for (side, own) in sides.iter().zip(&samples).skip(1) {
        let ratio = |of: fn(&Sample) -> f64| {
            let rounds = own.iter().zip(&samples[0]);
            median(rounds.map(|(own, base)| of(own) / of(base)))
        };
        let cpu = ratio(|sample| sample.cpu.as_secs_f64());
        let latency = ratio(|sample| sample.per_second.recip());
        println!("routing {case}-{}-cpu {cpu:.3}", side.name);
        println!("routing {case}-{}-latency {latency:.3}", side.name);
    }
    Ok(())
}

#[derive(Clone)]
struct Find(Session);

impl Load for Find {
    const OPERATIONS: u64 = 1;

    async fn turn(&self, number: u64) -> crate::Result<()> {
        Ok(bank::find(&self.0, number).await?)
    }
}

#[derive(Clone)]
struct Transfer(Session);

impl Load for Transfer {
    const OPERATIONS: u64 = 1;

    async fn turn(&self, number: u64) -> crate::Result<()> {
        Ok(Bank.transfer(&self.0, number).await?)
    }
}

#[derive(Clone)]
struct TransferOnce(Session);

impl Load for TransferOnce {
    const OPERATIONS: u64 = 1;

    async fn turn(&self, number: u64) -> crate::Result<()> {
        Ok(Bank.transfer_once(&self.0, number).await?)
    }
}
