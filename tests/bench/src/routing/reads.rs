//! How many rows a second are found with no replica, with one, and with two.

use wharf::prelude::*;

use super::Options;
use super::bank;
use super::trio::Trio;
use crate::pool::compare::{Side, in_turns};
use crate::pool::load::Load;
use crate::statistics::median;

const TASKS: u64 = 16;

/// Prints `routing reads-per-second-REPLICAS NUMBER`. Where servers and client share their cores, more servers bring nothing.
pub(super) async fn print(trio: &Trio, options: &Options) -> crate::Result<()> {
    let mut nodes = vec![trio.primary()];
    nodes.extend(trio.replicas());
    let databases = [
        trio.alone(nodes[0]).await?,
        trio.together(&nodes[..2]).await?,
        trio.together(&nodes).await?,
    ];
    let names = [
        "reads-per-second-0",
        "reads-per-second-1",
        "reads-per-second-2",
    ];
    let side =
        |(name, db): (&'static str, &Database)| Side::under_load(name, Reads(db.clone()), TASKS);
    let sides: Vec<_> = names.into_iter().zip(&databases).map(side).collect();
    let samples = in_turns("reads", &sides, options.rounds, options.cell).await?;
    for (side, own) in sides.iter().zip(&samples) {
        let per_second = median(own.iter().map(|sample| sample.per_second));
        println!("routing {} {per_second:.0}", side.name);
    }
    for db in databases {
        db.close().await;
    }
    Ok(())
}

#[derive(Clone)]
struct Reads(Database);

impl Load for Reads {
    const OPERATIONS: u64 = 1;

    async fn turn(&self, number: u64) -> crate::Result<()> {
        Ok(bank::find(&self.0, number).await?)
    }
}
