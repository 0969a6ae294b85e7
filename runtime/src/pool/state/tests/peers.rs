//! What went wrong in other pools, by their public issues, and must not here. Scripts elsewhere hold some more of them:
//! deadpool #462 and sqlx #1869 are in `opening`, bb8 #122 is a model of its own (`tests/models`).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use expect_test::expect;

use super::super::*;
use super::script::{Scripted, ask, check, core, settings};
use crate::pool::core::Chores;
use crate::pool::desk::Verdict;
use crate::pool::priority::Priority;

fn one() -> Settings {
    Settings {
        max: 1,
        ..settings()
    }
}

/// bb8 #167, #194, #201: broken connections starved those who waited.
#[test]
fn when_all_connections_break_each_waiter_is_served_by_a_new_one_in_order() {
    let mut pool = Scripted::new(Settings {
        max: 2,
        ..settings()
    });
    for line in ["0 ask x", "0 ask y", "1 opened 0", "1 opened 1"] {
        pool.run(line);
    }
    for waiter in 0..64 {
        assert!(pool.run(&format!("2 ask w{waiter}")).is_empty());
    }
    let mut holders = vec!["x".to_owned(), "y".to_owned()];
    for waiter in 0..64 {
        let holder = holders.remove(0);
        let [close] = &pool.run(&format!("3 retire {holder}"))[..] else {
            panic!()
        };
        let slot = close.split(' ').nth(1).unwrap();
        assert_eq!(
            pool.run(&format!("4 closed {slot}")),
            [format!("open {slot}")]
        );
        assert_eq!(
            pool.run(&format!("5 opened {slot}")),
            [format!("w{waiter} gets {slot}")]
        );
        holders.push(format!("w{waiter}"));
    }
}

/// sqlx #2848: after a connection couldn't be opened, those that came back weren't looked at.
#[test]
fn after_a_failed_opening_a_waiter_takes_what_comes_back_at_once() {
    check(
        settings(),
        "
        0 ask a
        1 opened 0
        2 ask b
        3 failed 1 unreachable
        4 give a
    ",
        expect![[r#"
            0 ask a                      open 0
            1 opened 0                   a gets 0
            2 ask b                      open 1
            3 failed 1 unreachable       -
            4 give a                     b gets 0
        "#]],
    );
}

/// sqlx #4349: a connection that is silently dead was asked for an answer for ever, and its place never came back.
#[test]
fn what_can_not_be_made_clean_makes_room_for_a_new_one() {
    check(
        one(),
        "
        0 ask a
        1 opened 0
        2 ask b
        3 dirty a
        5003 spoilt 0
        5004 closed 0
        5005 opened 0
    ",
        expect![[r#"
            0 ask a                      open 0
            1 opened 0                   a gets 0
            2 ask b                      -
            3 dirty a                    -
            5003 spoilt 0                close 0 NotCleanable
            5004 closed 0                open 0
            5005 opened 0                b gets 0
        "#]],
    );
}

/// HikariCP #476: newcomers took what was meant for those who waited.
#[test]
fn a_newcomer_does_not_pass_those_who_wait() {
    check(
        one(),
        "
        0 ask a
        1 opened 0
        2 ask b
        3 ask c
        4 give a
        5 ask d
        6 give b
    ",
        expect![[r#"
            0 ask a                      open 0
            1 opened 0                   a gets 0
            2 ask b                      -
            3 ask c                      -
            4 give a                     b gets 0
            5 ask d                      -
            6 give b                     c gets 0
        "#]],
    );
}

/// praxiomlabs/rust-mssql #151: whoever closed idle connections made room twice, and the maximum was none.
#[test]
fn closing_an_idle_connection_makes_room_for_one_when_it_is_gone() {
    check(
        one(),
        "
        0 ask a
        1 opened 0
        2 retire a
        3 ask b
        4 ask c
        5 closed 0
        6 opened 0
    ",
        expect![[r#"
            0 ask a                      open 0
            1 opened 0                   a gets 0
            2 retire a                   close 0 MaxLifetime
            3 ask b                      -
            4 ask c                      -
            5 closed 0                   open 0
            6 opened 0                   b gets 0
        "#]],
    );
}

/// pg_doorman #204: a direct hand-over forgot to give the permit back, and 40 became 3; mobc #63, #64: connections got lost;
/// sqlx #3645, #4185, #4289: counters that had to agree didn't. The script's invariants hold after each of these steps.
#[test]
fn ten_thousand_hand_overs_with_departures_lose_nothing() {
    let mut pool = Scripted::new(Settings {
        max: 4,
        max_opening: 4,
        ..settings()
    });
    let mut random = fastrand::Rng::with_seed(1);
    for name in 0..4 {
        pool.run(&format!("0 ask {name}"));
    }
    let mut holders = Vec::new();
    for slot in 0..4 {
        holders.extend(granted(&pool.run(&format!("0 opened {slot}"))));
    }
    let mut waiting = std::collections::VecDeque::new();
    for name in 4..10_004 {
        assert!(pool.run(&format!("1 ask {name}")).is_empty());
        waiting.push_back(name.to_string());
        if random.bool() {
            let left = waiting.remove(random.usize(..waiting.len())).unwrap();
            assert!(pool.run(&format!("1 leave {left}")).is_empty());
        }
        if !waiting.is_empty() {
            let holder = holders.swap_remove(random.usize(..holders.len()));
            let next = granted(&pool.run(&format!("1 give {holder}")));
            assert_eq!(next, [waiting.pop_front().unwrap()]);
            holders.extend(next);
        }
    }
    let counts = pool.state.counts();
    assert_eq!(
        (counts.opened, pool.state.closed_count(), holders.len()),
        (4, 0, 4)
    );
}

fn granted(said: &[String]) -> Vec<String> {
    said.iter()
        .filter_map(|said| Some(said.split_once(" gets ")?.0.to_owned()))
        .collect()
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// qp registers its waker once: a future that had moved to another task was never woken.
#[test]
fn whoever_polled_last_is_woken() {
    let core = core(one());
    let mut chores = Chores::new();
    let now = Time::from_millis(0);
    let wait = core
        .ask(now, ask(0, Priority::Normal), &mut chores)
        .unwrap();
    let wakers = [Arc::new(Woken::default()), Arc::new(Woken::default())];
    for waker in &wakers {
        let waker = Waker::from(waker.clone());
        assert_eq!(
            wait.desk.look(&mut Context::from_waker(&waker)),
            Poll::Pending
        );
    }
    core.decide(&mut chores, |state, idle, steps| {
        state.opened(now, 0, idle, steps)
    });
    assert_eq!(wakers.map(|woken| woken.0.load(Ordering::Relaxed)), [0, 1]);
    let verdict = Verdict::Granted {
        slot: 0,
        waited: Duration::ZERO,
    };
    assert_eq!(
        wait.desk.look(&mut Context::from_waker(Waker::noop())),
        Poll::Ready(verdict)
    );
}
