//! The one task of a pool: it opens connections, makes dirty ones clean, and closes what is no longer wanted.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Weak;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, oneshot};
use tokio::time::MissedTickBehavior;

use super::shared::{Pool, Shared};
use super::state::SlotId;
use crate::driver::{Command, Request, Wire};

/// How often the ages of idle connections are looked at.
const TICK: Duration = Duration::from_secs(1);
/// How long an abandoned statement may go on by itself before the server is told to stop it.
const CANCEL_AFTER: Duration = Duration::from_millis(20);
/// How long a quarantine may take; then the connection is closed.
const QUARANTINE_LIMIT: Duration = Duration::from_secs(5);
/// How long a commit that nobody waits for any more may take. It is never cancelled: it decides for itself.
const COMMIT_LIMIT: Duration = Duration::from_secs(60);
/// How long an opening may take.
const OPEN_LIMIT: Duration = Duration::from_secs(30);
/// How long a good-bye may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// What the keeper is asked to do.
#[derive(Debug)]
pub(super) enum Work {
    Open {
        slot: SlotId,
    },
    Clean {
        slot: SlotId,
        wire: Wire,
    },
    Close {
        slot: SlotId,
        wire: Wire,
    },
    /// Answer when the next piece of work is done.
    Report {
        sender: oneshot::Sender<()>,
    },
    Stop,
}

/// Runs until it is told to stop or the pool is gone.
pub(super) async fn run(pool: Weak<Shared>, mut work: mpsc::UnboundedReceiver<Work>) {
    let mut jobs: FuturesUnordered<Pin<Box<dyn Future<Output = ()> + Send>>> =
        FuturesUnordered::new();
    let mut reports: Vec<oneshot::Sender<()>> = Vec::new();
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let event = poll_fn(|cx| {
            if let Poll::Ready(work) = work.poll_recv(cx) {
                return Poll::Ready(Event::Work(work));
            }
            if let Poll::Ready(Some(())) = jobs.poll_next_unpin(cx) {
                return Poll::Ready(Event::JobDone);
            }
            ticks.poll_tick(cx).map(|_| Event::Tick)
        })
        .await;
        let Some(pool) = pool.upgrade().map(Pool::of) else {
            return;
        };
        match event {
            Event::Work(Some(Work::Open { slot })) => jobs.push(Box::pin(open(pool, slot))),
            Event::Work(Some(Work::Clean { slot, wire })) => {
                jobs.push(Box::pin(clean(pool, slot, wire)))
            }
            Event::Work(Some(Work::Close { slot, wire })) => {
                jobs.push(Box::pin(close(pool, slot, wire)))
            }
            Event::Work(Some(Work::Report { sender })) => {
                if pool.is_drained() {
                    drop(sender)
                } else {
                    reports.push(sender)
                }
            }
            Event::Work(Some(Work::Stop) | None) => return,
            Event::JobDone => reports.clear(),
            Event::Tick => pool.report(|state, steps| state.tick(Instant::now(), steps)),
        }
    }
}

enum Event {
    Work(Option<Work>),
    JobDone,
    Tick,
}

async fn open(pool: Pool, slot: SlotId) {
    let shared = pool.shared();
    let opening = shared.endpoint.open(shared.role);
    let opened = tokio::time::timeout(OPEN_LIMIT, opening)
        .await
        .unwrap_or_else(|_| {
            let message = format!("no answer within {OPEN_LIMIT:?}");
            let error = crate::Error::new(crate::ErrorKind::Connect, message);
            Err(error.attempting(|| format!("connect to {}", shared.endpoint.name())))
        });
    match opened {
        Ok(connection) => {
            let now = Instant::now();
            // Up to a tenth less, so that what was opened together doesn't end together.
            let expires_at = shared
                .config
                .max_lifetime
                .filter(|_| !shared.endpoint.is_in_memory());
            let expires_at = expires_at.map(|life| now + life.mul_f64(1.0 - 0.1 * fastrand::f64()));
            pool.report_with(slot, Wire::new(connection), |state, steps| {
                state.opened(now, slot, expires_at, steps)
            });
        }
        Err(error) => {
            tracing::warn!(error = %error, "a connection could not be opened");
            pool.open_failed(slot, error);
        }
    }
}

/// Makes a connection as good as new, or closes it. Nothing is guessed: unless it is known to be clean, it goes.
async fn clean(pool: Pool, slot: SlotId, mut wire: Wire) {
    let in_flight = wire.in_flight();
    let limit = match in_flight {
        // Closing would lose the database.
        _ if pool.endpoint().is_in_memory() => Duration::MAX,
        Some(Command::Commit) => COMMIT_LIMIT,
        _ => QUARANTINE_LIMIT,
    };
    let cleaned = tokio::time::timeout(limit, async {
        settle(&pool, &mut wire).await;
        reset(&pool, &mut wire).await
    });
    if matches!(cleaned.await, Ok(true)) {
        pool.report_with(slot, wire, |state, steps| {
            state.cleaned(Instant::now(), slot, steps)
        });
    } else {
        close(pool, slot, wire).await;
    }
}

/// Finishes the exchange that was abandoned, and has the server stop it unless it is a commit.
async fn settle(pool: &Pool, wire: &mut Wire) {
    let Some(command) = wire.in_flight() else {
        return;
    };
    if command != Command::Commit
        && tokio::time::timeout(CANCEL_AFTER, wire.settle())
            .await
            .is_err()
    {
        let process = wire.process();
        let cancel = pool.endpoint().cancel(process);
        // Both at once: the answer to the cancelled statement is what ends the wait.
        let (cancelled, _) = futures_util::future::join(cancel, wire.settle()).await;
        if let Err(error) = cancelled {
            tracing::warn!(error = %error, process, "a statement could not be cancelled");
        }
        return;
    }
    wire.settle().await;
}

async fn reset(pool: &Pool, wire: &mut Wire) -> bool {
    if wire.is_clean() {
        return true;
    }
    let keep = pool.endpoint().is_in_memory();
    let Some(script) = wire
        .connection()
        .and_then(|connection| connection.reset_script(keep))
    else {
        return false;
    };
    let answer = wire
        .exchange(Request::control(Command::Rollback, script, "ROLLBACK"))
        .await;
    if answer.is_err() && !keep {
        return false;
    }
    if let Some(connection) = wire.connection() {
        connection.reset_done();
    }
    true
}

async fn close(pool: Pool, slot: SlotId, wire: Wire) {
    // An exchange that is still out goes down with its socket.
    if let Some(connection) = wire.into_connection() {
        let _ = tokio::time::timeout(CLOSE_LIMIT, connection.close()).await;
    }
    pool.report(|state, steps| state.closed(slot, steps));
}
