//! When connections are opened, and what follows when they can't be.

use expect_test::expect;

use super::super::*;
use super::script::{check, settings};

#[test]
fn connections_are_opened_on_demand_and_only_some_at_once() {
    check(
        Settings {
            max: 4,
            ..settings()
        },
        "
        0 ask a
        0 ask b
        0 ask c
        1 opened 1
        2 opened 0
        3 opened 2
        4 give a
        5 ask d
        6 ask e
    ",
        expect![[r#"
            0 ask a                      open 0
            0 ask b                      open 1
            0 ask c                      -
            1 opened 1                   a gets 1, open 2
            2 opened 0                   b gets 0
            3 opened 2                   c gets 2
            4 give a                     -
            5 ask d                      d takes 1
            6 ask e                      open 3
        "#]],
    );
}

#[test]
fn a_waiter_takes_what_comes_first_and_the_opened_one_idles() {
    check(
        settings(),
        "
        0 ask a
        1 opened 0
        2 ask b
        3 give a
        4 opened 1
        5 ask c
    ",
        expect![[r#"
            0 ask a                      open 0
            1 opened 0                   a gets 0
            2 ask b                      open 1
            3 give a                     b gets 0
            4 opened 1                   -
            5 ask c                      c takes 1
        "#]],
    );
}

#[test]
fn an_opening_goes_on_without_the_waiter_that_it_was_begun_for() {
    check(
        settings(),
        "
        0 ask a
        1 leave a
        2 ask b
        3 opened 0
    ",
        expect![[r#"
            0 ask a                      open 0
            1 leave a                    -
            2 ask b                      -
            3 opened 0                   b gets 0
        "#]],
    );
}

#[test]
fn a_failed_opening_is_tried_again_after_a_pause_and_ridden_out() {
    check(
        Settings {
            max: 1,
            ..settings()
        },
        "
        0 ask a
        1 failed 0 unreachable
        2 ask b
        100 tick
        101 tick
        102 failed 0 unreachable
        202 tick
        203 opened 0
    ",
        expect![[r#"
            0 ask a                      open 0
            1 failed 0 unreachable       -
            2 ask b                      -
            100 tick                     -
            101 tick                     open 0
            102 failed 0 unreachable     -
            202 tick                     open 0
            203 opened 0                 a gets 0
        "#]],
    );
}

#[test]
fn when_nothing_is_lent_and_the_time_to_connect_is_up_everybody_is_told() {
    check(
        Settings {
            max: 1,
            ..settings()
        },
        "
        0 ask a
        1 failed 0 unreachable
        500 ask b
        900 failed 0 unreachable
        1000 tick
        1001 failed 0 unreachable
        1101 ask c
    ",
        expect![[r#"
            0 ask a                      open 0
            1 failed 0 unreachable       -
            500 ask b                    open 0
            900 failed 0 unreachable     -
            1000 tick                    open 0
            1001 failed 0 unreachable    a: CanNotOpen, b: CanNotOpen
            1101 ask c                   open 0
        "#]],
    );
}

#[test]
fn while_a_connection_may_still_come_back_nobody_is_told() {
    check(
        settings(),
        "
        0 ask a
        1 opened 0
        2 ask b
        3 failed 1 unreachable
        103 tick
        1500 failed 1 unreachable
        1501 give a
    ",
        expect![[r#"
            0 ask a                      open 0
            1 opened 0                   a gets 0
            2 ask b                      open 1
            3 failed 1 unreachable       -
            103 tick                     open 1
            1500 failed 1 unreachable    -
            1501 give a                  b gets 0
        "#]],
    );
}

#[test]
fn a_final_failure_tells_everybody_and_a_crowded_server_nobody() {
    check(
        Settings {
            max: 1,
            ..settings()
        },
        "
        0 ask a
        1 failed 0 crowded
        101 tick
        5000 failed 0 crowded
        5001 ask b
        5100 tick
        5101 failed 0 final
    ",
        expect![[r#"
            0 ask a                      open 0
            1 failed 0 crowded           -
            101 tick                     open 0
            5000 failed 0 crowded        -
            5001 ask b                   -
            5100 tick                    open 0
            5101 failed 0 final          a: CanNotOpen, b: CanNotOpen
        "#]],
    );
}

#[test]
fn whoever_starts_the_pool_is_told_at_once() {
    check(
        settings(),
        "
        0 ask a fast
        0 ask b
        1 failed 0 crowded
        2 opened 1
    ",
        expect![[r#"
            0 ask a fast                 open 0
            0 ask b                      open 1
            1 failed 0 crowded           a: CanNotOpen
            2 opened 1                   b gets 1
        "#]],
    );
}

#[test]
fn an_outage_that_nobody_looked_into_for_long_is_over() {
    check(
        settings(),
        "
        0 ask a
        1 opened 0
        2 ask b
        3 failed 1 unreachable
        4 give a
        60000 retire b
        60000 closed 0
        60000 ask c
        60001 failed 0 unreachable
        60101 tick
        60102 opened 0
    ",
        expect![[r#"
            0 ask a                      open 0
            1 opened 0                   a gets 0
            2 ask b                      open 1
            3 failed 1 unreachable       -
            4 give a                     b gets 0
            60000 retire b               close 0 MaxLifetime
            60000 closed 0               -
            60000 ask c                  open 0
            60001 failed 0 unreachable   -
            60101 tick                   open 0
            60102 opened 0               c gets 0
        "#]],
    );
}

#[test]
fn the_minimum_is_kept_as_many_at_once_as_may_be() {
    check(
        Settings {
            max: 5,
            min: 3,
            ..settings()
        },
        "
        0 fill 3
        1 opened 0
        2 opened 1
        3 opened 2
        4 ask a
        5 retire a
        6 closed 0
        7 opened 0
    ",
        expect![[r#"
            0 fill 3                     open 0, open 1
            1 opened 0                   open 2
            2 opened 1                   -
            3 opened 2                   -
            4 ask a                      a takes 0
            5 retire a                   close 0 MaxLifetime
            6 closed 0                   open 0
            7 opened 0                   -
        "#]],
    );
}
