//! The background tasks of a database: few, named, and ended by `close()`.

use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use tokio::task::JoinHandle;

/// The background tasks of a database.
#[derive(Debug, Default)]
pub(crate) struct TaskGroup {
    /// Guards the list of what has been started and not yet awaited.
    tasks: Mutex<Vec<(&'static str, JoinHandle<()>)>>,
}

impl TaskGroup {
    /// Starts a task; its name is one of those that ARCHITECTURE lists.
    pub(crate) fn start(
        &self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let handle = tokio::spawn(task);
        if let Ok(mut tasks) = self.tasks.lock() {
            tasks.push((name, handle));
        }
    }

    /// Waits for every task to end by itself, then ends what is left; says which those were.
    pub(crate) async fn join(&self, grace: Duration) -> Vec<&'static str> {
        let tasks = self
            .tasks
            .lock()
            .map(|mut tasks| std::mem::take(&mut *tasks))
            .unwrap_or_default();
        let mut late = Vec::new();
        for (name, mut handle) in tasks {
            if tokio::time::timeout(grace, &mut handle).await.is_err() {
                handle.abort();
                late.push(name);
            }
        }
        late
    }
}
