use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::*;

/// A script, one line a step: `<ms> <event> [args]`. The trace says what was decided, and what is to be done.
fn check(settings: Settings, script: &str, expected: Expect) {
    let start = Instant::now_for_tests();
    let mut state = State::new(settings);
    let mut trace = String::new();
    for line in script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let mut words = line.split_whitespace();
        let ms: u64 = words.next().unwrap().parse().unwrap();
        let now = start + Duration::from_millis(ms);
        let (event, args): (&str, Vec<&str>) = (words.next().unwrap(), words.collect());
        let number = |place: usize| args[place].parse::<usize>().unwrap();
        let mut steps = Vec::new();
        let mut said = String::new();
        match event {
            "acquire" => said = format!("{:?} ", state.acquire(now, &mut steps)),
            "left" => state.left(number(0) as u64),
            "clean" => state.returned(now, number(0), Condition::Clean, &mut steps),
            "dirty" => state.returned(now, number(0), Condition::Dirty, &mut steps),
            "opened" => {
                let life = args
                    .get(1)
                    .map(|ms| now + Duration::from_millis(ms.parse().unwrap()));
                state.opened(now, number(0), life, &mut steps);
            }
            "failed" => state.open_failed(number(0), &mut steps),
            "cleaned" => state.cleaned(now, number(0), &mut steps),
            "closed" => state.closed(number(0), &mut steps),
            "tick" => state.tick(now, &mut steps),
            "fill" => state.fill(number(0), &mut steps),
            "close" => state.close(&mut steps),
            other => panic!("unknown event {other}"),
        }
        writeln!(trace, "{line:<22} -> {said}{steps:?}").unwrap();
        assert_invariants(&state);
    }
    expected.assert_eq(&trace);
}

fn assert_invariants(state: &State) {
    let census = state.census();
    let in_use = census.idle + census.lent + census.opening + census.quarantined;
    assert!(in_use <= census.max, "{census:?}");
    assert!(
        census.waiting == 0 || census.idle == 0,
        "somebody waits while a connection idles: {census:?}"
    );
    assert_eq!(
        state.idle.len(),
        census.idle,
        "the stack holds exactly the idle ones"
    );
}

trait ForTests {
    fn now_for_tests() -> Instant;
}

impl ForTests for Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test needs some instant to count from"
    )]
    fn now_for_tests() -> Instant {
        Instant::now()
    }
}

const TWO: Settings = Settings {
    max: 2,
    min: 0,
    idle_timeout: Some(Duration::from_millis(500)),
};

