//! Limits and shares of partitions, and the length of the line.

use expect_test::expect;

use super::super::*;
use super::script::{check, rules, settings};
use crate::pool::partition::PartitionLimits;

fn limited<const N: usize>(limits: [(&str, PartitionLimits); N]) -> Settings {
    Settings {
        rules: rules(limits),
        ..settings()
    }
}

fn at_most(connections: u32) -> PartitionLimits {
    PartitionLimits::new().max_connections(connections)
}

#[test]
fn who_waits_for_its_own_limit_blocks_nobody() {
    check(
        limited([("acme", at_most(1))]),
        "
        0 ask a in=acme
        1 opened 0
        2 ask b in=acme
        3 ask c in=acme
        4 ask d
        5 opened 1
        6 give a
        7 give b
        8 ask e in=acme
        9 give c
    ",
        expect![[r#"
            0 ask a in=acme              open 0
            1 opened 0                   a gets 0
            2 ask b in=acme              -
            3 ask c in=acme              -
            4 ask d                      open 1
            5 opened 1                   d gets 1
            6 give a                     b gets 0
            7 give b                     c gets 0
            8 ask e in=acme              -
            9 give c                     e gets 0
        "#]],
    );
}

#[test]
fn a_unit_that_comes_back_goes_to_the_most_urgent_of_the_parked() {
    check(
        limited([("acme", at_most(1))]),
        "
        0 ask a in=acme
        1 opened 0
        2 ask b in=acme
        3 ask c in=acme high
        4 leave c
        5 ask d in=acme critical
        6 give a
        7 leave b
        8 give d
    ",
        expect![[r#"
            0 ask a in=acme              open 0
            1 opened 0                   a gets 0
            2 ask b in=acme              -
            3 ask c in=acme high         -
            4 leave c                    -
            5 ask d in=acme critical     -
            6 give a                     d gets 0
            7 leave b                    -
            8 give d                     -
        "#]],
    );
}

#[test]
fn a_waiter_parks_at_one_limit_after_the_other() {
    check(
        Settings {
            max: 3,
            ..limited([("acme", at_most(1)), ("blue", at_most(1))])
        },
        "
        0 ask a in=acme
        1 opened 0
        2 ask b in=blue
        3 opened 1
        4 ask c in=blue,acme
        5 give a
        6 ask d in=acme
        7 give b
        8 give c
    ",
        expect![[r#"
            0 ask a in=acme              open 0
            1 opened 0                   a gets 0
            2 ask b in=blue              open 1
            3 opened 1                   b gets 1
            4 ask c in=blue,acme         -
            5 give a                     -
            6 ask d in=acme              -
            7 give b                     c gets 0
            8 give c                     d gets 0
        "#]],
    );
}

#[test]
fn what_is_guaranteed_comes_before_everybody() {
    check(
        limited([("acme", PartitionLimits::new().guaranteed(1))]),
        "
        0 ask a
        0 ask b
        1 opened 0
        1 opened 1
        2 ask c
        3 ask d in=acme
        4 ask e in=acme
        5 give a
        6 give b
        7 give c
        8 give d
    ",
        expect![[r#"
            0 ask a                      open 0
            0 ask b                      open 1
            1 opened 0                   a gets 0
            1 opened 1                   b gets 1
            2 ask c                      -
            3 ask d in=acme              -
            4 ask e in=acme              -
            5 give a                     d gets 0
            6 give b                     c gets 1
            7 give c                     e gets 1
            8 give d                     -
        "#]],
    );
}

#[test]
fn one_waiter_too_many_is_told_at_once() {
    check(
        Settings {
            max_waiters: 2,
            ..limited([("acme", PartitionLimits::new().max_waiters(1))])
        },
        "
        0 ask a in=acme
        0 ask b in=acme
        0 ask c
        0 ask d
        0 ask g
        0 ask h
        0 ask e front
        1 opened 0
        2 ask f in=acme
    ",
        expect![[r#"
            0 ask a in=acme              open 0
            0 ask b in=acme              b: PartitionFull { partition: 0, waiting: 1, allowed: 1 }
            0 ask c                      open 1
            0 ask d                      -
            0 ask g                      -
            0 ask h                      h: LineFull { waiting: 4, allowed: 2 }
            0 ask e front                -
            1 opened 0                   e gets 0
            2 ask f in=acme              f: LineFull { waiting: 4, allowed: 2 }
        "#]],
    );
}

#[test]
fn a_unit_of_one_who_is_refused_serves_the_next_at_once() {
    check(
        limited([("acme", at_most(1)), ("blue", at_most(1))]),
        "
        0 ask a in=blue
        1 opened 0
        2 ask b flow=1 in=acme,blue
        3 ask c flow=2 in=acme
        4 ask d
        5 opened 1
        6 give d
        7 kill 1
    ",
        expect![[r#"
            0 ask a in=blue              open 0
            1 opened 0                   a gets 0
            2 ask b flow=1 in=acme,blue  -
            3 ask c flow=2 in=acme       -
            4 ask d                      open 1
            5 opened 1                   d gets 1
            6 give d                     -
            7 kill 1                     b: Killed, c gets 1
        "#]],
    );
}
