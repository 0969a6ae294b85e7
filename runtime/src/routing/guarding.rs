//! How the commits on a database are guarded, and whether somebody sweeps up after them.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::task_group::TaskGroup;

/// How the commits on a database are guarded.
#[derive(Debug)]
pub(crate) struct Guarding {
    /// Whether every unit that may write leaves a row that tells about its commit.
    pub(crate) every_unit: bool,
    /// How long such rows are kept.
    pub(crate) retention: Duration,
    tasks: Arc<TaskGroup>,
    is_swept: AtomicBool,
    is_ended: watch::Sender<bool>,
}

impl Guarding {
    pub(crate) fn new(every_unit: bool, retention: Duration, tasks: Arc<TaskGroup>) -> Self {
        Self {
            every_unit,
            retention,
            tasks,
            is_swept: AtomicBool::new(false),
            is_ended: watch::Sender::new(false),
        }
    }

    /// Starts the task that sweeps, the first time. It is to end when what it is given turns true, or is gone.
    pub(crate) fn start_sweeper<F>(&self, sweeper: impl FnOnce(watch::Receiver<bool>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // Looked at first: it is asked with every commit.
        if !self.is_swept.load(Ordering::Relaxed) && !self.is_swept.swap(true, Ordering::Relaxed) {
            let sweeper = sweeper(self.is_ended.subscribe());
            self.tasks.start("guard sweeper", sweeper);
        }
    }

    /// Ends the sweeper.
    pub(crate) fn end(&self) {
        self.is_ended.send_replace(true);
    }
}
