//! All nodes as candidates for one read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use smallvec::SmallVec;

use super::causality::{Bounds, Owed};
use super::choice::{Candidate, Gap, Progress, Tiebreak};
use super::config::Rules;
use crate::policy::balance::{Draws, Load};
use crate::topology::{CausalToken, NodeId, NodeView, Picture};

/// More nodes than most databases have.
pub(super) type Candidates<'a> = SmallVec<[Candidate<'a>; 4]>;

/// All nodes but those that have failed the call already.
pub(super) fn candidates<'a>(
    picture: &'a Picture,
    failed: &[NodeId],
    rules: &Rules,
    bounds: &Bounds,
    now: Instant,
) -> Candidates<'a> {
    let view = &picture.view;
    let nodes = view.nodes.iter().filter(|node| !failed.contains(&node.id));
    nodes
        .filter_map(|node| {
            let member = picture.member(node.id)?;
            Some(Candidate {
                id: node.id,
                role: node.role,
                state: node.state,
                breaker: member.would_pass(now),
                // Worth a look at the clock only for those who asked.
                lag: rules.max_lag.and_then(|_| match view.is_primary(node.id) {
                    true => Some(Duration::ZERO),
                    false => node.lag(now),
                }),
                progress: progress(node, bounds),
                tags: &node.tags,
                zone: node.zone.as_deref(),
                priority: node.priority,
                weight: node.weight,
            })
        })
        .collect()
}

/// Decides between nodes that are equally good.
pub(super) struct Ties<'a> {
    pub(super) picture: &'a Picture,
    pub(super) now: Instant,
    pub(super) turn: &'a AtomicU64,
    /// What a choice moves the turn on by. An explanation doesn't.
    pub(super) step: u64,
}

impl Tiebreak for Ties<'_> {
    fn load(&self, candidate: &Candidate<'_>) -> Load {
        let member = self.picture.member(candidate.id);
        Load {
            in_use: member.map_or(0, |member| member.node.in_use()),
            weight: candidate.weight,
            latency: member.and_then(|member| member.expected_latency(self.now)),
        }
    }

    fn draws(&self) -> Draws {
        Draws {
            turn: self.turn.fetch_add(self.step, Ordering::Relaxed),
            first: fastrand::u64(..),
            second: fastrand::u64(..),
        }
    }
}

/// The only replica that may serve a read, for it alone is sure to be far enough; the primary always is.
pub(super) fn pin(picture: &Picture, bounds: &Bounds) -> Option<NodeId> {
    match bounds.owed {
        _ if !bounds.is_comparable => picture.view.primary_id(),
        Owed::Nothing => None,
        Owed::To(node) => Some(node),
        Owed::ToSeveral => picture.view.primary_id(),
    }
}

/// How far a node is from what a read has to go by.
fn progress(node: &NodeView, bounds: &Bounds) -> Progress {
    match &bounds.token {
        None => Progress::Reached,
        Some(_) if !bounds.is_comparable => Progress::Unknown,
        Some(token) => progress_to(node, token),
    }
}

fn progress_to(node: &NodeView, token: &CausalToken) -> Progress {
    let Some(wanted) = &token.position else {
        return Progress::Unknown;
    };
    if node.position.reaches(wanted) {
        return Progress::Reached;
    }
    let Some(own) = node.position.get() else {
        return Progress::Unknown;
    };
    Progress::Behind(match own.bytes_behind(wanted) {
        Some(bytes) => Gap::Bytes(bytes),
        None => Gap::Transactions(own.transactions_behind(wanted).unwrap_or(u64::MAX)),
    })
}
