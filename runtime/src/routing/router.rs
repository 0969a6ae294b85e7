//! What all calls on a database are routed by: its nodes, its retry budget, and what was learnt of both.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::causality::{Bounds, Debt, Settlement};
use super::choice::{Candidate, Choice, Gap, Need, Nobody, Patience, Progress, Rejection, choose};
use super::explanation::Explanation;
use super::guarding::Guarding;
use super::route::Route;
use super::stats::{Counters, RoutingStats};
use crate::driver::{Dialect, Position};
use crate::error::{Error, ErrorKind, Result};
use crate::mechanism::Mechanism;
use crate::policy::balance::{Draws, Load};
use crate::policy::budget::Budget;
use crate::policy::time_limit::TimeLimit;
use crate::topology::{
    Access, CausalToken, Cluster, Containment, LostTail, Member, NodeId, NodeView, Picture, View,
};

/// How old what is known of a node may be before a caller who depends on it has somebody look.
const SOON: Duration = Duration::from_millis(20);

/// What all calls on a database are routed by.
#[derive(Debug)]
pub(crate) struct Router {
    cluster: Arc<Cluster>,
    /// The first node: the only one as long as nothing is routed.
    first: Arc<Member>,
    failover_timeout: Duration,
    budget: Budget,
    counters: Counters,
    guarding: Guarding,
    /// Whose turn it is.
    turn: AtomicU64,
}

/// What a read asks of a position.
enum Target<'a> {
    /// Nothing, or nothing that the primary would not do for.
    None,
    Token(&'a CausalToken),
    /// It can't be known of any replica whether it is far enough.
    Unknowable,
}

impl Router {
    pub(crate) fn new(
        cluster: Arc<Cluster>,
        first: Arc<Member>,
        failover_timeout: Duration,
        budget: Budget,
        guarding: Guarding,
    ) -> Self {
        Self {
            cluster,
            first,
            failover_timeout,
            budget,
            counters: Counters::default(),
            guarding,
            turn: AtomicU64::new(0),
        }
    }

