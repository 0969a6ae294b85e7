//! A long line of tasks that wait for a connection, and how fast it gets shorter.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::task::yield_now;

use super::case::{CONNECTIONS, WAITERS};
use super::load::Sample;
use super::peer::Peer;
use crate::Result;
use crate::cpu::CpuTime;

/// Makes lines for `time`, and at least one; what is counted is how fast they are served.
pub(crate) async fn sample<P: Peer>(peer: P, time: Duration) -> Result<Sample> {
    let until = Instant::now() + time;
    let before = CpuTime::now()?;
    let (mut lines, mut serving) = (0, Duration::ZERO);
    while lines == 0 || Instant::now() < until {
        // In a task: who is woken from a thread that runs none takes another way through the runtime.
        serving += tokio::spawn(serve(peer.clone())).await??;
        lines += 1;
    }
    let used = CpuTime::now()?.own - before.own;
    let waiters = f64::from(lines * WAITERS);
    Ok(Sample {
        per_second: waiters / serving.as_secs_f64(),
        // Of making the lines, too, and of giving each waiter a task.
        cpu: used.div_f64(waiters),
    })
}

/// The time from the moment in which all connections come back to that in which the last waiter has had one.
async fn serve<P: Peer>(peer: P) -> Result<Duration> {
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS {
        held.push(peer.acquire().await?);
    }
    let queued = Arc::new(AtomicU32::new(0));
    let waiters: Vec<_> = (0..WAITERS)
        .map(|_| tokio::spawn(wait(peer.clone(), queued.clone())))
        .collect();
    while queued.load(Ordering::Relaxed) < WAITERS {
        yield_now().await;
    }
    let started = Instant::now();
    drop(held);
    let mut ended = started;
    for waiter in waiters {
        ended = ended.max(waiter.await??);
    }
    Ok(ended - started)
}

/// Queues, counts itself, and gives back at once what it gets; returns when that was.
async fn wait<P: Peer>(peer: P, queued: Arc<AtomicU32>) -> Result<Instant> {
    let mut acquiring = pin!(peer.acquire());
    let first = poll_fn(|context| Poll::Ready(acquiring.as_mut().poll(context))).await;
    queued.fetch_add(1, Ordering::Relaxed);
    let Poll::Pending = first else {
        return Err("somebody had a connection when all were lent".into());
    };
    drop(acquiring.await?);
    Ok(Instant::now())
}
