//! A few tasks that write all the time, whatever happens to the servers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use wharf::prelude::*;

use super::bank;

const TASKS: u64 = 4;
/// A hundred times what it takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tasks that write until they are stopped.
pub(super) struct Writers {
    /// When the last write was acknowledged.
    answers: watch::Receiver<Instant>,
    is_over: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Writers {
    pub(super) fn start(db: &Database) -> Self {
        let (sender, answers) = watch::channel(Instant::now());
        let is_over = Arc::new(AtomicBool::new(false));
        let sender = Arc::new(sender);
        let task = |number| {
            let (db, sender, is_over) = (db.clone(), sender.clone(), is_over.clone());
            tokio::spawn(async move {
                let mut turn = number;
                while !is_over.load(Ordering::Relaxed) {
                    // What is under way when a primary dies fails, as it must: nobody knows whether it was applied.
                    if bank::touch(&db, turn).await.is_ok() {
                        sender.send_replace(Instant::now());
                    }
                    turn += TASKS;
                }
            })
        };
        Self {
            tasks: (0..TASKS).map(task).collect(),
            answers,
            is_over,
        }
    }

    /// When the first write is acknowledged from now on.
    pub(super) async fn next_answer(&self) -> crate::Result<Instant> {
        let mut answers = self.answers.clone();
        answers.mark_unchanged();
        timeout(PATIENCE, answers.changed()).await??;
        let at = *answers.borrow();
        Ok(at)
    }

    pub(super) async fn stop(self) -> crate::Result<()> {
        self.is_over.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await?;
        }
        Ok(())
    }
}