#[test]
fn waiters_are_served_in_order_and_the_last_used_is_lent_first() {
    check(
        TWO,
        "
        0 acquire
        0 acquire
        0 acquire
        1 opened 1
        1 opened 0
        2 clean 0
        3 clean 1
        4 clean 0
        5 acquire
    ",
        expect![[r#"
        0 acquire              -> Wait { ticket: 1 } [Open { slot: 0 }]
        0 acquire              -> Wait { ticket: 2 } [Open { slot: 1 }]
        0 acquire              -> Wait { ticket: 3 } []
        1 opened 1             -> [Grant { ticket: 1, slot: 1 }]
        1 opened 0             -> [Grant { ticket: 2, slot: 0 }]
        2 clean 0              -> [Grant { ticket: 3, slot: 0 }]
        3 clean 1              -> []
        4 clean 0              -> []
        5 acquire              -> Lend { slot: 0, check: false } []
    "#]],
    );
}

#[test]
fn a_waiter_takes_what_comes_first_and_the_opened_one_idles() {
    check(
        TWO,
        "
        0 acquire
        1 opened 0
        2 acquire
        3 clean 0
        4 opened 1
        2000 acquire
    ",
        expect![[r#"
        0 acquire              -> Wait { ticket: 1 } [Open { slot: 0 }]
        1 opened 0             -> [Grant { ticket: 1, slot: 0 }]
        2 acquire              -> Wait { ticket: 2 } [Open { slot: 1 }]
        3 clean 0              -> [Grant { ticket: 2, slot: 0 }]
        4 opened 1             -> []
        2000 acquire           -> Lend { slot: 1, check: true } []
    "#]],
    );
}

#[test]
fn one_who_left_is_passed_over_and_the_opening_is_not_thrown_away() {
    check(
        TWO,
        "
        0 acquire
        0 acquire
        1 left 1
        2 opened 0
        2 opened 1
        3 acquire
    ",
        expect![[r#"
        0 acquire              -> Wait { ticket: 1 } [Open { slot: 0 }]
        0 acquire              -> Wait { ticket: 2 } [Open { slot: 1 }]
        1 left 1               -> []
        2 opened 0             -> [Grant { ticket: 2, slot: 0 }]
        2 opened 1             -> []
        3 acquire              -> Lend { slot: 1, check: false } []
    "#]],
    );
}

#[test]
fn what_is_not_clean_is_quarantined_and_what_is_gone_is_replaced() {
    check(
        Settings { max: 1, ..TWO },
        "
        0 acquire
        0 opened 0
        1 acquire
        2 dirty 0
        3 cleaned 0
        4 acquire
        5 dirty 0
        6 closed 0
        7 opened 0
    ",
        expect![[r#"
        0 acquire              -> Wait { ticket: 1 } [Open { slot: 0 }]
        0 opened 0             -> [Grant { ticket: 1, slot: 0 }]
        1 acquire              -> Wait { ticket: 2 } []
        2 dirty 0              -> [Clean { slot: 0 }]
        3 cleaned 0            -> [Grant { ticket: 2, slot: 0 }]
        4 acquire              -> Wait { ticket: 3 } []
        5 dirty 0              -> [Clean { slot: 0 }]
        6 closed 0             -> [Open { slot: 0 }]
        7 opened 0             -> [Grant { ticket: 3, slot: 0 }]
    "#]],
    );
}

#[test]
fn a_failed_opening_tells_one_and_is_tried_again_for_the_next() {
    check(
        Settings { max: 1, ..TWO },
        "
        0 acquire
        0 acquire
        1 failed 0
        2 failed 0
        3 acquire
    ",
        expect![[r#"
        0 acquire              -> Wait { ticket: 1 } [Open { slot: 0 }]
        0 acquire              -> Wait { ticket: 2 } []
        1 failed 0             -> [Fail { ticket: 1 }, Open { slot: 0 }]
        2 failed 0             -> [Fail { ticket: 2 }]
        3 acquire              -> Wait { ticket: 3 } [Open { slot: 0 }]
    "#]],
    );
}

#[test]
fn the_old_and_the_idle_are_closed_down_to_the_minimum() {
    check(
        Settings { min: 1, ..TWO },
        "
        0 fill 2
        0 opened 0
        0 opened 1 1000
        499 tick
        500 tick
        600 closed 0
        999 acquire
        1001 clean 1
        1002 closed 1
        1003 tick
    ",
        expect![[r#"
        0 fill 2               -> [Open { slot: 0 }, Open { slot: 1 }]
        0 opened 0             -> []
        0 opened 1 1000        -> []
        499 tick               -> []
        500 tick               -> [Close { slot: 0 }]
        600 closed 0           -> []
        999 acquire            -> Lend { slot: 1, check: false } []
        1001 clean 1           -> [Close { slot: 1 }]
        1002 closed 1          -> []
        1003 tick              -> [Open { slot: 0 }]
    "#]],
    );
}

#[test]
fn closing_refuses_newcomers_fails_the_line_and_takes_back_what_is_lent() {
    check(
        TWO,
        "
        0 fill 2
        0 opened 0
        0 opened 1
        1 acquire
        2 acquire
        3 acquire
        4 clean 0
        5 close
        6 acquire
        7 clean 0
        8 clean 1
        9 closed 0
        9 closed 1
    ",
        expect![[r#"
        0 fill 2               -> [Open { slot: 0 }, Open { slot: 1 }]
        0 opened 0             -> []
        0 opened 1             -> []
        1 acquire              -> Lend { slot: 1, check: false } []
        2 acquire              -> Lend { slot: 0, check: false } []
        3 acquire              -> Wait { ticket: 1 } []
        4 clean 0              -> [Grant { ticket: 1, slot: 0 }]
        5 close                -> []
        6 acquire              -> Closed []
        7 clean 0              -> [Close { slot: 0 }]
        8 clean 1              -> [Close { slot: 1 }]
        9 closed 0             -> []
        9 closed 1             -> []
    "#]],
    );
}

/// Every sequence of a few events on two slots, instead of many random ones.
#[test]
fn no_short_history_breaks_an_invariant() {
    fn explore(history: &mut Vec<u8>, depth: usize, runs: &mut u32) {
        if !replay(history) {
            return;
        }
        *runs += 1;
        if depth == 0 {
            return;
        }
        for event in 0..8 {
            history.push(event);
            explore(history, depth - 1, runs);
            history.pop();
        }
    }

    /// Runs a history; false when its last event isn't possible.
    fn replay(history: &[u8]) -> bool {
        let now = Instant::now_for_tests();
        let mut state = State::new(TWO);
        let (mut lent, mut opening, mut quarantined, mut closing, mut waiting) =
            (vec![], vec![], vec![], vec![], vec![]);
        for event in history {
            let mut steps = Vec::new();
            match event {
                0 => match state.acquire(now, &mut steps) {
                    Acquired::Lend { slot, .. } => lent.push(slot),
                    Acquired::Wait { ticket } => waiting.push(ticket),
                    Acquired::Closed => return false,
                },
                1 | 2 => {
                    let Some(slot) = lent.pop() else { return false };
                    let condition = if *event == 1 {
                        Condition::Clean
                    } else {
                        Condition::Dirty
                    };
                    state.returned(now, slot, condition, &mut steps);
                }
                3 | 4 => {
                    let Some(slot) = opening.pop() else {
                        return false;
                    };
                    if *event == 3 {
                        state.opened(now, slot, None, &mut steps)
                    } else {
                        state.open_failed(slot, &mut steps)
                    }
                }
                5 => {
                    let Some(slot) = quarantined.pop() else {
                        return false;
                    };
                    state.cleaned(now, slot, &mut steps);
                }
                6 => {
                    let Some(ticket) = waiting.pop() else {
                        return false;
                    };
                    state.left(ticket);
                }
                _ => {
                    if state.is_closed {
                        return false;
                    }
                    state.close(&mut steps);
                }
            }
            for step in steps {
                match step {
                    Step::Grant { ticket, slot } => {
                        assert!(
                            waiting.contains(&ticket),
                            "granted to one who doesn't wait: {history:?}"
                        );
                        waiting.retain(|waiting| *waiting != ticket);
                        lent.push(slot);
                    }
                    Step::Fail { ticket } => waiting.retain(|waiting| *waiting != ticket),
                    Step::Open { slot } => opening.push(slot),
                    Step::Clean { slot } => quarantined.push(slot),
                    Step::Close { slot } => closing.push(slot),
                }
            }
            while let Some(slot) = closing.pop() {
                let mut steps = Vec::new();
                state.closed(slot, &mut steps);
                opening.extend(steps.iter().filter_map(|step| match step {
                    Step::Open { slot } => Some(*slot),
                    _ => None,
                }));
            }
            assert_invariants(&state);
            let census = state.census();
            assert_eq!(
                (census.lent, census.opening, census.waiting),
                (lent.len(), opening.len(), waiting.len()),
                "{history:?}"
            );
            // A waiter always has something to wait for.
            assert!(
                waiting.is_empty() || lent.len() + opening.len() + quarantined.len() > 0,
                "{history:?}"
            );
        }
        true
    }

    let mut runs = 0;
    explore(&mut Vec::new(), 9, &mut runs);
    assert!(runs > 10_000, "{runs} histories");
}
