//! Deletes guard rows that nobody will ask about any more.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::watch;

use crate::driver::{Command, Operation, Request};
use crate::error::Result;
use crate::pool::{AcquireOptions, Purpose, Site};
use crate::routing::{Route, Router, Routing};
use crate::topology::Access;
use crate::transaction::guard_sql;

/// How many rows one statement deletes: few enough that nobody waits for it.
const BATCH: u64 = 1_000;
/// The pause after a full batch: ten thousand rows a second at most.
const BUSY_PAUSE: Duration = Duration::from_millis(100);
/// The pause when nothing was left.
const IDLE_PAUSE: Duration = Duration::from_secs(60);

/// Starts the task, the first time.
pub(super) fn start(route: &Route) {
    let router = route.router();
    router
        .guarding()
        .start_sweeper(|is_ended| sweep(Arc::downgrade(router), is_ended));
}

async fn sweep(router: Weak<Router>, mut is_ended: watch::Receiver<bool>) {
    let mut pause = Duration::ZERO;
    loop {
        let ended = is_ended.wait_for(|is_ended| *is_ended);
        if tokio::time::timeout(pause, ended).await.is_ok() {
            return;
        }
        let Some(router) = router.upgrade() else {
            return;
        };
        pause = match sweep_batch(Route::of_database(router, Routing::new())).await {
            Ok(BATCH..) => BUSY_PAUSE,
            Ok(_) => IDLE_PAUSE,
            Err(error) => {
                tracing::debug!(error = %error, "guard rows that have expired could not be deleted");
                IDLE_PAUSE
            }
        };
    }
}

async fn sweep_batch(route: Route) -> Result<u64> {
    let router = route.router();
    let (sql, sets) = guard_sql::sweep(router.dialect(), router.guarding().retention, BATCH);
    let mut request = Request::control(Command::Statement, sql, "DELETE");
    request.sets = sets;
    request.operation = Operation::write("guard sweeper", "DELETE", "wharf_outcome");
    let options = AcquireOptions::new(Site::named("guard sweeper"), Purpose::Statement);
    let answer = route.run(Access::Write, &options, request).await?;
    Ok(answer.affected)
}
