//! How many connections there are.

use expect_test::expect;

use super::super::*;
use super::script::{Scripted, check, rules, settings};
use crate::policy::elastic::Bounds;
use crate::pool::partition::PartitionLimits;

fn elastic(min: u32, initial: u32, max: u32) -> Settings {
    Settings {
        max: max as usize,
        min: min as usize,
        elastic: Some(Elastic::new(
            Bounds { min, max },
            initial,
            Elastic::INTERVAL,
        )),
        max_opening: 10,
        ..settings()
    }
}

#[test]
fn an_elastic_pool_grows_while_it_is_short_and_shrinks_when_it_is_not() {
    check(
        elastic(1, 2, 4),
        "
        0 ask a
        0 ask b
        0 ask c
        0 opened 0
        0 opened 1
        0 sample
        500 sample
        1000 sample
        1100 opened 2
        1200 give a
        1200 give b
        1500 sample
        2000 sample
        2500 sample
        3000 sample
        3600 sample
        3601 give c
        3602 closed 1
        4500 sample
    ",
        expect![[r#"
            0 ask a                      open 0
            0 ask b                      open 1
            0 ask c                      -
            0 opened 0                   a gets 0
            0 opened 1                   b gets 1
            0 sample                     -
            500 sample                   -
            1000 sample                  open 2
            1100 opened 2                c gets 2
            1200 give a                  -
            1200 give b                  -
            1500 sample                  -
            2000 sample                  -
            2500 sample                  close 1 Surplus
            3000 sample                  -
            3600 sample                  -
            3601 give c                  -
            3602 closed 1                -
            4500 sample                  -
        "#]],
    );
}

#[test]
fn one_too_many_is_one_to_close_however_long_that_takes() {
    let mut pool = Scripted::new(elastic(1, 10, 10));
    for line in ["0 fill 10", "0 sample", "500 sample"] {
        pool.run(line);
    }
    for slot in 0..10 {
        pool.run(&format!("600 opened {slot}"));
    }
    // Nobody uses any: from 10 to 8.
    assert_eq!(
        pool.run("1000 sample"),
        ["close 9 Surplus", "close 8 Surplus"]
    );
    for name in 0..8 {
        pool.run(&format!("1100 ask {name}"));
    }
    assert!(pool.run("1200 ask next").is_empty());
    // Two are being closed already.
    let [gets] = &pool.run("1300 give 0")[..] else {
        panic!("one more than enough was closed")
    };
    assert!(gets.starts_with("next gets"), "{gets}");
}

#[test]
fn the_minimum_stays_while_others_are_being_closed() {
    let mut pool = Scripted::new(Settings {
        max: 3,
        min: 2,
        max_opening: 3,
        ..settings()
    });
    for line in ["0 fill 3", "1 opened 0", "1 opened 1", "1 opened 2"] {
        pool.run(line);
    }
    // As the keeper closes what has idled.
    let mut steps = Steps::new();
    for slot in 0..3 {
        if pool.state.has_surplus() && pool.idle.take_exactly(slot) {
            pool.state
                .retire(slot, CloseReason::IdleTimeout, &mut steps);
        }
    }
    let reason = CloseReason::IdleTimeout;
    assert!(
        matches!(steps[..], [Step::Close { slot: 0, reason: why }] if why == reason),
        "{steps:?}"
    );
}

#[test]
fn a_limit_of_ones_own_is_no_reason_for_a_greater_pool() {
    let one = PartitionLimits::new().max_connections(1);
    check(
        Settings {
            rules: rules([("acme", one)]),
            ..elastic(1, 2, 4)
        },
        "
        0 ask a in=acme
        0 opened 0
        0 ask b in=acme
        0 ask c in=acme
        0 ask d in=acme
        0 sample
        500 sample
        1000 sample
        1001 ask x
        1002 opened 1
        1003 ask y
    ",
        expect![[r#"
            0 ask a in=acme              open 0
            0 opened 0                   a gets 0
            0 ask b in=acme              -
            0 ask c in=acme              -
            0 ask d in=acme              -
            0 sample                     -
            500 sample                   -
            1000 sample                  -
            1001 ask x                   open 1
            1002 opened 1                x gets 1
            1003 ask y                   -
        "#]],
    );
}
