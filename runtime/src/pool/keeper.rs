//! The one task of a pool: it opens connections, makes dirty ones clean, stops statements, closes, and looks at the time.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, Weak};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;

use super::age::Age;
use super::config::Sizing;
use super::quarantine;
use super::refusal::CloseReason;
use super::shared::{Pool, Shared};
use super::slot::{Anchor, Loan};
use super::state::{Failure, SlotId};
use crate::clock::Time;
use crate::driver::{Stop, Wire};
use crate::error::{Error, ErrorKind, Result};
use crate::policy::backoff::Backoff;
use crate::policy::usage::Hour;

/// How often ages, leaks and the load are looked at.
const TICK: Duration = Duration::from_secs(1);
/// The same in an elastic pool, which has to see that a load lasts.
const ELASTIC_TICK: Duration = Duration::from_millis(250);
/// How long the opening of the connection that stops statements may keep back another one.
const RESERVE_LIMIT: Duration = Duration::from_secs(1);
/// How long a good-bye may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// What the keeper is asked to do.
#[derive(Debug)]
pub(super) enum Work {
    Open {
        slot: SlotId,
    },
    /// Make a connection clean, or close it; with an `end`, close it in any case.
    Clean {
        slot: SlotId,
        end: Option<CloseReason>,
    },
    Close {
        slot: SlotId,
        reason: CloseReason,
    },
    /// Have a statement stopped that is still out when the patience has run out.
    Interrupt {
        stop: Stop,
        patience: Duration,
    },
    /// Have a statement stopped for which nobody waits who would ask again.
    Kill {
        stop: Stop,
    },
    /// Drop the control connection.
    AbandonControl,
    /// Look at the time earlier than agreed.
    Arm,
    /// End when every connection is closed.
    Finish,
    Stop,
}

enum Event {
    Work(Option<Work>),
    JobDone,
    Time,
}

/// Runs until it is told to stop or the pool is gone.
pub(super) async fn run(pool: Weak<Shared>, work: mpsc::UnboundedReceiver<Work>) {
    let mut jobs: FuturesUnordered<Pin<Box<dyn Future<Output = ()> + Send>>> =
        FuturesUnordered::new();
    let mut alarm = std::pin::pin!(tokio::time::sleep(Duration::ZERO));
    let mut next_tick = Time::now();
    let mut is_finishing = false;
    let _ends = EndWithKeeper(pool.clone());
    // Dropped before that, so that nothing is asked of a keeper that has ended.
    let mut work = work;
    loop {
        let Some(shared) = pool.upgrade() else {
            return;
        };
        if is_finishing && shared.core.look(|state, _| state.is_drained()) {
            return;
        }
        let armed = shared.core.arm();
        drop(shared);
        let next = armed.map_or(next_tick, |armed| armed.min(next_tick));
        alarm.as_mut().reset(next.to_instant().into());
        let event = poll_fn(|cx| {
            if let Poll::Ready(work) = work.poll_recv(cx) {
                return Poll::Ready(Event::Work(work));
            }
            if let Poll::Ready(Some(())) = jobs.poll_next_unpin(cx) {
                return Poll::Ready(Event::JobDone);
            }
            alarm.as_mut().poll(cx).map(|()| Event::Time)
        })
        .await;
        let Some(pool) = pool.upgrade().map(Pool::of) else {
            return;
        };
        match event {
            Event::Work(Some(Work::Open { slot })) => jobs.push(Box::pin(open(pool, slot))),
            Event::Work(Some(Work::Clean { slot, end })) => {
                jobs.push(Box::pin(quarantine::clean(pool, slot, end)));
            }
            Event::Work(Some(Work::Close { slot, reason })) => {
                jobs.push(Box::pin(close(pool, slot, reason)))
            }
            Event::Work(Some(Work::Interrupt { stop, patience })) => {
                jobs.push(Box::pin(interrupt(pool, stop, patience)));
            }
            Event::Work(Some(Work::Kill { stop })) => {
                jobs.push(Box::pin(async move {
                    let shared = pool.shared();
                    shared.unless_severed(stop.insist(&shared.control)).await;
                }));
            }
            Event::Work(Some(Work::AbandonControl)) => {
                jobs.push(Box::pin(
                    async move { pool.shared().control.abandon().await },
                ));
            }
            Event::Work(Some(Work::Arm)) => {}
            Event::Work(Some(Work::Finish)) => is_finishing = true,
            Event::Work(Some(Work::Stop) | None) => return,
            Event::JobDone => pool.shared().progress.notify_waiters(),
            Event::Time => {
                let now = Time::now();
                let shared = pool.shared();
                shared.decide(|state, idle, steps| state.tick(now, idle, steps));
                shared.end_hopeless_waits(now);
                if now >= next_tick {
                    shared.every_tick(now);
                    next_tick = now + tick(shared.config.sizing);
                }
            }
        }
    }
}

/// However the keeper ends, the pool is closed: nobody would open a connection, nor tell anybody that its time is up. And the
/// connections that are nobody's end with it: a slot and its pool hold each other.
struct EndWithKeeper(Weak<Shared>);

impl Drop for EndWithKeeper {
    fn drop(&mut self) {
        let Some(shared) = self.0.upgrade() else {
            return;
        };
        shared.orphan();
        for mut own in shared.core.slots() {
            let gone = own.holder.is_none().then(|| own.vacate());
            drop(own);
            drop(gone);
        }
    }
}

