#![allow(
    clippy::disallowed_methods,
    reason = "a case needs some moment to begin at"
)]

use std::time::Duration;

use super::*;

/// A case: what the workers were told at what second, and what is there.
struct Case {
    start: Instant,
    calls: Vec<Call>,
    evidence: Evidence,
    tails: Vec<Tail>,
}

impl Case {
    fn new() -> Self {
        let account = |id| Account {
            id,
            balance: INITIAL_BALANCE,
            moves: 0,
        };
        Self {
            start: Instant::now(),
            calls: Vec::new(),
            evidence: Evidence {
                accounts: vec![account(0), account(1)],
                registers: vec![Register {
                    id: 0,
                    list: String::new(),
                }],
                notes: vec![Note { id: 0, value: 5 }],
                ..Evidence::default()
            },
            tails: Vec::new(),
        }
    }

    fn second(&self, second: u64) -> Instant {
        self.start + Duration::from_secs(second)
    }

    /// A call that began in a second and ended with the next.
    fn told(mut self, work: Work, fate: Fate, second: u64) -> Self {
        self.calls.push(Call {
            number: self.calls.len() as i64,
            work,
            fate,
            commit: None,
            began: self.second(second),
            ended: self.second(second + 1),
        });
        self
    }

    fn transferred(mut self, call: i64) -> Self {
        self.evidence.entries.push(Entry {
            id: 0,
            call,
            source: 0,
            target: 1,
            amount: 10,
        });
        for (account, change) in self.evidence.accounts.iter_mut().zip([-10, 10]) {
            account.balance += change;
            account.moves += 1;
        }
        self
    }

    fn appended(mut self, list: &str) -> Self {
        self.evidence.registers[0].list += list;
        self
    }

    fn tail(mut self, from: u64, until: u64) -> Self {
        self.tails.push(Tail {
            from: self.second(from),
            until: self.second(until),
        });
        self
    }

    fn checked(&self) -> Checked {
        check(&self.calls, &self.evidence, &self.tails)
    }

    fn harms(&self) -> Vec<Harm> {
        let violations = self.checked().violations;
        violations.iter().map(|violation| violation.harm).collect()
    }
}

#[test]
fn what_is_there_as_often_as_was_told_is_fine() {
    for work in [Work::Transfer, Work::Append] {
        let none = Case::new();
        let once = || match work {
            Work::Transfer => Case::new().transferred(0),
            _ => Case::new().appended("0,"),
        };
        assert_eq!(once().told(work, Fate::Acked, 0).harms(), []);
        assert_eq!(once().told(work, Fate::Open, 0).harms(), []);
        assert_eq!(once().told(work, Fate::Failed, 0).harms(), [Harm::Doubled]);
        assert_eq!(
            once().told(work, Fate::Unknown, 0).harms(),
            [Harm::Unresolved]
        );
        assert_eq!(none.told(work, Fate::Failed, 0).harms(), []);
        assert_eq!(Case::new().told(work, Fate::Open, 0).harms(), []);
        assert_eq!(Case::new().told(work, Fate::Acked, 0).harms(), [Harm::Lost]);
    }
}

#[test]
fn what_is_there_twice_is_doubled_whatever_was_told() {
    for fate in [Fate::Acked, Fate::Failed, Fate::Open] {
        let transfer = Case::new().transferred(0).transferred(0);
        assert_eq!(
            transfer.told(Work::Transfer, fate, 0).harms(),
            [Harm::Doubled]
        );
        let append = Case::new().appended("0,0,");
        assert_eq!(append.told(Work::Append, fate, 0).harms(), [Harm::Doubled]);
    }
}

#[test]
fn a_note_is_there_as_long_as_nothing_older_is() {
    let harms = |value, fate| {
        Case::new()
            .told(Work::Note { id: 0, value }, fate, 0)
            .harms()
    };
    assert_eq!(harms(4, Fate::Acked), []);
    assert_eq!(harms(5, Fate::Acked), []);
    assert_eq!(harms(6, Fate::Acked), [Harm::Lost]);
    assert_eq!(harms(6, Fate::Failed), []);
    // A later one may have overtaken it: its value says nothing about this call.
    assert_eq!(harms(4, Fate::Failed), []);
}

#[test]
fn only_what_was_under_way_around_a_failover_is_in_its_tail() {
    let case = |second| {
        let case = Case::new().told(Work::Transfer, Fate::Acked, second);
        case.tail(10, 20)
    };
    for second in [9, 15, 20] {
        assert_eq!(case(second).harms(), []);
        assert_eq!(case(second).checked().in_tails, 1);
    }
    for second in [8, 21] {
        assert_eq!(case(second).harms(), [Harm::Lost], "second {second}");
    }
    let doubled = Case::new().transferred(0).transferred(0).tail(0, 20);
    assert_eq!(
        doubled.told(Work::Transfer, Fate::Acked, 1).harms(),
        [Harm::Doubled],
        "no tail excuses that"
    );
}

#[test]
fn a_transfer_that_reached_one_account_only_is_half() {
    let mut case = Case::new()
        .transferred(0)
        .told(Work::Transfer, Fate::Acked, 0);
    case.evidence.accounts[1] = Account {
        id: 1,
        balance: INITIAL_BALANCE,
        moves: 0,
    };
    assert_eq!(case.harms(), [Harm::Half]);
    case.evidence.accounts.pop();
    assert_eq!(case.harms(), [Harm::Half], "the ledger knows it");
    let mut case = Case::new()
        .transferred(0)
        .told(Work::Transfer, Fate::Acked, 0);
    case.evidence.entries.clear();
    assert_eq!(case.harms(), [Harm::Lost, Harm::Half, Harm::Half]);
}
