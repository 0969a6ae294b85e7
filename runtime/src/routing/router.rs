//! What all calls on a database are routed by: its nodes, its retry budget, and what was learnt of both.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use super::causality::{Bounds, Causality, Debt, Owed};
use super::choice::{Choice, Need, Patience, choose};
use super::config::Rules;
use super::explanation::Explanation;
use super::guarding::Guarding;
use super::lineup::{self, Ties};
use super::refusal;
use super::route::Route;
use super::settlement::settle;
use super::stats::{Counters, RoutingStats};
use crate::driver::{Dialect, Position};
use crate::error::Result;
use crate::mechanism::Mechanism;
use crate::policy::budget::Budget;
use crate::policy::time_limit::TimeLimit;
use crate::topology::{Access, CausalToken, Cluster, Member, NodeId, Picture};

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
    #[inline]
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
    /// [`ErrorKind::CausalityLost`](crate::ErrorKind::CausalityLost) when what the caller has seen is gone: once, since
    /// from then on what is left is all there is.
    pub(super) fn choose(
        &self,
        route: &Route,
        picture: &Picture,
        failed: &[NodeId],
        patience: Patience,
        now: Instant,
    ) -> Result<Choice> {
        let bounds = self.bounds(route, &route.causality, picture, now)?;
        let (rules, turn) = (route.rules(), &self.turn);
        let ties = Ties {
            picture,
            now,
            turn,
            step: 1,
        };
        Ok(weigh(rules, &bounds, failed, patience, &ties))
    }

    pub(crate) fn explain(&self, route: &Route, now: Instant) -> Explanation {
        if let Some(only) = self.only() {
            return Explanation::only(&only.name);
        }
        let picture = self.cluster.picture();
        // A copy: it settles nothing, and whoever reads next is still told what was lost.
        let bounds = match self.bounds(route, &route.causality.copy(), &picture, now) {
            Ok(bounds) => bounds,
            Err(lost) => return Explanation::nobody(&lost.to_string()),
        };
        let ties = Ties {
            picture: &picture,
            now,
            turn: &self.turn,
            step: 0,
        };
        let choice = weigh(route.rules(), &bounds, &[], Patience::Fresh, &ties);
        Explanation::of(&choice, &picture.view)
    }

    /// What a read has to go by, with all debts settled that can be.
    fn bounds(
        &self,
        route: &Route,
        causality: &Causality,
        picture: &Picture,
        now: Instant,
    ) -> Result<Bounds> {
        if !route.rules().reads_own_writes() {
            return Ok(Bounds::NONE);
        }
        causality.bounds(
            |token| refusal::check(&picture.view, token),
            |debt| settle(debt, picture, now),
        )
    }

    /// What the caller has seen, without what a failover has lost of it.
    pub(super) fn what_is_left(&self, route: &Route) -> Causality {
        let causality = route.causality.copy();
        if self.only().is_none() {
            let (picture, now) = (self.cluster.picture(), Instant::now());
            // Each time it forgets something: a token, and then what a debt came to.
            while self.bounds(route, &causality, &picture, now).is_err() {}
        }
        causality
    }

    /// A transaction was committed on a node, and the server may have said where.
    pub(super) fn committed(&self, route: &Route, id: NodeId, position: Option<&str>) {
        let picture = self.cluster.picture();
        let view = &picture.view;
        let (reign, now) = (view.reign_of(id), Instant::now());
        // What a failover lost before is still to be told, and a later token would cover it.
        let may_cover = || {
            let copy = route.causality.copy();
            self.bounds(route, &copy, &picture, now).is_ok()
        };
        if let Some(position) = position.and_then(Position::parse)
            && reign.is_some()
            && may_cover()
        {
            let token = view.token(view.timeline, Some(position));
            if route.causality.reached(&token).is_ok() {
                return;
            }
        }
        route.causality.saw(Debt {
            node: id,
            until: now,
            reign,
        });
    }

    pub(super) fn token(&self, route: &Route) -> Option<CausalToken> {
        if self.only().is_some() {
            return None;
        }
        let picture = self.cluster.picture();
        let view = &picture.view;
        let lost = Cell::new(None);
        let check = |token: &CausalToken| {
            refusal::check(view, token).inspect_err(|_| lost.set(Some(token.clone())))
        };
        let settle = |debt: &Debt| settle(debt, &picture, Instant::now());
        // A copy, since the caller is still to be told what it has lost.
        match route.causality.copy().bounds(check, settle) {
            Ok(Bounds {
                token,
                owed: Owed::Nothing,
                ..
            }) => token,
            // "Everything up to now."
            Ok(_) => Some(view.token(view.timeline, None)),
            // Whoever is given it is told as well.
            Err(_) => lost.into_inner(),
        }
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
        refusal::check(view, token)?;
        if token.position.is_some() {
            return route.causality.reached(token);
        }
        // While there is no primary, the last one is who knows.
        if let Some(node) = view.lineage.primary() {
            route.causality.saw(Debt {
                node,
                until: Instant::now(),
                reign: Some(view.reign()),
            });
        }
        Ok(())
    }

    /// Whether nobody has taken over from a node that was the primary on this timeline.
    ///
    /// That it can't be reached, or is being drained, takes nothing back of what it said.
    pub(crate) fn is_primary(&self, id: NodeId, timeline: Option<u32>) -> bool {
        if self.only().is_some() || !Mechanism::Timeline.is_on() {
            return true;
        }
        let view = &self.cluster.picture().view;
        view.timeline == timeline && view.primary_id().is_none_or(|primary| primary == id)
    }
}

fn weigh(
    rules: &Rules,
    bounds: &Bounds,
    failed: &[NodeId],
    patience: Patience,
    ties: &Ties<'_>,
) -> Choice {
    let need = Need {
        now: ties.now,
        access: Access::Read,
        rules,
        pin: lineup::pin(ties.picture, bounds),
        patience,
    };
    let candidates = lineup::candidates(ties.picture, failed, rules, bounds, ties.now);
    choose(&need, &candidates, ties)
}