fn tick(sizing: Sizing) -> Duration {
    match sizing {
        Sizing::Fixed => TICK,
        Sizing::Elastic => ELASTIC_TICK,
    }
}

impl Shared {
    fn every_tick(&self, now: Time) {
        self.decide(|state, idle, steps| state.sample(now, idle, steps));
        self.tend(now);
        self.look_for_leaks(now);
        self.announce_endings(now);
        let uses = self.core.slots().map(|own| own.uses()).sum();
        let lent = self.core.look(|state, idle| state.census(idle).lent);
        // Before 1970 there was no such pool.
        let unix = SystemTime::UNIX_EPOCH
            .elapsed()
            .unwrap_or_default()
            .as_secs();
        let mut trends = self.trends.lock().unwrap_or_else(PoisonError::into_inner);
        trends.rate.sample(now, uses);
        trends.usage.sample(
            Hour::at_unix_secs(unix),
            u32::try_from(lent).unwrap_or(u32::MAX),
        );
    }
}

async fn open(pool: Pool, slot: SlotId) {
    let shared = pool.shared();
    let limit = shared.config.connect_timeout;
    let opening = async {
        let opened = tokio::time::timeout(limit, connect(shared)).await;
        if matches!(opened, Ok(Ok(_))) {
            reserve(shared).await;
        }
        opened
    };
    let Some(opened) = shared.unless_severed(opening).await else {
        // No failure that others should wait for: whoever comes now has a new one tried at once.
        return shared.decide(|state, idle, steps| state.closed(Time::now(), slot, idle, steps));
    };
    let opened = opened.unwrap_or_else(|_| {
        let error = Error::new(ErrorKind::Connect, format!("no answer within {limit:?}"));
        Err(error.attempting(|| format!("connect to {}", shared.endpoint.name())))
    });
    let now = Time::now();
    match opened {
        Ok(wire) => {
            let generation = shared.generation.load(Ordering::Relaxed);
            let mut own = shared.core.slot(slot);
            own.age = Some(Age::new(now, fastrand::f64(), generation, &shared.rules));
            own.anchor = Some(Arc::new(Anchor(pool.to_shared())));
            own.stopper = Some(wire.stopper().clone());
            own.statements = Some(wire.statements().clone());
            own.loan = Some(Box::new(Loan::new(wire, slot)));
            drop(own);
            shared.note_failure(None);
            shared.decide(|state, idle, steps| state.opened(now, slot, idle, steps));
        }
        Err(error) => {
            tracing::warn!(error = %error, "a connection could not be opened");
            let failure = match error.kind() {
                ErrorKind::LimitExceeded => Failure::Crowded,
                ErrorKind::Connect | ErrorKind::ConnectionLost | ErrorKind::Timeout => {
                    Failure::Unreachable
                }
                _ => Failure::Final,
            };
            shared.note_failure(Some(error.to_shared()));
            let attempts = shared
                .core
                .look(|state, _| state.outage())
                .map_or(0, |outage| outage.attempts);
            // Never at once, or an outage would be a busy loop; never all programs together.
            let pause = Backoff::OPEN.delay(attempts, 0.5 + 0.5 * fastrand::f64());
            shared.decide(|state, idle, steps| {
                state.open_failed(now, slot, failure, pause, idle, steps)
            });
        }
    }
}

/// Opens the connection that stops statements, with the first one: on a full server there would be none when it is needed.
async fn reserve(shared: &Shared) {
    if shared.endpoint.is_in_memory() {
        return;
    }
    let opened = tokio::time::timeout(RESERVE_LIMIT, shared.control.reserve()).await;
    if !matches!(opened, Ok(Ok(()))) {
        tracing::warn!(
            "the connection that stops statements could not be opened; it is tried again when it is needed"
        );
    }
}

async fn connect(shared: &Shared) -> Result<Wire> {
    let mut wire = Wire::new(shared.endpoint.open(shared.role).await?);
    if let Some(hook) = &shared.config.hooks.after_connect {
        quarantine::look(&mut wire, hook).await?;
    }
    Ok(wire)
}

async fn interrupt(pool: Pool, stop: Stop, patience: Duration) {
    tokio::time::sleep(patience).await;
    let shared = pool.shared();
    shared.unless_severed(stop.carry_out(&shared.control)).await;
}

async fn close(pool: Pool, slot: SlotId, reason: CloseReason) {
    let shared = pool.shared();
    let loan = shared.core.slot(slot).loan.take();
    if let Some(loan) = loan {
        tracing::debug!(
            database = shared.endpoint.name(),
            ?reason,
            "close a connection"
        );
        discard(shared, loan.wire).await;
    }
    let gone = shared.core.slot(slot).vacate();
    debug_assert!(gone.is_none(), "it was taken out above");
    shared.decide(|state, idle, steps| state.closed(Time::now(), slot, idle, steps));
}

async fn discard(shared: &Shared, wire: Wire) {
    // Without a good-bye: nobody would answer.
    if !wire.is_severed() {
        shared.unless_severed(part_with(shared, wire)).await;
    }
}

async fn part_with(shared: &Shared, wire: Wire) {
    // An exchange that is still out goes down with its socket, on the server too, which would finish it first, or wait.
    if wire.stopper().running().is_some()
        && let Err(error) = shared.control.terminate(wire.process()).await
    {
        tracing::warn!(error = %error, process = wire.process(), "a connection could not be ended on the server");
    }
    if let Some(connection) = wire.into_connection() {
        let _ = tokio::time::timeout(CLOSE_LIMIT, connection.close()).await;
    }
}
