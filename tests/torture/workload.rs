//! Those who use the database while it is tortured, each as fast as it is answered.

mod appender;
mod auditor;
mod author;
mod mover;
mod reader;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use wharf::{Database, Error, Result};

use crate::bank::{NOTES, REGISTERS, WITNESS};
use crate::history::History;
use appender::Appender;
use auditor::Auditor;
use author::Author;
use mover::Mover;
use reader::Reader;

const MOVERS: usize = 6;
const APPENDERS: usize = 2;
const READERS: usize = 2;
/// So many calls in a row append to the same list.
const RUN: i64 = 32;
/// After a call that failed at once, so that a broken database isn't all that the machine is busy with.
const PAUSE: Duration = Duration::from_millis(5);

/// What all workers share.
#[derive(Debug, Clone)]
struct Desk {
    db: Database,
    history: Arc<History>,
    is_over: Arc<AtomicBool>,
}

impl Desk {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Counts a read that failed.
    async fn failed(&self, error: &Error) {
        self.history.told(error);
        tokio::time::sleep(PAUSE).await;
    }
}

/// All workers, at work.
#[derive(Debug)]
pub(crate) struct Workload {
    is_over: Arc<AtomicBool>,
    workers: JoinSet<Result<()>>,
}

impl Workload {
    /// `drops`: of how many transfers one is dropped in the middle.
    pub(crate) fn start(
        db: &Database,
        history: &Arc<History>,
        random: &mut fastrand::Rng,
        drops: u32,
    ) -> Self {
        let desk = Desk {
            db: db.clone(),
            history: history.clone(),
            is_over: Arc::default(),
        };
        let mut workers = JoinSet::new();
        for number in 0..MOVERS {
            workers.spawn(Mover::new(desk.clone(), random.fork(), drops, number == 0).run());
        }
        for _ in 0..APPENDERS {
            workers.spawn(Appender::new(desk.clone()).run());
        }
        for note in (0..NOTES).filter(|note| *note != WITNESS) {
            workers.spawn(Author::new(desk.clone(), random.fork(), note).run());
        }
        for _ in 0..READERS {
            workers.spawn(Reader::new(desk.clone(), random.fork()).run());
        }
        workers.spawn(Auditor::new(desk.clone()).run());
        Self {
            is_over: desk.is_over,
            workers,
        }
    }

    /// Lets everybody finish what they do.
    ///
    /// # Errors
    /// When a session could not be opened.
    pub(crate) async fn end(mut self) -> Result<()> {
        self.is_over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.workers.join_next().await {
            match ended {
                Ok(ended) => ended?,
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }
        Ok(())
    }
}

/// The list that a call of this number appends to.
fn register(number: i64) -> i64 {
    number / RUN % REGISTERS
}
