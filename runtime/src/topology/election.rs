//! Who of those that take writes is the primary. Knows nobody's health: it is given those that can be reached.
#![deny(clippy::disallowed_methods)]

use super::view::NodeId;
use crate::driver::GtidState;
use crate::mechanism::Mechanism;

/// A node that takes writes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<'a> {
    pub(super) id: NodeId,
    /// PostgreSQL.
    pub(super) timeline: Option<u32>,
    /// MariaDB: what its own transactions are numbered under, and what it has of everybody.
    pub(super) own: Option<(u32, &'a GtidState)>,
    /// Whether the configuration says that it is the primary.
    pub(super) is_declared: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Primary(NodeId),
    Nobody,
    /// None of these is newer than the others.
    Split(Vec<NodeId>),
}

/// Chooses by the timeline, else by who wrote something that the others lack.
///
/// Of those with the same transactions it is who is the primary already, or who was said to be.
pub(super) fn elect(claims: &[Claim<'_>], current: Option<NodeId>) -> Verdict {
    if !Mechanism::Timeline.is_on() {
        // Whoever was there first.
        let first = claims.iter().min_by_key(|claim| claim.timeline);
        return first.map_or(Verdict::Nobody, |first| Verdict::Primary(first.id));
    }
    let highest = claims.iter().filter_map(|claim| claim.timeline).max();
    let claims: Vec<&Claim<'_>> = claims
        .iter()
        .filter(|claim| claim.timeline == highest)
        .collect();
    if claims.is_empty() {
        return Verdict::Nobody;
    }
    // Two on one timeline: nothing tells them apart, not even that one of them has been the primary.
    let may_compare = highest.is_none();
    let wins = |claim: &Claim<'_>| {
        claims.iter().all(|other| {
            other.id == claim.id || (may_compare && is_before(claim, other, &claims, current))
        })
    };
    match claims.iter().find(|claim| wins(claim)) {
        Some(winner) => Verdict::Primary(winner.id),
        None => Verdict::Split(claims.iter().map(|claim| claim.id).collect()),
    }
}

fn is_before(
    claim: &Claim<'_>,
    other: &Claim<'_>,
    claims: &[&Claim<'_>],
    current: Option<NodeId>,
) -> bool {
    match (wrote_more(claim, other), wrote_more(other, claim)) {
        (true, false) => true,
        (false, true) | (true, true) => false,
        (false, false) if claims.iter().any(|claim| Some(claim.id) == current) => {
            Some(claim.id) == current
        }
        (false, false) => claim.is_declared && !other.is_declared,
    }
}

/// Whether it wrote something itself that the other one lacks. What it merely replicated, and the other one doesn't
/// show yet, says nothing: they weren't asked at the same moment.
fn wrote_more(claim: &Claim<'_>, other: &Claim<'_>) -> bool {
    match (claim.own, other.own) {
        (Some((server, own)), Some((_, others))) => own.has_more_of(server, others),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postgres(id: u32, timeline: u32) -> Claim<'static> {
        Claim {
            id: NodeId(id),
            timeline: Some(timeline),
            own: None,
            is_declared: false,
        }
    }

    fn mariadb(id: u32, state: &GtidState) -> Claim<'_> {
        Claim {
            id: NodeId(id),
            timeline: None,
            own: Some((id, state)),
            is_declared: false,
        }
    }

    fn state(text: &str) -> GtidState {
        GtidState::parse(text).unwrap()
    }

    fn primary(id: u32) -> Verdict {
        Verdict::Primary(NodeId(id))
    }

    fn split(ids: [u32; 2]) -> Verdict {
        Verdict::Split(ids.map(NodeId).to_vec())
    }

    #[test]
    fn nobody_who_takes_writes_is_nobody() {
        assert_eq!(elect(&[], Some(NodeId(1))), Verdict::Nobody);
    }

    #[test]
    fn the_highest_timeline_wins() {
        let claims = [postgres(1, 3), postgres(2, 4), postgres(3, 2)];
        assert_eq!(elect(&claims, Some(NodeId(1))), primary(2));
    }

    #[test]
    fn two_on_one_timeline_are_two() {
        let claims = [postgres(1, 3), postgres(2, 3), postgres(3, 2)];
        for current in [None, Some(NodeId(1))] {
            assert_eq!(elect(&claims, current), split([1, 2]));
        }
    }

    #[test]
    fn without_timelines_who_wrote_more_wins() {
        for (one, other, current, verdict) in [
            ("0-1-9", "0-1-9,0-2-10", Some(1), primary(2)),
            ("0-1-9", "0-1-8", Some(2), primary(1)),
            ("0-1-9", "0-1-10", Some(1), primary(1)),
            ("0-1-10", "0-1-9,0-2-10", Some(1), split([1, 2])),
            ("0-1-9", "0-1-9", Some(2), primary(2)),
            ("0-1-9", "0-1-9", None, split([1, 2])),
            ("", "", Some(7), split([1, 2])),
        ] {
            let (one, other) = (state(one), state(other));
            let claims = [mariadb(1, &one), mariadb(2, &other)];
            assert_eq!(
                elect(&claims, current.map(NodeId)),
                verdict,
                "{one} {other} {current:?}"
            );
        }
    }

    #[test]
    fn of_equals_the_declared_one_wins() {
        let state = state("0-1-9");
        let mut claims = [mariadb(1, &state), mariadb(2, &state)];
        claims[0].is_declared = true;
        assert_eq!(elect(&claims, None), primary(1));
    }
}
