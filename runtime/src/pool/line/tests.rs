use std::sync::Arc;
use std::task::Waker;

use super::*;
use crate::pool::desk::Desk;
use crate::pool::flow::FlowId;
use crate::pool::site::Runner;

fn line() -> Line {
    Line::default()
}

fn ask(flow: FlowId, deadline_ms: u64) -> Ask {
    Ask {
        flow,
        caller: None,
        priority: Priority::Normal,
        is_front: false,
        deadline: Time::from_millis(deadline_ms),
        fails_fast: false,
        partitions: Box::default(),
        runner: Runner::current(),
        desk: Arc::new(Desk::new(Waker::noop().clone())),
    }
}

fn enter(line: &mut Line, ask: Ask) -> Ticket {
    let now = Time::from_millis(0);
    let ticket = line.enter(now, ask);
    line.stand(now, ticket);
    ticket
}

fn grant(line: &mut Line, ticket: Ticket) {
    line.serve(ticket);
}

#[test]
fn what_is_known_of_those_who_are_gone_is_forgotten() {
    let mut line = line();
    // Somebody always waits, so that the busy period never ends.
    enter(&mut line, ask(FlowId::MAX, 1_000_000));
    for flow in 0..10_000 {
        let ticket = enter(&mut line, ask(flow, 1_000_000));
        if flow % 2 == 0 {
            grant(&mut line, ticket);
        } else {
            line.remove(ticket);
        }
        line.close_gaps();
    }
    // One more round, in which the virtual time moves on.
    for _ in 0..200 {
        let ticket = enter(&mut line, ask(0, 1_000_000));
        grant(&mut line, ticket);
    }
    for flow in 0..100 {
        enter(&mut line, ask(flow, 1_000_000));
    }
    assert!(line.flows.len() < 1_000, "{} flows", line.flows.len());
    assert_eq!(line.waiters.len(), 101);
}

#[test]
fn the_earliest_deadline_is_of_somebody_who_waits() {
    let mut line = line();
    let [a, b, c] = [30, 10, 20].map(|deadline| enter(&mut line, ask(0, deadline)));
    assert_eq!(line.next_expiry(), Some(Time::from_millis(10)));
    line.remove(b);
    assert_eq!(line.overdue(Time::from_millis(19)), []);
    assert_eq!(line.next_expiry(), Some(Time::from_millis(20)));
    assert_eq!(line.overdue(Time::from_millis(20)), [c]);
    line.remove(c);
    assert_eq!(line.next_expiry(), Some(Time::from_millis(30)));
    line.remove(a);
    assert_eq!(line.next_expiry(), None);
}

#[test]
fn a_long_line_is_looked_through_only_now_and_then() {
    let mut line = line();
    let first = enter(&mut line, ask(0, 10));
    for _ in 1..1_000 {
        enter(&mut line, ask(0, 1_000_000));
    }
    assert_eq!(line.overdue(Time::from_millis(10)), [first]);
    line.remove(first);
    let late = enter(&mut line, ask(0, 10));
    let rested = line.next_expiry().unwrap();
    let [least, most] = [1_000 * REST, MOST_LATE].map(|rest| Time::from_millis(10) + rest);
    assert!((least..=most).contains(&rested), "{rested:?}");
    assert_eq!(line.overdue(Time::from_nanos(rested.as_nanos() - 1)), []);
    assert_eq!(line.overdue(rested), [late]);
}

#[test]
fn an_empty_line_has_nothing_to_rest_from() {
    let mut line = line();
    let many: Vec<Ticket> = (0..1_000).map(|_| enter(&mut line, ask(0, 10))).collect();
    assert_eq!(line.overdue(Time::from_millis(10)), many);
    for ticket in many {
        line.remove(ticket);
    }
    assert_eq!(line.next_expiry(), None);
    enter(&mut line, ask(0, 10));
    assert_eq!(line.next_expiry(), Some(Time::from_millis(10)));
}

#[test]
fn the_number_of_a_ticket_is_of_one_waiter_only() {
    let mut line = line();
    let old = enter(&mut line, ask(0, 1));
    line.remove(old);
    let new = enter(&mut line, ask(0, 1));
    assert_eq!(old.index, new.index);
    assert!(line.get(old).is_none() && line.remove(old).is_none());
    assert!(line.get(new).is_some());
}

#[test]
fn nobody_moves_up_beyond_the_virtual_time_at_which_it_came() {
    let mut line = line();
    let leavers: Vec<Ticket> = (0..10).map(|_| enter(&mut line, ask(1, 1))).collect();
    for _ in 0..20 {
        let ticket = enter(&mut line, ask(2, 1));
        grant(&mut line, ticket);
    }
    let late = enter(&mut line, ask(1, 1));
    let before = line.get(late).unwrap().rank;
    for ticket in leavers {
        line.remove(ticket);
    }
    line.close_gaps();
    assert_eq!(
        line.get(late).unwrap().rank,
        before,
        "it came when all others had been served"
    );
    assert_eq!(line.ahead_of(late), Some(0));
}
