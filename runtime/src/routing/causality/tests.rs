use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::*;
use crate::driver::{Dialect, Position};
use crate::error::{Error, ErrorKind};

fn token(lsn: u64) -> CausalToken {
    CausalToken {
        engine: Dialect::Postgres,
        cluster: Some(7),
        timeline: Some(1),
        position: Some(Position::Lsn(lsn)),
    }
}

fn debt(node: u32, until: Instant, was_primary: bool) -> Debt {
    let reign = Reign {
        timeline: Some(1),
        server: None,
        is_synchronous: false,
    };
    Debt {
        node: NodeId(node),
        until,
        reign: was_primary.then_some(reign),
    }
}

/// Bounds by what becomes of the debts, when no token is lost.
fn settled(causality: &Causality, settle: impl Fn(&Debt) -> Settlement) -> Bounds {
    causality.bounds(|_| Ok(true), settle).unwrap()
}

/// What is open when nothing can be settled.
fn open(causality: &Causality) -> Vec<Debt> {
    let debts: RefCell<Vec<Debt>> = RefCell::default();
    settled(causality, |debt| {
        debts.borrow_mut().push(*debt);
        Settlement::Open
    });
    debts.into_inner()
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
    assert_eq!(
        settled(&causality, |_| Settlement::Open).owed,
        Owed::To(NodeId(1))
    );
    let bounds = settled(&causality, |_| Settlement::At(token(9)));
    assert_eq!((bounds.token, bounds.owed), (Some(token(9)), Owed::Nothing));

    causality.saw(debt(1, now, true));
    settled(&causality, |_| Settlement::Moved(debt(4, now, true)));
    assert_eq!(open(&causality), [debt(4, now, true)]);
}

#[test]
fn of_two_replicas_nobody_knows_which_one_was_further() {
    let now = Instant::now();
    let causality = Causality::default();
    causality.saw(debt(2, now, false));
    causality.saw(debt(3, now, false));
    let settle = |debt: &Debt| match debt.node {
        NodeId(2) => Settlement::At(token(9)),
        _ => Settlement::Open,
    };
    let bounds = settled(&causality, |_| Settlement::Open);
    assert_eq!((bounds.token, bounds.owed), (None, Owed::ToSeveral));
    let bounds = settled(&causality, settle);
    assert_eq!(
        (bounds.token, bounds.owed),
        (Some(token(9)), Owed::To(NodeId(3)))
    );
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
fn what_is_gone_is_told_once_and_before_what_was_learnt_since() {
    let gone = |_: &CausalToken| Err(Error::new(ErrorKind::CausalityLost, "gone"));
    let causality = Causality::default();
    causality.reached(&token(5)).unwrap();
    causality.saw(debt(1, Instant::now(), true));
    let learn = |_: &Debt| Settlement::At(token(9));
    let told = causality.bounds(gone, learn).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::CausalityLost);
    assert_eq!(causality.token(), None);
    assert_eq!(
        settled(&causality, learn).token,
        Some(token(9)),
        "the debt was left"
    );
}

#[test]
fn what_a_debt_turns_out_to_be_may_be_gone_too() {
    let now = Instant::now();
    let causality = Causality::default();
    causality.reached(&token(5)).unwrap();
    causality.saw(debt(1, now, true));
    let asked = Cell::new(0);
    let check = |token: &CausalToken| {
        asked.set(asked.get() + 1);
        match token.position {
            Some(Position::Lsn(9)) => Err(Error::new(ErrorKind::CausalityLost, "gone")),
            _ => Ok(false),
        }
    };
    let bounds = causality.bounds(check, |_| Settlement::Open).unwrap();
    assert!(!bounds.is_comparable);
    assert_eq!(asked.get(), 1, "nothing has changed since");
    let told = causality.bounds(check, |_| Settlement::At(token(9)));
    assert_eq!(told.unwrap_err().kind(), ErrorKind::CausalityLost);
    assert_eq!(open(&causality), [], "it is told once");
    assert_eq!(causality.token(), Some(token(5)), "that is still there");
}

#[test]
fn a_token_of_a_later_timeline_covers_no_loss() {
    let later = CausalToken {
        timeline: Some(2),
        ..token(7)
    };
    let causality = Causality::default();
    causality.reached(&later).unwrap();
    causality.saw(debt(1, Instant::now(), true));
    let check = |token: &CausalToken| match token.timeline {
        Some(1) => Err(Error::new(ErrorKind::CausalityLost, "gone")),
        _ => Ok(true),
    };
    let told = causality.bounds(check, |_| Settlement::At(token(9)));
    assert_eq!(told.unwrap_err().kind(), ErrorKind::CausalityLost);
    assert_eq!(causality.token(), Some(later));
}

#[test]
fn two_reigns_of_one_node_are_owed_apart() {
    let (now, second) = (Instant::now(), Duration::from_secs(1));
    let first = debt(1, now, true);
    let again = Debt {
        until: now + second,
        reign: first.reign.map(|reign| Reign {
            timeline: Some(3),
            ..reign
        }),
        ..first
    };
    let causality = Causality::default();
    for debt in [first, again, again] {
        causality.saw(debt);
    }
    assert_eq!(open(&causality), [first, again]);
}
