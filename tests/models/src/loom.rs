//! Every order in which two or three callers and the pool can take their steps, and every value that the memory model
//! allows them to see: <https://docs.rs/loom>.
//!
//! `wharf-loom [split|unlocked] [model ..]` runs the models, all unless some are named, of the pool as it is or with a fault
//! planted in it. A violation ends it.
// As a test it would include the tests of those files.
#![cfg(not(test))]
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the included files are written for another crate"
)]

#[path = "../../../runtime/src/clock.rs"]
mod clock;
mod error;
mod policy;
mod pool;

mod primitives {
    pub(crate) use loom::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
    pub(crate) use loom::sync::{Mutex, MutexGuard};
}

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use loom::sync::Arc;
use loom::thread;

use pool::{Caller, Fault, Options, Pool, Priority, Step};

const STACK_SIZE: usize = 1 << 16;

/// What a caller does with its pool.
type Manner = fn(&Pool, &Caller);

/// A name, how many times a thread may be interrupted, and what to run.
type Model = (&'static str, usize, fn());

const MODELS: [Model; 9] = [
    ("two-callers-one-connection", 3, || {
        callers([patient, patient], 1, false)
    }),
    ("one-of-two-leaves", 3, || {
        callers([patient, fickle], 1, false)
    }),
    ("one-of-three-leaves", 2, || {
        callers([patient, fickle, patient], 1, false)
    }),
    ("three-callers-two-connections", 2, || {
        callers([patient, patient, patient], 2, false)
    }),
    ("somebody-looks-at-a-slot", 3, || {
        callers([patient, |pool, _| pool.look_at_slots(), patient], 1, false)
    }),
    ("connections-are-kept", 2, || {
        callers([patient, fickle, patient], 2, true)
    }),
    ("two-callers-of-one-limit", 2, two_callers_of_one_limit),
    ("one-of-two-leaves-a-limit", 2, one_of_two_leaves_a_limit),
    ("closing-and-reaping", 2, closing_and_reaping),
];

fn main() {
    let mut wanted: Vec<String> = std::env::args().skip(1).collect();
    if let Some(fault) = wanted.first().and_then(|name| Fault::named(name)) {
        wanted.remove(0);
        pool::plant(fault);
    }
    for (name, preemptions, model) in MODELS {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        let executions = std::sync::Arc::new(AtomicUsize::new(0));
        let count = executions.clone();
        let began = Instant::now();
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(preemptions);
        builder.check(move || {
            count.fetch_add(1, Ordering::Relaxed);
            // The thread that loom begins with has too small a stack for a pool.
            spawn(model)
                .join()
                .expect("loom ends the program at a panic");
        });
        let executions = executions.load(Ordering::Relaxed);
        println!(
            "{name}: {executions} executions in {:.1?}, {preemptions} preemptions each",
            began.elapsed()
        );
    }
}

fn spawn(task: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    let builder = thread::Builder::new().stack_size(STACK_SIZE);
    builder.spawn(task).expect("loom always spawns")
}

/// A pool that opens and closes at once, and has its connections open.
fn open(options: Options) -> Arc<Pool> {
    let pool = Pool::new(options, |pool, step| match step {
        Step::Open { slot } => pool.opened(slot),
        Step::Close { slot, .. } => pool.closed(slot),
        Step::End { .. } | Step::Arm => {}
    });
    pool.fill(options.max);
    Arc::new(pool)
}

fn options(max: usize) -> Options {
    Options {
        max,
        max_opening: max,
        limits: &[],
        keeps: false,
    }
}

fn caller(pool: &Pool, number: usize, tenant: Option<usize>) -> Caller {
    pool.caller(number as u64, Priority::Normal, tenant, 1_000)
}

/// Waits for a connection, uses it and gives it back.
fn patient(pool: &Pool, caller: &Caller) {
    if let Ok(slot) = loom::future::block_on(pool.acquire(caller)) {
        pool.use_it(caller, slot);
        pool.give(caller, slot);
    }
}

/// Asks once, and leaves unless it has a connection: perhaps just when it is granted one.
fn fickle(pool: &Pool, caller: &Caller) {
    let mut acquire = pin!(pool.acquire(caller));
    if let Poll::Ready(Ok(slot)) = acquire
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        pool.use_it(caller, slot);
        pool.give(caller, slot);
    }
}

fn callers<const N: usize>(manners: [Manner; N], connections: usize, keeps: bool) {
    let pool = open(Options {
        keeps,
        ..options(connections)
    });
    run(&pool, manners.map(|manner| (manner, None)));
    pool.assert_at_rest();
}

fn two_callers_of_one_limit() {
    let pool = open(Options {
        limits: &[1],
        ..options(2)
    });
    run(&pool, [(patient as Manner, Some(0)), (patient, Some(0))]);
    pool.assert_at_rest();
}

fn one_of_two_leaves_a_limit() {
    let pool = open(Options {
        limits: &[1],
        ..options(2)
    });
    run(&pool, [(patient as Manner, Some(0)), (fickle, Some(0))]);
    pool.assert_at_rest();
}

fn closing_and_reaping() {
    let pool = open(options(1));
    run(
        &pool,
        [
            (patient as Manner, None),
            (|pool, _| pool.reap(), None),
            (|pool, _| pool.close(), None),
        ],
    );
    pool.assert_at_rest();
}

/// Runs each in a thread, the last one in this.
fn run<const N: usize>(pool: &Arc<Pool>, callers: [(Manner, Option<usize>); N]) {
    let mut threads = Vec::new();
    for (number, (manner, tenant)) in callers.into_iter().enumerate() {
        let own = pool.clone();
        let task = move || manner(&own, &caller(&own, number, tenant));
        if number + 1 < N {
            threads.push(spawn(task));
        } else {
            task();
        }
    }
    for thread in threads {
        thread.join().expect("loom ends the program at a panic");
    }
}
