//! One call on its way: which node next, and whether there is a next one.
//!
//! A call makes *stops*, one node each, until one has served it. What failed on the way is its *trail*. The database of one
//! node has one stop, found without looking at anything.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tracing::Span;

use super::causality::Debt;
use super::choice::{Decision, Nobody, Patience, Reason};
use super::route::Route;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::policy::breaker::{CallEnd, Pass};
use crate::topology::{Access, Cluster, Member, NodeId, Picture, WhyNoPrimary, WorkerFailure};

/// How often a call that nobody can serve looks again; whatever else changes wakes it earlier.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// One call on its way to a node.
#[derive(Debug)]
pub(crate) struct Trip<'a> {
    route: &'a Route,
    access: Access,
    /// When the call gives up looking for a node; set when there is first something to look for.
    deadline: Option<Instant>,
    failed: Vec<NodeId>,
    trail: Vec<String>,
    /// Whether it has been counted among the calls that the retry budget is a share of.
    is_counted: bool,
}

/// A node that is to serve a call.
#[derive(Debug)]
pub(crate) struct Stop<'a> {
    place: Place<'a>,
    pass: Option<Pass>,
    began: Option<Instant>,
    is_primary: bool,
    timeline: Option<u32>,
}

#[derive(Debug)]
enum Place<'a> {
    Only(&'a Arc<Member>),
    Chosen(Arc<Member>),
}

impl Deref for Stop<'_> {
    type Target = Arc<Member>;

    fn deref(&self) -> &Arc<Member> {
        match &self.place {
            Place::Only(member) => member,
            Place::Chosen(member) => member,
        }
    }
}

impl Stop<'_> {
    /// Whether there was a choice.
    pub(crate) fn is_chosen(&self) -> bool {
        matches!(self.place, Place::Chosen(_))
    }

    /// After which time without an answer a read may be sent to another node as well.
    pub(crate) fn hedge_after(&self, route: &Route) -> Option<Duration> {
        let hedging = route.hedging().filter(|_| self.is_chosen())?;
        hedging.begin(self.measured(Instant::now())).ok()
    }

    /// The timeline that the primary was on when it was chosen.
    pub(crate) fn timeline(&self) -> Option<u32> {
        self.timeline
    }
}

impl<'a> Trip<'a> {
    pub(super) fn new(route: &'a Route, access: Access) -> Self {
        Self {
            route,
            access,
            deadline: None,
            failed: Vec::new(),
            trail: Vec::new(),
            is_counted: false,
        }
    }

    /// A read for any node but one.
    pub(super) fn avoiding(route: &'a Route, node: NodeId) -> Self {
        Self {
            failed: vec![node],
            ..Self::new(route, Access::Read)
        }
    }

    /// Whether a request must be kept for another try.
    pub(crate) fn may_turn(&self) -> bool {
        self.route.router.only().is_none()
    }

