//! What a circuit breaker does, as scripts with their traces.
//!
//! A line is one of `pass a` (lets a call through under that name), `ok a`, `fail a`, `slow a` (how it ended), `ok * 3`
//! (that many calls at once), `open`, `close`, `reset` (by hand), and `+ 100` (milliseconds later).

#![expect(
    clippy::disallowed_methods,
    reason = "any moment will do to count from"
)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use expect_test::{Expect, expect};

use super::*;

/// Four calls decide, half of them being enough; open for 1 s, at most for 5 s; two trials; from 100 ms on it is slow.
fn config() -> BreakerConfig {
    BreakerConfig::new()
        .window(BreakerWindow::Calls(4))
        .min_calls(4)
        .slow_call_rate(0.75)
        .slow_call_duration(Duration::from_millis(100))
        .max_open_duration(Duration::from_secs(5))
        .trials(2)
}

struct Script {
    breaker: Breaker,
    start: Instant,
    now: Instant,
    passes: BTreeMap<String, Pass>,
}

impl Script {
    fn new(config: BreakerConfig) -> Self {
        assert_eq!(config.problems(), Vec::<String>::new());
        let start = Instant::now();
        Self {
            breaker: Breaker::new(config),
            start,
            now: start,
            passes: BTreeMap::new(),
        }
    }

    fn pass(&mut self, name: &str) -> String {
        let would_pass = self.breaker.would_pass(self.now);
        let passed = self.breaker.may_pass(self.now);
        assert_eq!(would_pass, passed.map(|_| ()), "asking and doing agree");
        match passed {
            Ok(pass) => {
                self.passes.insert(name.to_owned(), pass);
                format!("{}, passed", self.breaker.state())
            }
            Err(rejected) => match rejected.retry_at {
                Some(at) => format!("{}, retry in {:?}", rejected.state, at - self.now),
                None => format!("{}, retry after a reset", rejected.state),
            },
        }
    }

    fn end(&mut self, name: &str, how: &str) -> String {
        let pass = self.passes.remove(name).expect("it was let through");
        let (end, took) = match how {
            "ok" => (CallEnd::Success, 99),
            "slow" => (CallEnd::Success, 100),
            "fail" => (CallEnd::Failure, 1),
            other => panic!("`{other}` is no end of a call"),
        };
        let took = Duration::from_millis(took);
        let from = self.breaker.state();
        match self.breaker.record(self.now, pass, end, took) {
            Some(change) => {
                assert_eq!((change.from, change.to), (from, self.breaker.state()));
                format!("{}: {}", change.to, change.because)
            }
            None => {
                assert_eq!(from, self.breaker.state());
                from.to_string()
            }
        }
    }

    fn line(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["+", millis] => {
                self.now += Duration::from_millis(millis.parse().unwrap());
                return String::new();
            }
            ["open"] => self.breaker.force_open(),
            ["close"] => self.breaker.force_closed(),
            ["reset"] => self.breaker.reset(),
            ["pass", name] => return self.pass(name),
            [how, "*", times] => {
                let ends = (0..times.parse().unwrap()).map(|_| {
                    self.pass("one of many");
                    self.end("one of many", how)
                });
                return ends.last().unwrap();
            }
            [how, name] => return self.end(name, how),
            _ => panic!("`{line}` is no line"),
        }
        self.breaker.state().to_string()
    }

    fn run(&mut self, script: &str) -> String {
        let mut trace = String::new();
        for line in script
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            let told = self.line(line);
            if !told.is_empty() {
                let millis = (self.now - self.start).as_millis();
                trace += &format!("{millis} ms  {line} -> {told}\n");
            }
        }
        trace
    }
}

#[track_caller]
fn check(script: &str, expected: Expect) {
    expected.assert_eq(&Script::new(config()).run(script));
}

