//! How waits end without a connection, and how a pool ends.

use expect_test::expect;

use super::super::*;
use super::script::{check, rules, settings};
use crate::pool::partition::PartitionLimits;

fn one() -> Settings {
    Settings {
        max: 1,
        ..settings()
    }
}

#[test]
fn waits_end_at_their_deadlines() {
    check(
        one(),
        "
        0 ask a
        1 opened 0
        2 ask b until=50
        3 ask c until=40
        4 ask d until=45
        5 leave d
        39 tick
        40 tick
        49 tick
        60 tick
        61 give a
        62 ask e
    ",
        expect![[r#"
            0 ask a                      open 0
            1 opened 0                   a gets 0
            2 ask b until=50             -
            3 ask c until=40             -
            4 ask d until=45             -
            5 leave d                    -
            39 tick                      -
            40 tick                      c: TimedOut { waited: 37ms }
            49 tick                      -
            60 tick                      b: TimedOut { waited: 58ms }
            61 give a                    -
            62 ask e                     e takes 0
        "#]],
    );
}

#[test]
fn in_a_line_that_stands_those_who_waited_long_are_shed() {
    let codel = Codel::new(Duration::from_millis(50), Duration::from_millis(1_000));
    check(
        Settings {
            codel: Some(codel),
            ..one()
        },
        "
        0 ask a
        0 opened 0
        0 ask b
        0 ask c
        0 ask d
        0 ask e critical
        0 ask f front
        1100 give a
        2200 give f
        2250 ask g
        2300 give e
    ",
        expect![[r#"
            0 ask a                      open 0
            0 opened 0                   a gets 0
            0 ask b                      -
            0 ask c                      -
            0 ask d                      -
            0 ask e critical             -
            0 ask f front                -
            1100 give a                  f gets 0
            2200 give f                  e gets 0
            2250 ask g                   -
            2300 give e                  b: Shed { waited: 2.3s }, c: Shed { waited: 2.3s }, d: Shed { waited: 2.3s }, g gets 0
        "#]],
    );
}

#[test]
fn in_a_line_that_empties_nobody_is_shed_however_long_each_waits() {
    let codel = Codel::new(Duration::from_millis(50), Duration::from_millis(1_000));
    check(
        Settings {
            codel: Some(codel),
            ..one()
        },
        "
        0 ask a
        0 opened 0
        0 ask b
        300 give a
        300 ask c
        600 give b
        600 ask d
        900 give c
        900 ask e
        1200 give d
        1200 ask f
        1500 give e
        1500 ask g
        1800 give f
        1800 ask h
        2100 give g
        2100 ask i
        2400 give h
        2400 ask j
        2700 give i
    ",
        expect![[r#"
            0 ask a                      open 0
            0 opened 0                   a gets 0
            0 ask b                      -
            300 give a                   b gets 0
            300 ask c                    -
            600 give b                   c gets 0
            600 ask d                    -
            900 give c                   d gets 0
            900 ask e                    -
            1200 give d                  e gets 0
            1200 ask f                   -
            1500 give e                  f gets 0
            1500 ask g                   -
            1800 give f                  g gets 0
            1800 ask h                   -
            2100 give g                  h gets 0
            2100 ask i                   -
            2400 give h                  i gets 0
            2400 ask j                   -
            2700 give i                  j gets 0
        "#]],
    );
}

#[test]
fn who_waits_for_its_own_limit_is_not_shed() {
    let codel = Codel::new(Duration::from_millis(50), Duration::from_millis(1_000));
    let rules = rules([("acme", PartitionLimits::new().max_connections(1))]);
    check(
        Settings {
            codel: Some(codel),
            rules,
            ..settings()
        },
        "
        0 ask a in=acme
        0 opened 0
        0 ask b in=acme
        0 ask c in=acme
        0 ask d in=acme
        1100 give a
        2200 give b
        2300 give c
    ",
        expect![[r#"
            0 ask a in=acme              open 0
            0 opened 0                   a gets 0
            0 ask b in=acme              -
            0 ask c in=acme              -
            0 ask d in=acme              -
            1100 give a                  b gets 0
            2200 give b                  c gets 0
            2300 give c                  d gets 0
        "#]],
    );
}

#[test]
fn each_waiter_is_looked_at_now_and_then() {
    check(
        one(),
        "
        0 ask a
        0 opened 0
        0 ask b
        50 ask c
        99 look
        100 look
        149 look
        150 look
        300 look
    ",
        expect![[r#"
            0 ask a                      open 0
            0 opened 0                   a gets 0
            0 ask b                      -
            50 ask c                     -
            99 look                      -
            100 look                     look at b
            149 look                     -
            150 look                     look at c
            300 look                     look at b, look at c
        "#]],
    );
}

#[test]
fn closing_refuses_the_line_and_takes_back_what_is_lent() {
    check(
        Settings {
            max: 4,
            ..settings()
        },
        "
        0 ask a
        0 ask b
        1 opened 0
        1 opened 1
        2 give a
        3 ask c
        4 ask d
        5 ask e
        6 opened 2
        7 dirty b
        8 close
        9 ask f
        10 give c
        11 cleaned 1
        12 opened 3
        13 give d
        14 closed 0
        14 closed 1
        14 closed 2
        14 closed 3
    ",
        expect![[r#"
            0 ask a                      open 0
            0 ask b                      open 1
            1 opened 0                   a gets 0
            1 opened 1                   b gets 1
            2 give a                     -
            3 ask c                      c takes 0
            4 ask d                      open 2
            5 ask e                      open 3
            6 opened 2                   d gets 2
            7 dirty b                    -
            8 close                      e: Closed
            9 ask f                      f: Closed
            10 give c                    close 0 PoolClosed
            11 cleaned 1                 close 1 PoolClosed
            12 opened 3                  close 3 PoolClosed
            13 give d                    close 2 PoolClosed
            14 closed 0                  -
            14 closed 1                  -
            14 closed 2                  -
            14 closed 3                  -
        "#]],
    );
}

#[test]
fn closing_ends_the_waits_of_those_who_are_parked_too() {
    check(
        Settings {
            rules: rules([("acme", PartitionLimits::new().max_connections(1))]),
            ..settings()
        },
        "
        0 ask a in=acme
        1 opened 0
        2 ask b in=acme
        3 ask c in=acme
        4 close
        5 give a
        6 closed 0
    ",
        expect![[r#"
            0 ask a in=acme              open 0
            1 opened 0                   a gets 0
            2 ask b in=acme              -
            3 ask c in=acme              -
            4 close                      b: Closed, c: Closed
            5 give a                     close 0 PoolClosed
            6 closed 0                   -
        "#]],
    );
}

#[test]
fn a_drained_pool_is_one_whose_connections_are_gone() {
    let mut pool = super::script::Scripted::new(settings());
    for line in ["0 ask a", "1 opened 0", "2 close"] {
        pool.run(line);
    }
    assert!(!pool.state.is_drained());
    pool.run("3 give a");
    assert!(!pool.state.is_drained());
    pool.run("4 closed 0");
    assert!(pool.state.is_drained());
}