    /// The next node. Waits for a primary, or for a replica to catch up.
    ///
    /// # Errors
    /// [`ErrorKind::NoPrimary`], [`ErrorKind::SplitBrain`] or [`ErrorKind::CausalityLost`], with all that was tried.
    ///
    /// # Cancel safety
    /// Safe.
    pub(crate) async fn next(&mut self) -> Result<Stop<'a>> {
        if let Some(only) = self.route.router.only() {
            return Ok(Stop {
                place: Place::Only(only),
                pass: None,
                began: None,
                is_primary: true,
                timeline: None,
            });
        }
        let found = match self.access {
            Access::Write => self.primary().await,
            Access::Read => self.reader().await,
        };
        found.map_err(|error| error.after(std::mem::take(&mut self.trail)))
    }

    /// When it gives up looking for a node.
    fn deadline(&mut self) -> Instant {
        let timeout = self.route.router.failover_timeout();
        *self
            .deadline
            .get_or_insert_with(|| Instant::now() + timeout)
    }

    fn stop(
        &mut self,
        picture: &Picture,
        member: &Arc<Member>,
        pass: Pass,
        because: Reason,
    ) -> Stop<'a> {
        if !self.is_counted {
            self.is_counted = true;
            self.route.router.budget().deposit();
        }
        let span = Span::current();
        if !span.is_disabled() {
            span.record("wharf.node.name", &*member.name);
            span.record("wharf.node.reason", tracing::field::display(because));
        }
        Stop {
            place: Place::Chosen(member.clone()),
            pass: Some(pass),
            began: Some(Instant::now()),
            is_primary: picture.view.primary.as_ref().ok() == Some(&member.id),
            timeline: picture.view.timeline,
        }
    }

    /// The node that takes writes, once there is one.
    async fn primary(&mut self) -> Result<Stop<'a>> {
        let router = &self.route.router;
        let mut is_waiting = false;
        let mut changes = Changes::of(router.cluster());
        loop {
            let picture = router.cluster().picture().clone();
            let mut until = self.deadline();
            match &picture.view.primary {
                Ok(id) => {
                    if let Some(member) = picture.member(*id) {
                        match member.may_pass(Instant::now()) {
                            Ok(pass) => {
                                return Ok(self.stop(&picture, member, pass, Reason::Write));
                            }
                            Err(Some(retry_at)) => until = until.min(retry_at),
                            Err(None) => {
                                let message = format!(
                                    "the breaker of the primary {} is forced open",
                                    member.name
                                );
                                return Err(
                                    Error::new(ErrorKind::NoPrimary, message).on_node(&member.name)
                                );
                            }
                        }
                    }
                }
                Err(none) => {
                    if let WhyNoPrimary::Split { .. } = none.why {
                        return Err(router.split(&picture));
                    }
                }
            }
            if Instant::now() >= self.deadline() {
                return Err(router.no_primary(&picture));
            }
            if !is_waiting {
                is_waiting = true;
                router.counters().waits_for_primary.raise();
            }
            // Whatever woke it, it looks again.
            changes.wait_until(until).await;
        }
    }

    /// A node that may serve a read.
    async fn reader(&mut self) -> Result<Stop<'a>> {
        let router = &self.route.router;
        let causal_wait = self.route.rules().causal_wait;
        let mut patience = Patience::Fresh;
        let mut patient_until = None;
        let mut changes = Changes::of(router.cluster());
        loop {
            let picture = router.cluster().picture().clone();
            let now = Instant::now();
            let choice = router.choose(self.route, &picture, &self.failed, patience, now)?;
            let (id, because) = match choice.decision {
                Decision::Read { node, because } => (node, because),
                Decision::Primary { node, because } => {
                    if patience == Patience::Fresh && self.route.rules().reads_own_writes() {
                        router.counters().reads_kept_on_primary.raise();
                    }
                    (node, because)
                }
                Decision::Wait { .. } => {
                    let until = *patient_until.get_or_insert_with(|| {
                        router.counters().waits_for_position.raise();
                        now + causal_wait
                    });
                    let mut samples = router.cluster().samples();
                    if tokio::time::timeout_at(until.into(), samples.next())
                        .await
                        .is_err()
                    {
                        patience = Patience::Used;
                        router.counters().waits_in_vain.raise();
                        self.trail
                            .push(format!("no replica caught up within {causal_wait:?}"));
                    }
                    continue;
                }
                Decision::Nobody(why) => {
                    let until = self.deadline();
                    if matches!(why, Nobody::UnknownTag(_)) {
                        return Err(Error::new(ErrorKind::Configuration, why.to_string()));
                    }
                    if now >= until {
                        return Err(router.nobody(&choice.rejected, &why, &picture));
                    }
                    // Who failed this call a moment ago is all there is, and may be back.
                    self.failed.clear();
                    let soon = (now + LOOK_AGAIN).min(until);
                    changes.wait_until(soon).await;
                    continue;
                }
            };
            if let Some(member) = picture.member(id)
                && let Ok(pass) = member.may_pass(now)
            {
                return Ok(self.stop(&picture, member, pass, because));
            }
            // It went, or its breaker opened, in this moment.
            self.failed.push(id);
        }
    }

    /// A call was served.
    pub(crate) fn served(&self, stop: &Stop<'_>) {
        self.saw(stop);
        self.arrived(stop);
    }

    /// A node was reached, and what the caller will have seen there is for the caller to say.
    pub(crate) fn arrived(&self, stop: &Stop<'_>) {
        self.record(stop, CallEnd::Success);
    }

    /// The caller has seen the node's state as it is now.
    fn saw(&self, stop: &Stop<'_>) {
        let writes = self.access == Access::Write;
        if stop.is_chosen() && (writes || self.route.is_monotonic) {
            self.route.causality.saw(Debt {
                node: stop.id,
                until: Instant::now(),
                was_primary: stop.is_primary,
            });
        }
    }

    fn record(&self, stop: &Stop<'_>, end: CallEnd) {
        if let (Some(pass), Some(began)) = (stop.pass, stop.began) {
            let now = Instant::now();
            stop.record(now, pass, end, now - began);
        }
    }

    /// A call failed on a node: `Ok` when it may go on to the next one.
    ///
    /// # Errors
    /// The same, when it may not.
    pub(crate) fn failed(&mut self, stop: &Stop<'_>, error: Error, doing: Doing) -> Result<()> {
        if !stop.is_chosen() {
            return Err(error);
        }
        let router = &self.route.router;
        let failure = failure_of(&error, doing);
        self.record(
            stop,
            match failure {
                Some(WorkerFailure::Lost) => CallEnd::Failure,
                _ => CallEnd::Success,
            },
        );
        if error.outcome() == Outcome::Unknown && self.access == Access::Write {
            // It may have been applied, and then it has been seen.
            self.saw(stop);
        }
        if let Some(failure) = failure {
            router.cluster().failed(stop.id, failure);
        }
        let error = error.on_node(&stop.name);
        let Some(again) = self.again(&error, doing) else {
            return Err(error.after(std::mem::take(&mut self.trail)));
        };
        if Instant::now() >= self.deadline() {
            return Err(error.after(std::mem::take(&mut self.trail)));
        }
        if again == Again::Costs && !router.budget().take(Instant::now()) {
            router.counters().refused_retries.raise();
            self.trail.push("the retry budget is used up".into());
            return Err(error.after(std::mem::take(&mut self.trail)));
        }
        match doing {
            Doing::Read => router.counters().retried_reads.raise(),
            Doing::Write => router.counters().retried_writes.raise(),
            Doing::Begin => router.counters().retried_begins.raise(),
        }
        tracing::debug!(node = %stop.name, error = %error, "a call goes to another node");
        self.trail.push(error.to_string());
        if self.access == Access::Read {
            self.failed.push(stop.id);
        }
        Ok(())
    }

    fn again(&self, error: &Error, doing: Doing) -> Option<Again> {
        let nothing_happened = match doing {
            // A read changes nothing, and a transaction that only began is none.
            Doing::Read | Doing::Begin => true,
            Doing::Write => {
                error.outcome() == Outcome::NotSent || error.kind() == ErrorKind::ReadOnly
            }
        };
        if !nothing_happened {
            return None;
        }
        match error.kind() {
            // What waits in a line when its node goes was never sent. All of those may go on at once.
            ErrorKind::ConnectionLost | ErrorKind::Connect
                if doing != Doing::Read && error.outcome() == Outcome::NotSent =>
            {
                Some(Again::Free)
            }
            ErrorKind::ConnectionLost | ErrorKind::Connect => Some(Again::Costs),
            ErrorKind::ReadOnly if error.code().is_some() => Some(Again::Costs),
            // The server is full, or replay on a replica cancelled the query: another one may do.
            ErrorKind::LimitExceeded if error.code().is_some() && doing == Doing::Read => {
                Some(Again::Costs)
            }
            ErrorKind::Serialization if doing == Doing::Read => Some(Again::Costs),
            _ => None,
        }
    }
}

