//! Who is next.

use std::task::{Context, Poll, Waker};

use expect_test::expect;

use super::super::*;
use super::script::{ask, check, core, settings};
use crate::pool::core::Chores;
use crate::pool::desk::Verdict;
use crate::pool::priority::Priority;

fn one() -> Settings {
    Settings {
        max: 1,
        ..settings()
    }
}

#[test]
fn waiters_are_served_in_the_order_in_which_they_came() {
    check(
        one(),
        "
        0 ask a
        1 opened 0
        2 ask b
        3 ask c
        4 leave b
        5 ask d
        6 give a
        7 give c
        8 give d
        9 ask e
    ",
        expect![[r#"
            0 ask a                      open 0
            1 opened 0                   a gets 0
            2 ask b                      -
            3 ask c                      -
            4 leave b                    -
            5 ask d                      -
            6 give a                     c gets 0
            7 give c                     d gets 0
            8 give d                     -
            9 ask e                      e takes 0
        "#]],
    );
}

#[test]
fn the_more_urgent_goes_first_and_equals_in_order() {
    check(
        one(),
        "
        0 ask a
        1 opened 0
        2 ask l low
        3 ask n
        4 ask h high
        5 ask c critical
        6 ask d critical
        7 give a
        8 give c
        9 give d
        10 give h
        11 give n
    ",
        expect![[r#"
            0 ask a                      open 0
            1 opened 0                   a gets 0
            2 ask l low                  -
            3 ask n                      -
            4 ask h high                 -
            5 ask c critical             -
            6 ask d critical             -
            7 give a                     c gets 0
            8 give c                     d gets 0
            9 give d                     h gets 0
            10 give h                    n gets 0
            11 give n                    l gets 0
        "#]],
    );
}

#[test]
fn flows_take_turns() {
    check(
        one(),
        "
        0 ask a
        1 opened 0
        2 ask b flow=1
        2 ask c flow=1
        2 ask d flow=1
        3 ask e flow=2
        4 ask f flow=3
        5 give a
        6 give b
        7 give e
        8 give f
        9 give c
    ",
        expect![[r#"
            0 ask a                      open 0
            1 opened 0                   a gets 0
            2 ask b flow=1               -
            2 ask c flow=1               -
            2 ask d flow=1               -
            3 ask e flow=2               -
            4 ask f flow=3               -
            5 give a                     b gets 0
            6 give b                     e gets 0
            7 give e                     f gets 0
            8 give f                     c gets 0
            9 give c                     d gets 0
        "#]],
    );
}

#[test]
fn whoever_goes_before_everybody_does_so_and_moves_nobody_behind_its_flow() {
    check(
        one(),
        "
        0 ask a
        1 opened 0
        2 ask b flow=1 critical
        2 ask c flow=1
        2 ask d flow=1
        2 ask e flow=1
        3 ask f flow=1 front
        4 give a
        5 ask g flow=2
        6 give f
        7 give b
        8 give g
        9 give c
    ",
        expect![[r#"
            0 ask a                      open 0
            1 opened 0                   a gets 0
            2 ask b flow=1 critical      -
            2 ask c flow=1               -
            2 ask d flow=1               -
            2 ask e flow=1               -
            3 ask f flow=1 front         -
            4 give a                     f gets 0
            5 ask g flow=2               -
            6 give f                     b gets 0
            7 give b                     g gets 0
            8 give g                     c gets 0
            9 give c                     d gets 0
        "#]],
    );
}

#[test]
fn those_behind_one_that_left_move_up() {
    check(
        one(),
        "
        0 ask a
        1 opened 0
        2 ask b flow=1
        2 ask c flow=1
        2 ask d flow=1
        2 ask e flow=1
        3 leave b
        3 leave c
        3 leave d
        4 ask f flow=2
        5 ask g flow=2
        6 give a
        7 give e
        8 give f
    ",
        expect![[r#"
            0 ask a                      open 0
            1 opened 0                   a gets 0
            2 ask b flow=1               -
            2 ask c flow=1               -
            2 ask d flow=1               -
            2 ask e flow=1               -
            3 leave b                    -
            3 leave c                    -
            3 leave d                    -
            4 ask f flow=2               -
            5 ask g flow=2               -
            6 give a                     e gets 0
            7 give e                     f gets 0
            8 give f                     g gets 0
        "#]],
    );
}

#[test]
fn one_that_had_been_granted_a_connection_when_it_left_passes_it_on() {
    let core = core(one());
    let mut chores = Chores::new();
    let now = Time::from_millis(0);
    let [first, next] = [(); 2].map(|()| {
        core.ask(now, ask(0, Priority::Normal), &mut chores)
            .unwrap()
    });
    // Granted, and not looked at.
    core.decide(&mut chores, |state, idle, steps| {
        state.opened(now, 0, idle, steps)
    });
    // Ended already: refusing it now changes nothing.
    core.decide(&mut chores, |state, idle, steps| {
        let is_meant = |ticket, _: &_| ticket == first.ticket;
        state.refuse_all(now, Refusal::SelfDeadlock, is_meant, idle, steps);
        assert!(steps.is_empty(), "{steps:?}");
    });
    assert_eq!(core.leave(now, &first, &mut chores), Some(0));
    core.decide(&mut chores, |state, idle, steps| {
        state.returned(now, 0, idle, steps)
    });
    let looked = next.desk.look(&mut Context::from_waker(Waker::noop()));
    let waited = Duration::ZERO;
    assert_eq!(looked, Poll::Ready(Verdict::Granted { slot: 0, waited }));
    assert_eq!(core.look(|state, _| state.line.len()), 0);
}
