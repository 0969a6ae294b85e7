//! Decides which node serves a call, and says why. Opens nothing and waits for nothing.
//!
//! Writes go to the primary. A read goes, in this order, to
//! 1. a replica that is up and meets every rule: of those, the ones of the highest priority, of those the ones in the
//!    caller's zone, and of those the one that the sticky key or the strategy says;
//! 2. nobody yet, if a replica lacks nothing but what the session has seen: it is worth waiting for;
//! 3. the primary, if it meets the rules;
//! 4. a replica that may be about to go or has just come back, and meets every rule;
//! 5. nobody: then each node has its reason.
#![deny(clippy::disallowed_methods)]

mod candidate;
mod reason;

use std::sync::Arc;

use smallvec::SmallVec;

pub(crate) use candidate::{Candidate, Gap, Need, Patience, Progress};
pub(crate) use reason::{Nobody, Reason, Rejection};

use super::config::{Consistency, Strategy};
use crate::policy::balance::{self, Draws, Load};
use crate::policy::rendezvous::Bidder;
use crate::topology::{Access, NodeId, NodeState, Role};

/// Which node serves a call, and why not the others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choice {
    pub(crate) decision: Decision,
    /// Those that can't serve it, as far as they were looked at.
    pub(crate) rejected: Rejections,
}

/// Nodes that can't serve a call, each with its reason.
pub(crate) type Rejections = SmallVec<[(NodeId, Rejection); 4]>;

/// Some of the candidates.
type Selection<'c, 't> = SmallVec<[&'c Candidate<'t>; 4]>;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Decision {
    /// Read from this replica.
    Read {
        node: NodeId,
        because: Reason,
    },
    /// Wait until a replica is there, at most for `causal_wait`, and choose again. This one has the least to go.
    Wait {
        nearest: NodeId,
        gap: Gap,
    },
    /// Read from the primary, or write there.
    Primary {
        node: NodeId,
        because: Reason,
    },
    Nobody(Nobody),
}

/// What is asked only if several nodes are equally good.
pub(crate) trait Tiebreak {
    fn load(&self, candidate: &Candidate<'_>) -> Load;
    fn draws(&self) -> Draws;
}

/// Chooses among all nodes of a cluster.
pub(crate) fn choose(
    need: &Need<'_>,
    candidates: &[Candidate<'_>],
    ties: &impl Tiebreak,
) -> Choice {
    let because = match (need.access, need.rules.consistency) {
        (Access::Write, _) => Reason::Write,
        (Access::Read, Consistency::Primary) => Reason::AskedForPrimary,
        (Access::Read, _) => return choose_for_read(need, candidates, ties),
    };
    let Some(primary) = primary_of(candidates) else {
        return Choice::nobody(Nobody::NoPrimary);
    };
    match health_of(need, primary) {
        Ok(()) => Choice {
            decision: Decision::Primary {
                node: primary.id,
                because,
            },
            rejected: Rejections::new(),
        },
        Err(rejection) => Choice {
            rejected: Rejections::from_iter([(primary.id, rejection)]),
            ..Choice::nobody(Nobody::PrimaryRejected)
        },
    }
}

fn choose_for_read(need: &Need<'_>, candidates: &[Candidate<'_>], ties: &impl Tiebreak) -> Choice {
    let unknown = |tag: &&Arc<str>| candidates.iter().all(|node| !node.has(tag));
    if let Some(tag) = need.rules.tags.iter().find(unknown) {
        return Choice::nobody(Nobody::UnknownTag(tag.clone()));
    }
    let mut rejected = Rejections::new();
    let (mut up, mut shaky) = (Selection::new(), Selection::new());
    let is_replica = |node: &&Candidate<'_>| node.role != Role::Primary;
    for node in candidates.iter().filter(is_replica) {
        match verdict(need, node) {
            Err(rejection) => rejected.push((node.id, rejection)),
            Ok(()) if node.state == NodeState::Up => up.push(node),
            Ok(()) => shaky.push(node),
        }
    }
    let decision = if let Some(read) = read_from(need, up, ties) {
        read
    } else if let Some(wait) = worth_waiting_for(need, candidates, &rejected) {
        wait
    } else {
        let primary = primary_of(candidates).and_then(|node| match verdict(need, node) {
            Ok(()) => Some(node.id),
            Err(rejection) => {
                rejected.push((node.id, rejection));
                None
            }
        });
        match primary {
            Some(node) => Decision::Primary {
                node,
                because: Reason::NoReplica {
                    replicas: candidates.iter().filter(is_replica).count(),
                },
            },
            None => read_from(need, shaky, ties).unwrap_or(Decision::Nobody(Nobody::NoneFits)),
        }
    };
    Choice { decision, rejected }
}

/// Why a node can't serve a read, if it can't.
fn verdict(need: &Need<'_>, node: &Candidate<'_>) -> Result<(), Rejection> {
    health_of(need, node)?;
    let rules = need.rules;
    if let Some(tag) = rules.tags.iter().find(|tag| !node.has(tag)) {
        return Err(Rejection::MissesTag(tag.clone()));
    }
    if node.role == Role::Primary {
        return Ok(());
    }
    match (rules.max_lag, node.lag) {
        (None, _) => {}
        (Some(max), None) => return Err(Rejection::UnknownLag { max }),
        (Some(max), Some(lag)) if lag > max => return Err(Rejection::Lags { lag, max }),
        (Some(_), Some(_)) => {}
    }
    if rules.consistency != Consistency::ReadYourWrites {
        return Ok(());
    }
    if let Some(to) = need.pinned_to().filter(|pinned| *pinned != node.id) {
        return Err(Rejection::Pinned { to });
    }
    match node.progress {
        Progress::Reached => Ok(()),
        Progress::Behind(gap) => Err(Rejection::Behind(gap)),
        Progress::Unknown => Err(Rejection::UnknownPosition),
    }
}

/// Whether a node can serve anything.
fn health_of(need: &Need<'_>, node: &Candidate<'_>) -> Result<(), Rejection> {
    use NodeState::{Down, Draining, Foreign, Probation, Stale, Suspect, Up};
    match (node.state, node.role) {
        (Down | Draining | Foreign | Stale, _) => return Err(Rejection::State(node.state)),
        // One good answer isn't enough to trust it with a write, nor with all reads.
        (Probation, Role::Primary) => return Err(Rejection::State(node.state)),
        (_, Role::Unknown) => return Err(Rejection::UnknownRole),
        (Up | Suspect | Probation, _) => {}
    }
    node.breaker.map_err(|rejected| Rejection::Breaker {
        state: rejected.state,
        retry_in: rejected
            .retry_at
            .map(|at| at.saturating_duration_since(need.now)),
    })
}

fn primary_of<'c, 't>(candidates: &'c [Candidate<'t>]) -> Option<&'c Candidate<'t>> {
    candidates.iter().find(|node| node.role == Role::Primary)
}

