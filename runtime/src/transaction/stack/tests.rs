use super::*;

fn site() -> Site {
    Site::named("test")
}

fn failure() -> Option<Arc<Error>> {
    Some(Arc::new(Error::new(ErrorKind::Constraint, "no")))
}

fn stack() -> Stack<&'static str> {
    Stack::new(site())
}

/// Opens a nested unit the ordinary way.
fn open(stack: &mut Stack<&'static str>) -> (LevelId, Number) {
    let number = stack.number();
    stack.sent(Action::Open {
        number,
        site: site(),
    });
    (
        stack.answered(None).0.expect("an opened unit has a level"),
        number,
    )
}

fn is_suspended(stack: &Stack<&'static str>, level: LevelId) -> bool {
    matches!(stack.check(level), Err(Refusal::Suspended { .. }))
}

fn is_doomed(stack: &Stack<&'static str>, level: LevelId) -> bool {
    matches!(stack.check(level), Err(Refusal::Doomed { .. }))
}

#[test]
fn a_parent_is_suspended_while_a_nested_unit_is_open() {
    let mut stack = stack();
    let (inner, number) = open(&mut stack);
    assert!(stack.check(inner).is_ok() && is_suspended(&stack, 0));
    stack.sent(Action::Release { number });
    stack.answered(None);
    assert!(stack.check(0).is_ok());
    assert!(matches!(stack.check(inner), Err(Refusal::Ended)));
}

#[test]
fn a_failed_statement_dooms_its_unit_and_no_other() {
    let mut stack = stack();
    let (inner, number) = open(&mut stack);
    stack.sent(Action::Statement { level: inner });
    stack.answered(failure());
    assert!(is_doomed(&stack, inner));
    stack.sent(Action::Undo { number });
    stack.answered(None);
    assert!(
        stack.check(0).is_ok(),
        "what failed inside was undone alone"
    );
}

#[test]
fn a_dropped_unit_is_repaired_before_its_parent_goes_on() {
    let mut stack = stack();
    let (outer, lower) = open(&mut stack);
    let (inner, _) = open(&mut stack);
    stack.add_hook("inner's");
    stack.orphan(inner);
    stack.orphan(outer);
    assert!(stack.check(0).is_ok(), "orphans don't suspend");
    assert_eq!(
        stack.next_repair(),
        Some(lower),
        "undoing the lower undoes the upper"
    );
    stack.sent(Action::Undo { number: lower });
    assert_eq!(stack.answered(None).1, ["inner's"]);
    assert_eq!(stack.next_repair(), None);
}

#[test]
fn a_savepoint_that_was_opened_for_nobody_is_undone() {
    let mut stack = stack();
    let number = stack.number();
    stack.sent(Action::Open {
        number,
        site: site(),
    });
    stack.abandoned(true);
    assert_eq!(stack.next_repair(), Some(number));
    stack.sent(Action::Undo { number });
    stack.answered(None);
    assert_eq!(stack.next_repair(), None);
    assert!(stack.check(0).is_ok());
}

#[test]
fn a_savepoint_for_nobody_in_a_dropped_unit_goes_with_that_unit() {
    let mut stack = stack();
    let (inner, lower) = open(&mut stack);
    let number = stack.number();
    stack.sent(Action::Open {
        number,
        site: site(),
    });
    stack.orphan(inner);
    stack.abandoned(true);
    assert_eq!(stack.next_repair(), Some(lower));
    stack.sent(Action::Undo { number: lower });
    stack.answered(None);
    assert_eq!(
        stack.next_repair(),
        None,
        "the upper savepoint went with the lower"
    );
}

#[test]
fn a_statement_that_was_dropped_dooms_its_unit() {
    let mut stack = stack();
    stack.sent(Action::Statement { level: 0 });
    stack.abandoned(true);
    assert!(
        is_doomed(&stack, 0),
        "what it did is unknown, even when the server did it"
    );
}

#[test]
fn a_dropped_release_counts_when_the_server_did_it() {
    let mut stack = stack();
    let (inner, number) = open(&mut stack);
    stack.add_hook("inner's");
    stack.sent(Action::Release { number });
    stack.orphan(inner);
    stack.abandoned(true);
    assert_eq!(
        stack.next_repair(),
        None,
        "there is no such savepoint any more"
    );
    assert!(stack.check(0).is_ok());
    assert_eq!(stack.end(), ["inner's"]);
}

#[test]
fn a_repair_that_was_dropped_is_not_repeated_when_it_was_done() {
    let mut stack = stack();
    let (inner, number) = open(&mut stack);
    stack.orphan(inner);
    stack.sent(Action::Undo { number });
    stack.abandoned(true);
    assert_eq!(stack.next_repair(), None);
    assert!(stack.check(0).is_ok());
}

#[test]
fn what_cannot_be_undone_alone_dooms_everything() {
    let mut stack = stack();
    let (inner, number) = open(&mut stack);
    stack.orphan(inner);
    stack.sent(Action::Undo { number });
    stack.answered(failure());
    assert!(is_doomed(&stack, 0));
    assert_eq!(stack.next_repair(), None, "and is not tried for ever");
}

#[test]
fn going_back_to_a_named_savepoint_lifts_what_went_wrong_after_it() {
    let mut stack = stack();
    let number = stack.number();
    stack.sent(Action::Mark { number, level: 0 });
    stack.answered(None);
    stack.add_hook("after");
    stack.sent(Action::Statement { level: 0 });
    stack.answered(failure());
    assert!(is_doomed(&stack, 0));
    stack.sent(Action::RollbackTo { number, level: 0 });
    assert_eq!(stack.answered(None).1, ["after"]);
    assert!(
        stack.check(0).is_ok() && stack.has_mark(0, number),
        "the savepoint stays"
    );
}

#[test]
fn a_savepoint_set_after_the_damage_does_not_lift_it() {
    let mut stack = stack();
    stack.doom(0, failure().expect("some"));
    let number = stack.number();
    stack.sent(Action::Mark { number, level: 0 });
    stack.answered(None);
    stack.sent(Action::RollbackTo { number, level: 0 });
    stack.answered(None);
    assert!(is_doomed(&stack, 0));
}

#[test]
fn after_the_end_nothing_can_be_used() {
    let mut stack = stack();
    let (inner, _) = open(&mut stack);
    stack.end();
    assert!(
        matches!(stack.check(0), Err(Refusal::Ended))
            && matches!(stack.check(inner), Err(Refusal::Ended))
    );
    assert_eq!(stack.next_repair(), None);
}

#[test]
fn a_stream_dooms_its_unit_only_if_it_failed_read_or_not() {
    for (is_dropped, has_failed) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut stack = stack();
        stack.sent(Action::Stream { level: 0 });
        if is_dropped {
            stack.abandoned(!has_failed);
        } else {
            stack.answered(failure().filter(|_| has_failed));
        }
        assert_eq!(is_doomed(&stack, 0), has_failed, "dropped: {is_dropped}");
    }
}