/// New pictures, for a call that has to wait for one. Most never do.
#[derive(Debug)]
struct Changes<'a> {
    cluster: &'a Cluster,
    pictures: Option<watch::Receiver<u64>>,
}

impl<'a> Changes<'a> {
    fn of(cluster: &'a Cluster) -> Self {
        Self {
            cluster,
            pictures: None,
        }
    }

    /// Waits for a picture that is newer than the last one that was waited for. The first time it doesn't wait: a picture
    /// may have been missed before.
    async fn wait_until(&mut self, deadline: Instant) {
        match &mut self.pictures {
            Some(pictures) => {
                let _ = tokio::time::timeout_at(deadline.into(), pictures.changed()).await;
            }
            none => *none = Some(self.cluster.pictures()),
        }
    }
}

/// What a call does at a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Read,
    Write,
    /// Begins a transaction.
    Begin,
}

impl Doing {
    pub(crate) fn of(access: Access) -> Self {
        match access {
            Access::Read => Self::Read,
            Access::Write => Self::Write,
        }
    }
}

/// What another try costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    /// Nothing was sent.
    Free,
    /// A share of the budget.
    Costs,
}

/// What an error says about the node.
pub(crate) fn failure_of(error: &Error, doing: Doing) -> Option<WorkerFailure> {
    let failure = WorkerFailure::of(error)?;
    // What only reads may be read-only because it was asked to be.
    (failure != WorkerFailure::WrongRole || doing != Doing::Read).then_some(failure)
}
