//! Tasks that do one thing over and over, for a while.

use std::time::{Duration, Instant};

use crate::Result;
use crate::cpu::CpuTime;

/// The part of a cell that isn't counted: connections open, statements are prepared, caches fill.
const WARM_UP: f64 = 0.3;

/// What a task does over and over.
pub(crate) trait Load: Clone + Send + Sync + 'static {
    /// Operations of one turn. The clock is read after each turn, so short operations come in large turns.
    const OPERATIONS: u64;

    /// One turn; its number is one that no other turn of the cell has.
    fn turn(&self, number: u64) -> impl Future<Output = Result<()>> + Send;
}

/// What one peer did in one cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) per_second: f64,
    /// CPU time of this process, per operation.
    pub(crate) cpu: Duration,
}

/// Puts a load on a pool for `time`, after a warm-up.
pub(crate) async fn sample<L: Load>(load: L, tasks: u64, time: Duration) -> Result<Sample> {
    run(&load, tasks, time.mul_f64(WARM_UP)).await?;
    let before = CpuTime::now()?;
    let started = Instant::now();
    let operations = run(&load, tasks, time).await? as f64;
    let elapsed = started.elapsed();
    let used = CpuTime::now()?.own - before.own;
    Ok(Sample {
        per_second: operations / elapsed.as_secs_f64(),
        cpu: used.div_f64(operations),
    })
}

async fn run<L: Load>(load: &L, tasks: u64, time: Duration) -> Result<u64> {
    let until = Instant::now() + time;
    let running: Vec<_> = (0..tasks)
        .map(|task| tokio::spawn(repeat(load.clone(), task, tasks, until)))
        .collect();
    let mut operations = 0;
    for task in running {
        operations += task.await??;
    }
    Ok(operations)
}

async fn repeat<L: Load>(load: L, first: u64, step: u64, until: Instant) -> Result<u64> {
    let mut operations = 0;
    let mut turn = first;
    loop {
        load.turn(turn).await?;
        operations += L::OPERATIONS;
        turn += step;
        if Instant::now() >= until {
            return Ok(operations);
        }
    }
}
