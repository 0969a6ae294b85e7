//! What a connection of Wharf's takes in this process.
//!
//! Memory that was given back is hardly ever given back to the system, so every measurement has a process of its own.

use std::process::Command;
use std::{env, fs};

use ::wharf::{Database, PoolConfig, TransactionOptions};

use crate::Result;
use crate::crud::wharf::Accounts;
use crate::statistics::median;

/// The command of this program that [`per_connection`] starts.
pub(crate) const COMMAND: &str = "pool-memory";
/// Connections beside the first one, which brings what all of them share.
const CONNECTIONS: u32 = 50;
const TIMES: usize = 3;

/// The median of some processes, in KiB.
pub(crate) fn per_connection(url: &str) -> Result<f64> {
    let mut measured = Vec::new();
    for _ in 0..TIMES {
        let output = Command::new(env::current_exe()?)
            .args([COMMAND, url])
            .output()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        let kib = printed.trim().parse::<f64>().map_err(|_| {
            let complaint = String::from_utf8_lossy(&output.stderr);
            format!("measuring memory gave `{printed}` and `{complaint}`")
        })?;
        measured.push(kib);
    }
    Ok(median(measured))
}

/// Measures in this process, which has done nothing before, and prints the KiB of a connection.
pub(crate) async fn print(url: &str) -> Result<()> {
    let pool = PoolConfig::new().max_connections(1 + CONNECTIONS);
    let db = Database::builder()
        .primary(url)
        .pool(pool)
        .connect()
        .await?;
    query_on(&db, 1).await?;
    let before = resident_kib()?;
    query_on(&db, 1 + CONNECTIONS).await?;
    let after = resident_kib()?;
    println!("{}", (after - before) / f64::from(CONNECTIONS));
    db.close().await;
    Ok(())
}

/// A query on each of so many connections at once.
async fn query_on(db: &Database, connections: u32) -> Result<()> {
    let mut units = Vec::new();
    for _ in 0..connections {
        // On SQLite there are many readers and one writer.
        let unit = db.begin_with(TransactionOptions::new().read_only()).await?;
        Accounts::find(&unit, 1)
            .await?
            .ok_or("a row wasn't found")?;
        units.push(unit);
    }
    for unit in units {
        unit.commit().await?;
    }
    Ok(())
}

/// The memory of this process that is in RAM.
fn resident_kib() -> Result<f64> {
    // `statm` and `status` are quicker, and off by what each thread hasn't reported yet.
    let rollup = fs::read_to_string("/proc/self/smaps_rollup")?;
    parse(&rollup).ok_or_else(|| format!("/proc/self/smaps_rollup is `{rollup}`").into())
}

fn parse(rollup: &str) -> Option<f64> {
    let rest = rollup.lines().find_map(|line| line.strip_prefix("Rss:"))?;
    rest.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resident_memory_is_found_among_the_rest() {
        let rollup =
            "55d0-7ffd ---p 00000000 00:00 0 [rollup]\nRss:                1904 kB\nPss:  340 kB\n";
        assert_eq!(parse(rollup), Some(1_904.0));
        assert_eq!(parse("Pss: 340 kB\n"), None);
    }
}
