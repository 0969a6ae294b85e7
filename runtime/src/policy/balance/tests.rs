//! How calls are shared out, by counting draws that are spread evenly: no chance, no clock.

use super::*;

type Pick = fn(&[Load], Draws) -> Option<usize>;

const ALL: [(&str, Pick); 5] = [
    ("round robin", round_robin),
    ("least in use", least_in_use),
    ("weighted", weighted),
    ("by latency", by_latency),
    ("adaptive", adaptive),
];

const fn load(in_use: u32, weight: u32, latency_us: Option<u64>) -> Load {
    Load {
        in_use,
        weight,
        latency: match latency_us {
            Some(micros) => Some(Duration::from_micros(micros)),
            None => None,
        },
    }
}

/// The draws of `calls` calls: a lattice that is even in both numbers (the steps are the golden ratio's and the plastic
/// number's parts of 2^64).
fn draws(calls: u64) -> impl Iterator<Item = Draws> {
    (0..calls).map(|turn| Draws {
        turn,
        first: turn.wrapping_mul(0xc13f_a9a9_02a6_328f),
        second: turn.wrapping_mul(0x91e1_0da5_c79e_7b1c),
    })
}

/// How many of ten thousand calls each candidate gets, in percent.
fn shares(pick: Pick, loads: &[Load]) -> Vec<f64> {
    let mut counts = vec![0; loads.len()];
    for draws in draws(10_000) {
        counts[pick(loads, draws).expect("there is somebody")] += 1;
    }
    counts
        .into_iter()
        .map(|count| f64::from(count) / 100.0)
        .collect()
}

#[track_caller]
fn assert_shares(pick: Pick, loads: &[Load], expected: &[f64]) {
    let told = shares(pick, loads);
    for (told_one, expected_one) in told.iter().zip(expected) {
        assert!(
            (told_one - expected_one).abs() < 0.5,
            "{told:?} is not {expected:?}"
        );
    }
}

#[test]
fn nobody_is_taken_where_nobody_is_and_the_only_one_otherwise() {
    for (name, pick) in ALL {
        for draws in draws(100) {
            assert_eq!(pick(&[], draws), None, "{name}");
            for only in [load(0, 1, None), load(7, 0, Some(5)), load(0, 3, Some(0))] {
                assert_eq!(pick(&[only], draws), Some(0), "{name}");
            }
        }
        let last = Draws {
            turn: u64::MAX,
            first: u64::MAX,
            second: u64::MAX,
        };
        for count in 1..20 {
            let taken = pick(&vec![load(1, 1, Some(1)); count], last);
            assert!(taken.is_some_and(|place| place < count), "{name}");
        }
    }
}

#[test]
fn equals_get_equal_shares() {
    for (name, pick) in ALL {
        for count in [2, 3, 5, 8] {
            let even = 100.0 / count as f64;
            let told = shares(pick, &vec![load(2, 3, Some(400)); count]);
            assert!(
                told.iter().all(|share| (share - even).abs() < 0.5),
                "{name}: {told:?}"
            );
        }
    }
}

#[test]
fn round_robin_takes_one_after_the_other() {
    let loads = [load(9, 1, None), load(0, 5, None), load(3, 0, None)];
    let taken: Vec<_> = draws(7)
        .map(|draws| round_robin(&loads, draws).unwrap())
        .collect();
    assert_eq!(taken, [0, 1, 2, 0, 1, 2, 0]);
}

#[test]
fn least_in_use_draws_among_the_idlest_alone() {
    let idle = load(1, 1, None);
    let busy = load(2, 100, Some(1));
    assert_shares(least_in_use, &[busy, idle, busy], &[0.0, 100.0, 0.0]);
    assert_shares(
        least_in_use,
        &[idle, busy, idle, idle],
        &[33.3, 0.0, 33.3, 33.3],
    );
}

#[test]
fn weights_are_shares() {
    let of = |weight| load(0, weight, None);
    assert_shares(weighted, &[of(1), of(3)], &[25.0, 75.0]);
    assert_shares(weighted, &[of(5), of(3), of(2)], &[50.0, 30.0, 20.0]);
    assert_shares(weighted, &[of(u32::MAX), of(u32::MAX)], &[50.0, 50.0]);
    assert_shares(weighted, &[of(0), of(7), of(0)], &[0.0, 100.0, 0.0]);
    assert_shares(weighted, &[of(0), of(0)], &[50.0, 50.0]);
}

#[test]
fn the_faster_gets_more_and_the_unknown_as_much_as_the_fastest() {
    let of = |weight, latency_us| load(0, weight, latency_us);
    let cases: [(&[Load], &[f64]); 5] = [
        (&[of(1, Some(300)), of(1, Some(100))], &[25.0, 75.0]),
        (&[of(3, Some(300)), of(1, Some(100))], &[50.0, 50.0]),
        (
            &[of(1, None), of(1, Some(100)), of(1, Some(50))],
            &[40.0, 20.0, 40.0],
        ),
        (&[of(1, None), of(3, None)], &[25.0, 75.0]),
        // Nothing is infinitely fast.
        (&[of(1, Some(0)), of(1, Some(1))], &[50.0, 50.0]),
    ];
    for (loads, expected) in cases {
        assert_shares(by_latency, loads, expected);
    }
}

#[test]
fn adaptive_takes_the_better_of_two() {
    let cases: [(&[Load], &[f64]); 7] = [
        // Of two, always the one that is done sooner.
        (
            &[load(4, 1, Some(100)), load(2, 1, Some(100))],
            &[0.0, 100.0],
        ),
        (
            &[load(2, 1, Some(100)), load(2, 1, Some(90))],
            &[0.0, 100.0],
        ),
        (
            &[load(2, 1, Some(100)), load(6, 3, Some(100))],
            &[0.0, 100.0],
        ),
        (
            &[load(9, 1, Some(100)), load(1, 1, Some(501))],
            &[100.0, 0.0],
        ),
        // Who hasn't been asked is compared by what it serves.
        (&[load(1, 1, None), load(2, 1, Some(100))], &[100.0, 0.0]),
        (&[load(0, 0, None), load(9, 1, Some(100))], &[0.0, 100.0]),
        // The best wins whenever it is drawn: with the worst (1/3) and with the middle (1/3). The worst never does.
        (
            &[load(0, 1, None), load(1, 1, None), load(2, 1, None)],
            &[66.7, 33.3, 0.0],
        ),
    ];
    for (loads, expected) in cases {
        assert_shares(adaptive, loads, expected);
    }
}

/// Calls that stay for a while: with each strategy that looks at the load, no node has much more than its share.
#[test]
fn load_that_stays_is_spread_by_weight() {
    let mut loads = [
        load(0, 1, Some(100)),
        load(0, 2, Some(100)),
        load(0, 5, Some(100)),
    ];
    for draws in draws(8_000) {
        let place = adaptive(&loads, draws).unwrap();
        loads[place].in_use += 1;
    }
    for (load, expected) in loads.iter().zip([1_000_i64, 2_000, 5_000]) {
        let differs = (i64::from(load.in_use) - expected).abs();
        assert!(differs < 20, "{loads:?}");
    }
}