#[test]
fn it_opens_at_a_rate_and_not_before_there_are_enough_calls() {
    check(
        "fail * 3
         ok * 1
         reset
         ok * 3
         fail * 1
         fail * 1",
        expect![[r#"
            0 ms  fail * 3 -> closed
            0 ms  ok * 1 -> open: 3 of 4 calls failed
            0 ms  reset -> closed
            0 ms  ok * 3 -> closed
            0 ms  fail * 1 -> closed
            0 ms  fail * 1 -> open: 2 of 4 calls failed
        "#]],
    );
}

#[test]
fn it_opens_when_too_many_calls_are_slow() {
    check(
        "slow * 2
         ok * 2
         slow * 2
         ok * 1
         slow * 1
         pass a",
        expect![[r#"
            0 ms  slow * 2 -> closed
            0 ms  ok * 2 -> closed
            0 ms  slow * 2 -> closed
            0 ms  ok * 1 -> closed
            0 ms  slow * 1 -> open: 3 of 4 calls were slow
            0 ms  pass a -> open, retry in 1s
        "#]],
    );
}

#[test]
fn trials_that_end_well_close_it() {
    check(
        "fail * 4
         pass a
         + 999
         pass a
         + 1
         pass a
         pass b
         pass c
         ok a
         pass c
         ok b
         ok * 1",
        expect![[r#"
            0 ms  fail * 4 -> open: 4 of 4 calls failed
            0 ms  pass a -> open, retry in 1s
            999 ms  pass a -> open, retry in 1ms
            1000 ms  pass a -> half open, passed
            1000 ms  pass b -> half open, passed
            1000 ms  pass c -> half open, retry in 1s
            1000 ms  ok a -> half open
            1000 ms  pass c -> half open, retry in 1s
            1000 ms  ok b -> closed: all 2 trials ended well
            1000 ms  ok * 1 -> closed
        "#]],
    );
}

#[test]
fn a_trial_that_fails_or_is_slow_opens_it_for_twice_as_long_up_to_a_bound() {
    check(
        "fail * 4
         + 1000
         pass a
         fail a
         pass a
         + 2000
         pass a
         pass b
         ok a
         slow b
         pass a
         + 4000
         fail * 1
         pass a
         + 5000
         fail * 1
         pass a",
        expect![[r#"
            0 ms  fail * 4 -> open: 4 of 4 calls failed
            1000 ms  pass a -> half open, passed
            1000 ms  fail a -> open: a trial failed
            1000 ms  pass a -> open, retry in 2s
            3000 ms  pass a -> half open, passed
            3000 ms  pass b -> half open, passed
            3000 ms  ok a -> half open
            3000 ms  slow b -> open: a trial took 100ms
            3000 ms  pass a -> open, retry in 4s
            7000 ms  fail * 1 -> open: a trial failed
            7000 ms  pass a -> open, retry in 5s
            12000 ms  fail * 1 -> open: a trial failed
            12000 ms  pass a -> open, retry in 5s
        "#]],
    );
}

#[test]
fn how_often_it_opened_is_forgotten_after_it_was_closed_for_long() {
    check(
        "fail * 4
         + 1000
         ok * 2
         + 4999
         fail * 4
         pass a
         + 2000
         ok * 2
         + 5000
         fail * 4
         pass a",
        expect![[r#"
            0 ms  fail * 4 -> open: 4 of 4 calls failed
            1000 ms  ok * 2 -> closed: all 2 trials ended well
            5999 ms  fail * 4 -> open: 4 of 4 calls failed
            5999 ms  pass a -> open, retry in 2s
            7999 ms  ok * 2 -> closed: all 2 trials ended well
            12999 ms  fail * 4 -> open: 4 of 4 calls failed
            12999 ms  pass a -> open, retry in 1s
        "#]],
    );
}

#[test]
fn results_of_an_older_generation_are_ignored() {
    check(
        "pass old
         pass older
         fail * 4
         ok old
         + 1000
         pass trial
         ok older
         fail trial
         + 2000
         pass a
         pass b
         pass late
         ok a
         ok b
         pass late
         reset
         fail late
         fail * 3",
        expect![[r#"
            0 ms  pass old -> closed, passed
            0 ms  pass older -> closed, passed
            0 ms  fail * 4 -> open: 4 of 4 calls failed
            0 ms  ok old -> open
            1000 ms  pass trial -> half open, passed
            1000 ms  ok older -> half open
            1000 ms  fail trial -> open: a trial failed
            3000 ms  pass a -> half open, passed
            3000 ms  pass b -> half open, passed
            3000 ms  pass late -> half open, retry in 2s
            3000 ms  ok a -> half open
            3000 ms  ok b -> closed: all 2 trials ended well
            3000 ms  pass late -> closed, passed
            3000 ms  reset -> closed
            3000 ms  fail late -> closed
            3000 ms  fail * 3 -> closed
        "#]],
    );
}

#[test]
fn trials_that_nobody_tells_the_end_of_are_replaced_and_may_still_be_told() {
    check(
        "fail * 4
         + 1000
         pass a
         pass b
         pass c
         + 999
         pass c
         + 1
         pass c
         pass d
         pass e
         ok a
         ok d",
        expect![[r#"
            0 ms  fail * 4 -> open: 4 of 4 calls failed
            1000 ms  pass a -> half open, passed
            1000 ms  pass b -> half open, passed
            1000 ms  pass c -> half open, retry in 1s
            1999 ms  pass c -> half open, retry in 1ms
            2000 ms  pass c -> half open, passed
            2000 ms  pass d -> half open, passed
            2000 ms  pass e -> half open, retry in 1s
            2000 ms  ok a -> half open
            2000 ms  ok d -> closed: all 2 trials ended well
        "#]],
    );
}

#[test]
fn commands_hold_until_the_reset() {
    check(
        "pass a
         open
         pass b
         + 600000
         pass b
         ok a
         close
         fail * 100
         slow * 100
         open
         reset
         fail * 4
         close
         reset
         fail * 4
         open
         pass b
         reset
         fail * 4
         + 1000
         pass b
         reset
         fail b",
        expect![[r#"
            0 ms  pass a -> closed, passed
            0 ms  open -> forced open
            0 ms  pass b -> forced open, retry after a reset
            600000 ms  pass b -> forced open, retry after a reset
            600000 ms  ok a -> forced open
            600000 ms  close -> forced closed
            600000 ms  fail * 100 -> forced closed
            600000 ms  slow * 100 -> forced closed
            600000 ms  open -> forced open
            600000 ms  reset -> closed
            600000 ms  fail * 4 -> open: 4 of 4 calls failed
            600000 ms  close -> forced closed
            600000 ms  reset -> closed
            600000 ms  fail * 4 -> open: 4 of 4 calls failed
            600000 ms  open -> forced open
            600000 ms  pass b -> forced open, retry after a reset
            600000 ms  reset -> closed
            600000 ms  fail * 4 -> open: 4 of 4 calls failed
            601000 ms  pass b -> half open, passed
            601000 ms  reset -> closed
            601000 ms  fail b -> closed
        "#]],
    );
}

#[test]
fn by_time_only_the_last_results_count() {
    let config = config().window(BreakerWindow::Time(Duration::from_secs(1)));
    let trace = Script::new(config).run(
        "fail * 2
         + 1000
         ok * 3
         fail * 1
         + 500
         fail * 1
         + 499
         fail * 1",
    );
    expect![[r#"
        0 ms  fail * 2 -> closed
        1000 ms  ok * 3 -> closed
        1000 ms  fail * 1 -> closed
        1500 ms  fail * 1 -> closed
        1999 ms  fail * 1 -> open: 3 of 6 calls failed
    "#]]
    .assert_eq(&trace);
}

#[test]
fn without_a_rate_of_slow_calls_their_duration_does_not_matter() {
    let trace = Script::new(config().slow_call_rate(None)).run(
        "slow * 100
         fail * 2
         + 1000
         slow * 2",
    );
    expect![[r#"
        0 ms  slow * 100 -> closed
        0 ms  fail * 2 -> open: 2 of 4 calls failed
        1000 ms  slow * 2 -> closed: all 2 trials ended well
    "#]]
    .assert_eq(&trace);
}

/// Every state meets everything that can happen to it.
#[test]
fn every_state_has_an_answer_to_everything() {
    use BreakerState::*;
    let reach = |state: BreakerState| match state {
        Closed => "",
        Open => "fail * 4",
        HalfOpen => "fail * 4\n+ 1000\npass x",
        ForcedOpen => "open",
        ForcedClosed => "close",
    };
    let events = [
        ("pass a", [Closed, Open, HalfOpen, ForcedOpen, ForcedClosed]),
        (
            "+ 1000\npass a",
            [Closed, HalfOpen, HalfOpen, ForcedOpen, ForcedClosed],
        ),
        ("open", [ForcedOpen; 5]),
        ("close", [ForcedClosed; 5]),
        ("reset", [Closed; 5]),
    ];
    let states = [Closed, Open, HalfOpen, ForcedOpen, ForcedClosed];
    for (event, expected) in events {
        for (from, to) in states.into_iter().zip(expected) {
            let mut script = Script::new(config());
            script.run(reach(from));
            assert_eq!(script.breaker.state(), from);
            script.run(event);
            assert_eq!(script.breaker.state(), to, "{from}, then {event:?}");
        }
    }
}

/// A node that is well and ill by turns, in every rhythm, for two hours of one call each 10 ms.
#[test]
fn a_node_that_is_well_and_ill_by_turns_does_not_make_it_flap() {
    const HOURS: u64 = 2;
    let config = BreakerConfig::new();
    // From 1 s to 30 s in six steps; and no step is repeated before it was open or closed for 30 s.
    let rounds = 6 * (HOURS * 3_600 / 30 + 1);
    for well_for_ms in [20, 200, 999, 1_000, 5_000, 30_000, 29_990, 31_000, 100_000] {
        let start = Instant::now();
        let mut breaker = Breaker::new(config.clone());
        let mut changes = 0_u64;
        for millis in (0..HOURS * 3_600_000).step_by(10) {
            let now = start + Duration::from_millis(millis);
            let generation = breaker.generation;
            if let Ok(pass) = breaker.may_pass(now) {
                let end = if millis / well_for_ms % 2 == 0 {
                    CallEnd::Success
                } else {
                    CallEnd::Failure
                };
                breaker.record(now, pass, end, Duration::from_millis(1));
            }
            changes += breaker.generation - generation;
        }
        // A round is open, half open, and closed or open again.
        assert!(changes <= 3 * rounds, "{well_for_ms} ms: {changes} changes");
    }
}
