//! Closing a pool: nobody new, a grace for those who are there, and then nothing stays open.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::caller::Caller;
use super::keeper::Work;
use super::quarantine::COMMIT_LIMIT;
use super::refusal::Refusal;
use super::shared::{Pool, Shared};
use super::slot::Lent;
use crate::clock::Time;

/// How long what was stopped after the grace may take to end.
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// How long connections that were ended on the server may take to be noticed here.
const LAST_LIMIT: Duration = Duration::from_secs(1);

/// What closing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[non_exhaustive]
pub struct CloseReport {
    /// Connections that were in use, and came back within the grace period.
    pub drained: u64,
    /// Connections that were still in use then: their statements were stopped, and their units of work rolled back.
    pub cancelled: u64,
    /// Connections closed in all, idle ones included.
    pub closed: u64,
    /// Connections that somebody still holds. A server has ended them, but for a commit that takes longer than a minute;
    /// an SQLite file is open until they are dropped.
    pub abandoned: u64,
}

impl CloseReport {
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            drained: self.drained + other.drained,
            cancelled: self.cancelled + other.cancelled,
            closed: self.closed + other.closed,
            abandoned: self.abandoned + other.abandoned,
        }
    }
}

impl Pool {
    /// Refuses new callers, waits for what is lent up to the grace period, then stops and closes everything.
    ///
    /// # Cancel safety
    /// Dropped in between, new callers are refused, and what comes back is closed.
    pub(crate) async fn close(&self) -> CloseReport {
        let shared = self.shared();
        let before = shared
            .core
            .look(|state, idle| (state.closed_count(), state.census(idle).lent as u64));
        shared.decide(|state, idle, steps| state.close(Time::now(), idle, steps));
        let grace = Instant::now() + shared.config.close_timeout;
        let mut report = CloseReport::default();
        if !shared.drained_by(grace).await {
            let lent = shared.lent();
            report.cancelled = lent.len() as u64;
            for lent in &lent {
                shared.stop(lent, "the database was closed");
            }
            if !shared.drained_by(Instant::now() + STOP_LIMIT).await {
                let stoppers = shared.lent().into_iter().filter_map(|lent| lent.stopper);
                let ending = async {
                    for stopper in stoppers.filter(|stopper| !stopper.is_deciding()) {
                        let _ = shared.control.terminate(stopper.process()).await;
                    }
                };
                // A server that doesn't answer finds out when the sockets close.
                let _ = tokio::time::timeout(STOP_LIMIT, ending).await;
                let last = Instant::now() + COMMIT_LIMIT;
                while !shared.drained_by(Instant::now() + LAST_LIMIT).await
                    && shared.is_deciding()
                    && Instant::now() < last
                {}
            }
        }
        report.abandoned = shared.lent().len() as u64;
        report.drained = before.1.saturating_sub(report.cancelled);
        report.closed = shared.core.look(|state, _| state.closed_count()) - before.0;
        shared.control.close().await;
        shared.send(Work::Stop);
        report
    }

    /// Ends what a session does now: its statements are stopped on the server, its idle units of work lose their connections.
    pub(crate) fn kill(&self, caller: &Caller, reason: &str) {
        let shared = self.shared();

        shared.decide(|state, idle, steps| {
            state.refuse_all(
                Time::now(),
                Refusal::Killed,
                |_, ask| ask.caller == Some(caller.id()),
                idle,
                steps,
            );
        });
        let is_its = |lent: &Lent| {
            lent.holder
                .session
                .as_ref()
                .is_some_and(|name| Arc::ptr_eq(name, &caller.name))
        };
        for lent in shared.lent().iter().filter(|lent| is_its(lent)) {
            shared.stop(lent, reason);
        }
    }

    /// The last handle is gone, and nobody can wait: closes what is idle now, and the rest when it comes back.
    pub(crate) fn abandon(&self) {
        let shared = self.shared();
        if shared.core.look(|state, _| state.is_closed()) {
            return;
        }
        shared.decide(|state, idle, steps| state.close(Time::now(), idle, steps));
        shared.send(Work::Finish);
    }
}

impl Shared {
    /// Waits until every connection is closed; `false` when that took too long.
    async fn drained_by(&self, deadline: Instant) -> bool {
        loop {
            let mut progress = std::pin::pin!(self.progress.notified());
            progress.as_mut().enable();
            if self.core.look(|state, _| state.is_drained()) {
                return true;
            }
            if tokio::time::timeout_at(deadline.into(), progress)
                .await
                .is_err()
            {
                return self.core.look(|state, _| state.is_drained());
            }
        }
    }

    /// Whether a commit is out somewhere, which nobody else ends.
    fn is_deciding(&self) -> bool {
        let mut lent = self.lent().into_iter();
        lent.any(|lent| lent.stopper.is_some_and(|stopper| stopper.is_deciding()))
    }

    /// The connections that somebody has.
    pub(super) fn lent(&self) -> Vec<Lent> {
        self.core
            .slots()
            .filter_map(|own| own.lent(own.id()))
            .collect()
    }

    /// Stops what runs on a connection, or takes the connection away if nothing does.
    fn stop(&self, lent: &Lent, reason: &str) {
        if let Some(stop) = lent.running.clone() {
            self.send(Work::Kill { stop });
        }
        if !lent.holder.reclaim(reason) {
            // Something runs, or ran a moment ago. When that has ended nobody may call, so the pool looks again.
            self.core.slot(lent.slot).expires(&lent.holder, Time::now());
        }
    }
}