    pub(crate) fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.cluster.dialect()
    }

    /// Whether `INSERT … RETURNING` is understood: everywhere but on MySQL.
    pub(crate) fn has_returning(&self) -> bool {
        self.first.node.has_returning()
    }

    /// Whether spans carry the statements' texts.
    pub(crate) fn traces_text(&self) -> bool {
        self.cluster.settings().node.traces_text
    }

    /// How long each statement may take.
    pub(crate) fn statement_limit(&self) -> Option<TimeLimit> {
        self.cluster.settings().node.statement_limit
    }

    /// The only node, when there is nothing to choose.
    pub(crate) fn only(&self) -> Option<&Arc<Member>> {
        (!self.cluster.is_routed()).then_some(&self.first)
    }

    pub(super) fn failover_timeout(&self) -> Duration {
        self.failover_timeout
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// How commits are guarded.
    pub(crate) fn guarding(&self) -> &Guarding {
        &self.guarding
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn stats(&self) -> RoutingStats {
        self.counters.snapshot()
    }

    /// A node for a read, now that it is about to be sent; `failed` are those that failed this call already.
    ///
    /// # Errors
    /// [`ErrorKind::CausalityLost`] when what the caller has seen is gone, [`ErrorKind::Configuration`] for an unknown tag.
    pub(super) fn choose(
        &self,
        route: &Route,
        picture: &Picture,
        failed: &[NodeId],
        patience: Patience,
        now: Instant,
    ) -> Result<Choice> {
        if route.rules().reads_own_writes() {
            // First: what is learnt now would cover what was lost before.
            self.check_token(route, picture)?;
        }
        Ok(self.weigh(route, picture, failed, patience, now))
    }

    /// The same, with nobody told what was lost.
    fn weigh(
        &self,
        route: &Route,
        picture: &Picture,
        failed: &[NodeId],
        patience: Patience,
        now: Instant,
    ) -> Choice {
        let rules = route.rules();
        let bounds = if rules.reads_own_writes() {
            self.bounds(route, picture, now)
        } else {
            Bounds::default()
        };
        let target = target(picture, &bounds);
        let pin = match (&target, &bounds.debts[..]) {
            (Target::Unknowable, _) => picture.primary().map(|primary| primary.id),
            (_, []) => None,
            (_, [debt]) => Some(debt.node),
            // Two nodes were seen, and nobody knows which one was further: the primary is.
            (_, [_, ..]) => picture.primary().map(|primary| primary.id),
        };
        let need = Need {
            now,
            access: Access::Read,
            rules,
            pin,
            patience,
        };
        let candidates: Vec<Candidate<'_>> = picture
            .view
            .nodes
            .iter()
            .filter(|node| !failed.contains(&node.id))
            .filter_map(|node| {
                let member = picture.member(node.id)?;
                Some(self.candidate(picture, node, member, &target, now))
            })
            .collect();
        let draws = Draws {
            turn: self.turn.fetch_add(1, Ordering::Relaxed),
            first: fastrand::u64(..),
            second: fastrand::u64(..),
        };
        choose(&need, &candidates, draws)
    }

    fn candidate<'a>(
        &self,
        picture: &Picture,
        node: &'a NodeView,
        member: &'a Member,
        target: &Target<'_>,
        now: Instant,
    ) -> Candidate<'a> {
        let progress = match target {
            Target::None => Progress::Reached,
            Target::Unknowable => Progress::Unknown,
            Target::Token(token) => progress(node, token),
        };
        let is_primary = picture.view.primary.as_ref().ok() == Some(&node.id);
        Candidate {
            id: node.id,
            role: node.role,
            state: node.state,
            breaker: member.would_pass(now),
            lag: if is_primary {
                Some(Duration::ZERO)
            } else {
                node.lag(now)
            },
            progress,
            tags: &node.tags,
            zone: node.zone.as_deref(),
            priority: node.priority,
            load: Load {
                in_use: member.node.in_use(),
                weight: node.weight,
                latency: member.expected_latency(now),
            },
        }
    }

    /// What a read has to go by, with all debts settled that can be.
    fn bounds(&self, route: &Route, picture: &Picture, now: Instant) -> Bounds {
        let view = &picture.view;
        let primary = view.primary.as_ref().ok().copied();
        route.causality().bounds(|debt: &Debt| {
            let is_primary = primary == Some(debt.node);
            if debt.was_primary && !is_primary {
                // It isn't the primary any more. What is left of what it had, the new one has.
                return match primary {
                    Some(node) => Settlement::Moved(Debt {
                        node,
                        until: now,
                        was_primary: true,
                    }),
                    None => Settlement::Open,
                };
            }
            let Some(member) = picture.member(debt.node) else {
                return match primary {
                    Some(node) => Settlement::Moved(Debt {
                        node,
                        until: now,
                        was_primary: true,
                    }),
                    None => Settlement::Open,
                };
            };
            match member.sample() {
                Some(sample) if sample.asked_at > debt.until => {
                    Settlement::At(view.token(sample.timeline, Some(sample.position)))
                }
                sample => {
                    // The sooner somebody looks, the sooner replicas may serve this caller again.
                    if sample.is_none_or(|sample| now > sample.answered_at + SOON) {
                        member.look_soon();
                    }
                    Settlement::Open
                }
            }
        })
    }

    /// Whether what the caller has seen is still there.
    ///
    /// # Errors
    /// [`ErrorKind::CausalityLost`], once: from then on what is left is all there is.
    fn check_token(&self, route: &Route, picture: &Picture) -> Result<()> {
        let Some(token) = route.causality().token() else {
            return Ok(());
        };
        match picture.view.lineage.contains(&token) {
            Containment::Lost(lost) => {
                route.causality().forget(&token);
                Err(Error::new(ErrorKind::CausalityLost, lost.to_string()))
            }
            Containment::Foreign => {
                route.causality().forget(&token);
                Err(foreign(&token))
            }
            _ => Ok(()),
        }
    }

    /// A transaction was committed on a node, and the server may have said where.
    pub(super) fn committed(&self, route: &Route, id: NodeId, position: Option<&str>) {
        let picture = self.cluster.picture();
        let view = &picture.view;
        let position = position.and_then(Position::parse);
        let is_primary = view.primary.as_ref().ok() == Some(&id);
        match position {
            // What a failover lost before is still to be told, and a later token would cover it.
            Some(position) if is_primary && self.lost(route, view).is_none() => {
                let token = view.token(view.timeline, Some(position));
                if route.causality().reached(&token).is_ok() {
                    return;
                }
            }
            _ => {}
        }
        route.causality().saw(Debt {
            node: id,
            until: Instant::now(),
            was_primary: is_primary,
        });
    }

    /// What the caller has seen and a failover has lost.
    fn lost(&self, route: &Route, view: &View) -> Option<LostTail> {
        let token = route.causality().token()?;
        match view.lineage.contains(&token) {
            Containment::Lost(lost) => Some(lost),
            _ => None,
        }
    }

    pub(super) fn token(&self, route: &Route) -> Option<CausalToken> {
        if self.only().is_some() {
            return None;
        }
        let picture = self.cluster.picture();
        let bounds = self.bounds(route, &picture, Instant::now());
        if bounds.debts.is_empty() {
            return bounds.token;
        }
        // "Everything up to now."
        let view = &picture.view;
        Some(view.token(view.timeline, None))
    }

    pub(super) fn observe(&self, route: &Route, token: &CausalToken) -> Result<()> {
        let picture = self.cluster.picture();
        let view = &picture.view;
        let own = view.token(view.timeline, None);
        own.merge(token)?;
        if self.only().is_some() {
            // One node has everything.
            return Ok(());
        }
        match view.lineage.contains(token) {
            Containment::Lost(lost) => {
                return Err(Error::new(ErrorKind::CausalityLost, lost.to_string()));
            }
            Containment::Foreign => return Err(foreign(token)),
            _ => {}
        }
        if token.position.is_some() {
            return route.causality().reached(token);
        }
        if let Ok(primary) = &view.primary {
            let until = Instant::now();
            route.causality().saw(Debt {
                node: *primary,
                until,
                was_primary: true,
            });
        }
        Ok(())
    }

    pub(crate) fn explain(&self, route: &Route, now: Instant) -> Explanation {
        if let Some(only) = self.only() {
            return Explanation::only(&only.name);
        }
        let picture = self.cluster.picture();
        if let Some(lost) = self.lost(route, &picture.view) {
            return Explanation::nobody(&lost.to_string());
        }
        let choice = self.weigh(route, &picture, &[], Patience::Fresh, now);
        Explanation::of(&choice, &picture.view)
    }

    /// Two nodes take writes.
    pub(super) fn split(&self, picture: &Picture) -> Error {
        let message = format!(
            "more than one node takes writes, so that nothing is written to any; {}",
            states(picture)
        );
        Error::new(ErrorKind::SplitBrain, message)
    }

    /// No node can serve a read, and the caller's time is up.
    pub(super) fn nobody(
        &self,
        rejected: &[(NodeId, Rejection)],
        why: &Nobody,
        picture: &Picture,
    ) -> Error {
        let name = |id: NodeId| {
            picture
                .member(id)
                .map_or_else(|| id.to_string(), |member| member.name.to_string())
        };
        let reasons: Vec<String> = rejected
            .iter()
            .map(|(id, why)| format!("not {}, since {why}", name(*id)))
            .collect();
        let waited = self.failover_timeout;
        let message = format!(
            "no node could serve this read within {waited:?}: {why}; {}",
            reasons.join("; ")
        );
        Error::new(ErrorKind::NoPrimary, message).retryable()
    }

    /// Whether nobody has taken over from a node that was the primary on this timeline.
    ///
    /// That it can't be reached, or is being drained, takes nothing back of what it said.
    pub(crate) fn is_primary(&self, id: NodeId, timeline: Option<u32>) -> bool {
        if self.only().is_some() || !Mechanism::Timeline.is_on() {
            return true;
        }
        let view = &self.cluster.picture().view;
        view.timeline == timeline && view.primary.as_ref().map_or(true, |primary| *primary == id)
    }

    /// There is no primary, and the caller's time is up.
    pub(super) fn no_primary(&self, picture: &Picture) -> Error {
        let waited = self.failover_timeout;
        let why = picture.view.why_no_primary();
        let why = why.unwrap_or_else(|| "its breaker is open".to_owned());
        let message = format!(
            "no node took writes within {waited:?}: {why}; {}",
            states(picture)
        );
        Error::new(ErrorKind::NoPrimary, message).retryable()
    }
}

