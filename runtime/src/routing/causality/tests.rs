use std::time::Duration;

use super::*;
use crate::driver::{Dialect, Position};

fn token(lsn: u64) -> CausalToken {
    CausalToken {
        engine: Dialect::Postgres,
        cluster: Some(7),
        timeline: Some(1),
        position: Some(Position::Lsn(lsn)),
    }
}

fn debt(node: u32, until: Instant, was_primary: bool) -> Debt {
    Debt {
        node: NodeId(node),
        until,
        was_primary,
    }
}

/// What is open when nothing can be settled.
fn open(causality: &Causality) -> Vec<Debt> {
    causality.bounds(|_| Settlement::Open).debts
}

#[test]
fn tokens_only_rise() {
    let causality = Causality::default();
    causality.reached(&token(5)).unwrap();
    causality.reached(&token(3)).unwrap();
    assert_eq!(causality.token(), Some(token(5)));
    let foreign = CausalToken {
        cluster: Some(8),
        ..token(9)
    };
    assert!(causality.reached(&foreign).is_err());
    assert_eq!(causality.token(), Some(token(5)), "it is kept");
}

#[test]
fn a_debt_is_one_a_node_and_the_latest_look_counts() {
    let (now, second) = (Instant::now(), Duration::from_secs(1));
    let causality = Causality::default();
    causality.saw(debt(2, now, false));
    causality.saw(debt(2, now + second, false));
    causality.saw(debt(2, now, false));
    causality.saw(debt(3, now, false));
    assert_eq!(
        open(&causality),
        [debt(2, now + second, false), debt(3, now, false)]
    );
}

#[test]
fn the_primary_has_all_that_replicas_have_shown() {
    let (now, second) = (Instant::now(), Duration::from_secs(1));
    let causality = Causality::default();
    causality.saw(debt(2, now, false));
    causality.saw(debt(1, now, true));
    assert_eq!(open(&causality), [debt(1, now, true)]);
    // A read that began before the write and ended after it: a look at the primary before that says too little.
    causality.saw(debt(2, now + second, false));
    assert_eq!(open(&causality), [debt(1, now + second, true)]);
}

#[test]
fn a_debt_that_is_settled_becomes_a_position_and_one_that_moves_stays() {
    let now = Instant::now();
    let causality = Causality::default();
    causality.reached(&token(5)).unwrap();
    causality.saw(debt(1, now, true));
    let bounds = causality.bounds(|_| Settlement::At(token(9)));
    assert_eq!((bounds.token, bounds.debts), (Some(token(9)), Vec::new()));

    causality.saw(debt(1, now, true));
    causality.bounds(|_| Settlement::Moved(debt(4, now, true)));
    assert_eq!(open(&causality), [debt(4, now, true)]);
}

#[test]
fn a_copy_goes_its_own_way() {
    let causality = Causality::default();
    causality.reached(&token(5)).unwrap();
    let copy = causality.copy();
    copy.reached(&token(9)).unwrap();
    copy.saw(debt(1, Instant::now(), true));
    assert_eq!(causality.token(), Some(token(5)));
    assert!(open(&causality).is_empty());
}

#[test]
fn what_is_gone_is_forgotten_once_and_not_what_came_after_it() {
    let causality = Causality::default();
    causality.reached(&token(5)).unwrap();
    causality.forget(&token(4));
    assert_eq!(causality.token(), Some(token(5)));
    causality.forget(&token(5));
    assert_eq!(causality.token(), None);
}
