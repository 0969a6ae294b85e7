//! Runs the models, and the same with lost wake-ups planted in the pool, which must be found.

use std::process::{Command, Output};

const LOOM: &str = env!("CARGO_BIN_EXE_wharf-loom");
const SHUTTLE: &str = env!("CARGO_BIN_EXE_wharf-shuttle");
/// What can be planted: see `Fault`.
const FAULTS: [&str; 2] = ["split", "unlocked"];

fn run(program: &str, args: &[&str]) -> Output {
    let output = Command::new(program)
        .args(args)
        .output()
        .expect("the program has been built");
    print!("{}", String::from_utf8_lossy(&output.stdout));
    output
}

fn assert_holds(program: &str, args: &[&str]) {
    let output = run(program, args);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A fault leaves a caller waiting for ever, so what is found is a deadlock.
fn assert_is_found(program: &str, args: &[&str]) {
    let output = run(program, args);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "the planted fault was not found");
    assert!(
        told.contains("deadlock"),
        "something else was found: {told}"
    );
}

#[test]
fn every_order_of_a_few_steps_hands_over_what_there_is() {
    assert_holds(LOOM, &[]);
}

#[test]
fn loom_finds_lost_wake_ups() {
    for fault in FAULTS {
        assert_is_found(LOOM, &[fault, "two-callers-one-connection"]);
    }
}

#[test]
fn no_random_schedule_of_many_callers_breaks_the_pool() {
    assert_holds(SHUTTLE, &[]);
}

#[test]
fn shuttle_finds_lost_wake_ups() {
    for fault in FAULTS {
        // It ends with the first one that is found.
        assert_is_found(SHUTTLE, &[fault, "20000"]);
    }
}
