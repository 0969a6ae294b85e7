//! Makes one entry after the other, and reads each back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use wharf::prelude::*;

use crate::journal::{Entries, Journal};
use crate::story::Story;

/// A pause that is worth a line.
const LONG: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The numbers whose commit was acknowledged.
    pub(crate) acknowledged: Vec<i64>,
    /// Reads that didn't show what had just been written.
    pub(crate) stale: usize,
    /// The longest time between two acknowledgements.
    pub(crate) longest_pause: Duration,
}

pub(crate) async fn run(db: Database, story: Story, is_over: Arc<AtomicBool>) -> Result<Written> {
    let session = db.session("writer").open()?;
    let mut written = Written::default();
    let mut last = Instant::now();
    let mut number = 0;
    while !is_over.load(Ordering::Relaxed) {
        number += 1;
        Journal.append(&session, number).await?;
        written.acknowledged.push(number);
        let pause = last.elapsed();
        last = Instant::now();
        written.longest_pause = written.longest_pause.max(pause);
        if pause > LONG {
            story.tell(format_args!(
                "entry {number} is acknowledged, {} ms after entry {}",
                pause.as_millis(),
                number - 1
            ));
        }
        // On the same session: whichever server answers, it must have the entry.
        let found = Entries::last(&session).await?;
        written.stale += usize::from(found.number < number);
    }
    Ok(written)
}
