//! What is left in the end, compared with what was acknowledged.

use std::collections::{BTreeMap, BTreeSet};

use wharf::prelude::*;
use wharf::{Consistency, Routing};

use crate::journal::Entries;
use crate::reader::Seen;
use crate::writer::Written;

/// Who answered the readers.
pub(crate) fn print_reads(seen: &[Seen], names: &BTreeMap<i32, String>) {
    for (port, name) in names {
        let reads: usize = seen.iter().filter_map(|seen| seen.by_port.get(port)).sum();
        println!("{reads:7} reads by {name}");
    }
}

/// Whether it holds.
pub(crate) async fn print(db: &Database, written: &Written, seen: &[Seen]) -> Result<bool> {
    let primary = db.routed(Routing::new().consistency(Consistency::Primary));
    let there = Entries::numbers(&primary).await?;
    let once: BTreeSet<i64> = there.iter().copied().collect();
    let acknowledged = &written.acknowledged;
    let lost = acknowledged.iter().filter(|number| !once.contains(number));
    let reads: usize = seen.iter().flat_map(|seen| seen.by_port.values()).sum();
    let backwards: usize = seen.iter().map(|seen| seen.backwards).sum();
    println!("{:7} entries were acknowledged", acknowledged.len());
    println!(
        "{:7} ms was the longest time without an acknowledgement",
        written.longest_pause.as_millis()
    );
    let checks = [
        (lost.count(), "entries are lost".to_owned()),
        (there.len() - once.len(), "entries are there twice".into()),
        (
            written.stale,
            format!(
                "of {} reads by the writer missed its own entry",
                acknowledged.len()
            ),
        ),
        (
            backwards,
            format!("of {reads} reads by others went back in time"),
        ),
    ];
    for (count, what) in &checks {
        println!(
            "{} {count:4} {what}",
            if *count == 0 { "ok" } else { "BAD" }
        );
    }
    Ok(checks.iter().all(|(count, _)| *count == 0))
}
