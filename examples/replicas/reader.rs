//! Follows the entries, and minds that they never become fewer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wharf::prelude::*;

use crate::journal::Entries;

#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// How many reads each server answered, by its port.
    pub(crate) by_port: BTreeMap<i32, usize>,
    /// Reads that showed less than the one before.
    pub(crate) backwards: usize,
}

pub(crate) async fn run(session: Session, is_over: Arc<AtomicBool>) -> Result<Seen> {
    let mut seen = Seen::default();
    let mut last = 0;
    while !is_over.load(Ordering::Relaxed) {
        let found = Entries::last(&session).await?;
        seen.backwards += usize::from(found.number < last);
        last = found.number;
        *seen.by_port.entry(found.port).or_default() += 1;
        // They are many, and in no hurry.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(seen)
}
