//! One peer doing one thing for a while.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::case::{BULK, Case, ROWS};
use super::peer::{Peer, Values};
use crate::Result;
use crate::cpu::CpuTime;
use crate::statistics::median;

/// The part of a cell that isn't counted: connections open, statements are prepared, caches fill.
const WARM_UP: f64 = 0.3;
/// The first id of a new row: beyond those in the table.
const FIRST_NEW_ID: i64 = 1_000_001;

/// What one peer did in one cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    /// CPU time of this process, per operation; what the operation is given is made in it, too.
    pub(crate) cpu: Duration,
}

/// Lets a peer do one thing for `time`, after a warm-up.
pub(crate) async fn sample<P: Peer>(peer: &P, case: Case, time: Duration) -> Result<Sample> {
    let mut turn = 0;
    turn = run(peer, case, turn, time.mul_f64(WARM_UP)).await?.turn;
    let before = CpuTime::now()?;
    let ran = run(peer, case, turn, time).await?;
    let used = CpuTime::now()?.own - before.own;
    let operations = ran.laps.iter().map(Vec::len).sum::<usize>();
    let per_second =
        |laps: &Vec<Duration>| laps.len() as f64 / laps.iter().sum::<Duration>().as_secs_f64();
    let all_laps = ran.laps.iter().flatten().map(Duration::as_secs_f64);
    Ok(Sample {
        per_second: ran.laps.iter().map(per_second).sum(),
        p50: Duration::from_secs_f64(median(all_laps)),
        cpu: used.div_f64(operations as f64),
    })
}

struct Ran {
    /// How long each operation took, by task.
    laps: Vec<Vec<Duration>>,
    /// The next turn: it gives each operation ids of its own.
    turn: i64,
}

async fn run<P: Peer>(peer: &P, case: Case, turn: i64, time: Duration) -> Result<Ran> {
    let until = Instant::now() + time;
    // Tasks even where there is only one: on the thread of `main` every answer would come from another thread.
    let tasks: Vec<_> = (0..case.tasks())
        .map(|task| tokio::spawn(repeat(peer.clone(), case, turn + task as i64 * 617, until)))
        .collect();
    let mut ran = Ran {
        laps: Vec::new(),
        turn,
    };
    for task in tasks {
        let laps = task.await??;
        ran.turn += laps.len() as i64;
        ran.laps.push(laps);
    }
    Ok(ran)
}

async fn repeat<P: Peer>(
    peer: P,
    case: Case,
    first_turn: i64,
    until: Instant,
) -> Result<Vec<Duration>> {
    let mut laps = Vec::new();
    for turn in first_turn.. {
        laps.push(lap(&peer, case, turn).await?);
        if Instant::now() >= until {
            break;
        }
    }
    Ok(laps)
}

/// One operation, without the time it takes to make what it is given.
async fn lap<P: Peer>(peer: &P, case: Case, turn: i64) -> Result<Duration> {
    // Neighbours in time are far apart in the table.
    let id = |number: i64| (number * 7_919).rem_euclid(ROWS) + 1;
    let accounts = |ids: std::ops::Range<i64>| -> Vec<P::Account> {
        ids.map(|id| P::account(Values::new(id, turn as i32)))
            .collect()
    };
    let lap = match case {
        Case::Find { .. } => {
            let started = Instant::now();
            let found = peer.find(id(turn)).await?;
            let lap = started.elapsed();
            black_box(found).ok_or("a row wasn't found")?;
            lap
        }
        Case::Insert => {
            let first = FIRST_NEW_ID + turn * BULK;
            let accounts = accounts(first..first + BULK);
            let started = Instant::now();
            peer.insert(accounts).await?;
            started.elapsed()
        }
        Case::Update => {
            let first = turn.rem_euclid(ROWS / BULK) * BULK + 1;
            let accounts = accounts(first..first + BULK);
            let started = Instant::now();
            peer.update(accounts).await?;
            started.elapsed()
        }
        Case::Transfer => {
            let started = Instant::now();
            peer.transfer(id(turn), id(turn + 1), 1).await?;
            started.elapsed()
        }
        Case::Rows => {
            let started = Instant::now();
            let rows = peer.rows().await?;
            let lap = started.elapsed();
            if black_box(rows).len() as i64 != ROWS {
                return Err("rows are missing, or there are too many".into());
            }
            lap
        }
    };
    Ok(lap)
}