/// What is asked of a replica's position.
fn target<'a>(picture: &Picture, bounds: &'a Bounds) -> Target<'a> {
    let Some(token) = &bounds.token else {
        return Target::None;
    };
    match picture.view.lineage.contains(token) {
        Containment::Contained => Target::Token(token),
        // Nobody has it yet, or nobody knows: the primary it is, which is never behind.
        _ => Target::Unknowable,
    }
}

/// "p1 is down, p2 is up"
pub(super) fn states(picture: &Picture) -> String {
    let nodes = picture.view.nodes.iter();
    let states: Vec<String> = nodes
        .map(|node| format!("{} is {}", node.name, node.state.name()))
        .collect();
    states.join(", ")
}

fn foreign(token: &CausalToken) -> Error {
    let message = format!("the token {token} belongs to another cluster or engine");
    Error::new(ErrorKind::ForeignCluster, message)
}

/// How far a replica is from what a token asks for.
fn progress(node: &NodeView, token: &CausalToken) -> Progress {
    let Some(wanted) = &token.position else {
        return Progress::Unknown;
    };
    if node.position.reaches(wanted) {
        return Progress::Reached;
    }
    match (node.position.get(), wanted) {
        (Some(own), wanted) => match own.bytes_behind(wanted) {
            Some(bytes) => Progress::Behind(Gap::Bytes(bytes)),
            None => Progress::Behind(Gap::Transactions(
                own.transactions_behind(wanted).unwrap_or(u64::MAX),
            )),
        },
        (None, _) => Progress::Unknown,
    }
}
