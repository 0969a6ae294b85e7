//! Random schedules of many callers, with failed openings, unclean connections, limits, departures, kills and closing all at
//! once: <https://docs.rs/shuttle>. It sees no effects of memory order: loom does.
//!
//! `wharf-shuttle [split|unlocked] [schedules of each kind]`, with a fault planted if one is named. A violation ends it, with
//! the schedule that leads there.
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
    pub(crate) use shuttle::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
    pub(crate) use shuttle::sync::{Mutex, MutexGuard};
}

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use shuttle::rand::{Rng, thread_rng};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::sync::mpsc::{Receiver, Sender, channel};
use shuttle::sync::{Arc, Mutex};
use shuttle::{Config, Runner, future, thread};

use pool::{Caller, CloseReason, Failure, Fault, Options, Pool, Priority, SlotId, Step};

const SEED: u64 = 20_260;
const SCHEDULES: usize = 1_000;
/// How many of the moments at which a schedule turns are chosen, in the second half of the runs.
const DEPTH: usize = 3;

fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(fault) = args.first().and_then(|name| Fault::named(name)) {
        args.remove(0);
        pool::plant(fault);
    }
    let schedules = args
        .first()
        .and_then(|count| count.parse().ok())
        .unwrap_or(SCHEDULES);
    check("random", RandomScheduler::new_from_seed(SEED, schedules));
    check(
        "priorities",
        PctScheduler::new_from_seed(SEED, DEPTH, schedules),
    );
}

fn check(name: &str, scheduler: impl Scheduler + 'static) {
    println!("{name}: seed {SEED}");
    let mut config = Config::new();
    config.silence_warnings = true;
    let began = Instant::now();
    let schedules = Runner::new(scheduler, config).run(scenario);
    println!("{name}: {schedules} schedules in {:.1?}", began.elapsed());
}

/// What the keeper is asked to do.
enum Work {
    Carry(Step),
    Clean(SlotId),
    Tick,
    Stop,
}

fn scenario() {
    let mut random = thread_rng();
    let (sender, receiver) = channel();
    let sender = Arc::new(Mutex::new(sender));
    let options = Options {
        max: random.gen_range(1..4),
        max_opening: random.gen_range(1..3),
        limits: &[1, 2],
        keeps: random.gen_bool(0.3),
    };
    let weather = if random.gen_bool(0.5) {
        Weather::Calm
    } else {
        Weather::Rough
    };
    let to_keeper = sender.clone();
    let pool = Arc::new(Pool::new(options, move |_, step| {
        send(&to_keeper, Work::Carry(step))
    }));
    let keeper = {
        let (pool, sender) = (pool.clone(), sender.clone());
        thread::spawn(move || keep(&pool, &receiver, &sender, weather))
    };
    let tasks: Vec<_> = (0..random.gen_range(5..9))
        .map(|number| {
            let (pool, sender) = (pool.clone(), sender.clone());
            thread::spawn(move || call(&pool, &sender, number))
        })
        .collect();
    if random.gen_bool(0.3) {
        pool.close();
    }
    for task in tasks {
        task.join().expect("the panic has ended the program");
    }
    send(&sender, Work::Stop);
    keeper.join().expect("the panic has ended the program");
    pool.assert_at_rest();
}

fn send(sender: &Mutex<Sender<Work>>, work: Work) {
    let sender = sender.lock().expect("nobody panics with it");
    sender.send(work).expect("the keeper stops last");
}

/// What the server and the clock do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    /// All openings succeed, and no time passes: a look at the clock would make good what a lost wake-up did.
    Calm,
    /// Openings fail, and deadlines pass.
    Rough,
}

/// Opens, cleans and closes; looks at the time when that changes something.
fn keep(pool: &Pool, receiver: &Receiver<Work>, sender: &Mutex<Sender<Work>>, weather: Weather) {
    let mut random = thread_rng();
    let mut stops = false;
    let mut todo = Vec::new();
    loop {
        if todo.is_empty() {
            if stops {
                return;
            }
            todo.push(receiver.recv().expect("it is told to stop"));
        }
        todo.extend(receiver.try_iter());
        let draw = random.gen_range(0..10);
        match todo.swap_remove(random.gen_range(0..todo.len())) {
            Work::Carry(Step::Open { slot }) if draw < 3 && weather == Weather::Rough => {
                let failures = [Failure::Unreachable, Failure::Crowded, Failure::Final];
                pool.open_failed(slot, failures[draw]);
            }
            Work::Carry(Step::Open { slot }) => pool.opened(slot),
            Work::Carry(Step::Close { slot, .. }) => pool.closed(slot),
            Work::Carry(Step::End { .. }) => {}
            Work::Clean(slot) if draw < 3 => pool.retire(slot, CloseReason::NotCleanable),
            Work::Clean(slot) => pool.cleaned(slot),
            Work::Carry(Step::Arm) if weather == Weather::Calm => {}
            Work::Carry(Step::Arm) | Work::Tick => {
                pool.tick();
                if pool.has_alarm() {
                    thread::yield_now();
                    send(sender, Work::Tick);
                }
            }
            Work::Stop => stops = true,
        }
        todo.extend(receiver.try_iter());
        pool.assert_sound();
    }
}

fn call(pool: &Pool, sender: &Mutex<Sender<Work>>, number: u64) {
    let mut random = thread_rng();
    let tenant = random.gen_range(0..4_usize);
    let tenant = (tenant < 2).then_some(tenant);
    let priority = Priority::ALL[random.gen_range(0..4)];
    let caller = pool.caller(number % 4, priority, tenant, random.gen_range(5..10_000));
    for _ in 0..random.gen_range(1..4) {
        let acquired = match random.gen_range(0..10) {
            0..3 => impatient(pool, &caller, random.gen_range(1..4)),
            3 => {
                pool.reap();
                pool.look_at_slots();
                None
            }
            4 if number == 0 => {
                pool.kill(1);
                None
            }
            _ => future::block_on(pool.acquire(&caller)).ok(),
        };
        pool.assert_sound();
        let Some(slot) = acquired else { continue };
        pool.use_it(&caller, slot);
        if random.gen_bool(0.5) {
            thread::yield_now();
        }
        match random.gen_range(0..8) {
            0 => {
                pool.give_dirty(&caller, slot);
                send(sender, Work::Clean(slot));
            }
            1 => pool.give_up(&caller, slot),
            _ => pool.give(&caller, slot),
        }
    }
}

/// Asks a few times and leaves, perhaps just when it is granted a connection.
fn impatient(pool: &Pool, caller: &Caller, polls: usize) -> Option<SlotId> {
    let mut acquire = pin!(pool.acquire(caller));
    for _ in 0..polls {
        if let Poll::Ready(acquired) = acquire
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            return acquired.ok();
        }
        thread::yield_now();
    }
    None
}
