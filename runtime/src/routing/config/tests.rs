//! What is laid over what, and what is refused.

use super::*;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn full(name: &str, wait: Duration) -> Routing {
    Routing::new()
        .consistency(Consistency::BoundedStaleness(wait))
        .strategy(Strategy::Weighted)
        .zone(name)
        .tag(name)
        .max_lag(wait)
        .causal_wait(wait)
        .sticky(name)
        .hedge(Hedge::new().floor(wait))
}

#[test]
fn what_is_left_open_is_as_it_is_below() {
    let (upper, lower) = (full("upper", secs(1)), full("lower", secs(2)));
    let open = Routing::new();
    assert_eq!(upper.over(&lower), upper);
    assert_eq!(open.over(&lower), lower);
    assert_eq!(upper.over(&open), upper);
    assert_eq!(open.over(&open), open);
    let zone = Routing::new().zone("here").over(&lower);
    assert_eq!(
        zone,
        Routing {
            zone: Some("here".into()),
            ..lower
        }
    );
}

#[test]
fn the_defaults_fill_what_nobody_has_set() {
    let rules = Routing::new().rules();
    assert_eq!(
        rules,
        Rules {
            consistency: Consistency::ReadYourWrites,
            strategy: Strategy::Adaptive,
            zone: None,
            tags: Vec::new(),
            max_lag: None,
            causal_wait: Duration::from_millis(50),
            sticky: None,
            hedge: None,
        }
    );
    assert_eq!(full("here", secs(9)).rules().sticky, Some(Key::of("here")));
}

#[test]
fn the_tighter_of_two_bounds_on_the_lag_counts() {
    let bounded = Consistency::BoundedStaleness(secs(3));
    for (routing, expected) in [
        (Routing::new().max_lag(secs(5)), Some(secs(5))),
        (Routing::new().consistency(bounded), Some(secs(3))),
        (
            Routing::new().consistency(bounded).max_lag(secs(5)),
            Some(secs(3)),
        ),
        (
            Routing::new().consistency(bounded).max_lag(secs(2)),
            Some(secs(2)),
        ),
    ] {
        assert_eq!(routing.rules().max_lag, expected);
    }
}

#[test]
fn all_problems_are_named_with_value_and_range() {
    assert_eq!(full("here", secs(1)).problems(), Vec::<String>::new());
    let all_wrong = full("", Duration::ZERO).causal_wait(secs(3_601));
    assert_eq!(
        all_wrong.problems(),
        [
            "zone is empty, and at least one character is needed",
            "sticky is empty, and at least one character is needed",
            "tag is empty, and at least one character is needed",
            "max_lag is 0ns, and 1ms to 7 days is allowed",
            "bounded staleness is 0ns, and 1ms to 7 days is allowed",
            "causal_wait is 3601s, and 0 to 1 h is allowed",
            "floor of hedges is 0ns, and 1ms to 7 days is allowed",
        ]
    );
}