/// The best of those that can serve a read, if there are any.
fn read_from(
    need: &Need<'_>,
    mut fit: Selection<'_, '_>,
    ties: &impl Tiebreak,
) -> Option<Decision> {
    let rules = need.rules;
    let is_here = |node: &Candidate<'_>| rules.zone.is_some() && node.zone == rules.zone.as_deref();
    let rank = |node: &Candidate<'_>| (node.priority, is_here(node));
    let best = fit.iter().map(|node| rank(node)).max()?;
    fit.retain(|node| rank(node) == best);
    let among = fit.len();
    let bidders = fit.iter().map(|node| Bidder {
        id: node.id.0,
        weight: node.weight,
    });
    let (place, because) = match (&fit[..], rules.sticky) {
        ([only], _) if need.pinned_to() == Some(only.id) => (0, Reason::Pinned),
        ([_], _) => (0, Reason::OnlyOne),
        (_, Some(key)) => (key.owner(bidders)?, Reason::Sticky { among }),
        (_, None) => {
            let loads: SmallVec<[Load; 4]> = fit.iter().map(|node| ties.load(node)).collect();
            let strategy = rules.strategy;
            (
                by(strategy)(&loads, ties.draws())?,
                Reason::Balanced { strategy, among },
            )
        }
    };
    let node = fit.get(place)?;
    let because = match node.state {
        NodeState::Up => because,
        state => Reason::LastResort(state),
    };
    Some(Decision::Read {
        node: node.id,
        because,
    })
}

fn by(strategy: Strategy) -> fn(&[Load], Draws) -> Option<usize> {
    match strategy {
        Strategy::RoundRobin => balance::round_robin,
        Strategy::LeastInUse => balance::least_in_use,
        Strategy::Weighted => balance::weighted,
        Strategy::Latency => balance::by_latency,
        Strategy::Adaptive => balance::adaptive,
    }
}

/// The replica that is up, lacks nothing but what the session has seen, and has the least to go.
fn worth_waiting_for(
    need: &Need<'_>,
    candidates: &[Candidate<'_>],
    rejected: &[(NodeId, Rejection)],
) -> Option<Decision> {
    if need.patience == Patience::Used || need.rules.causal_wait.is_zero() {
        return None;
    }
    let is_up = |id: NodeId| {
        let is_it = |node: &Candidate<'_>| node.id == id && node.state == NodeState::Up;
        candidates.iter().any(is_it)
    };
    let behind = rejected
        .iter()
        .filter_map(|(id, rejection)| match rejection {
            Rejection::Behind(gap) if is_up(*id) => Some((*gap, *id)),
            _ => None,
        });
    let (gap, nearest) = behind.min()?;
    Some(Decision::Wait { nearest, gap })
}

impl Choice {
    fn nobody(why: Nobody) -> Self {
        Self {
            decision: Decision::Nobody(why),
            rejected: Rejections::new(),
        }
    }
}

#[cfg(test)]
mod tests;
