//! One call on its way: which node next, and whether there is a next one.
//!
//! A call makes *stops*, one node each, until one has served it. What failed on the way is its *trail*. The database of one
//! node has one stop, found without looking at anything.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::causality::Debt;
use super::changes::Changes;
use super::choice::{Decision, Nobody, Patience, Reason};
use super::refusal;
use super::route::Route;
use super::stop::{Chosen, Stop};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::policy::breaker::{CallEnd, Pass};
use crate::telemetry;
use crate::topology::{Access, Member, NodeId, Picture, WhyNoPrimary, WorkerFailure};

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
            return Ok(Stop::Only(only));
        }
        let found = match self.access {
            Access::Write => self.primary().await,
            Access::Read => self.reader().await,
        };
        found.map_err(|error| self.given_up(error))
    }

    /// The last error, with all that was tried before it.
    fn given_up(&mut self, error: Error) -> Error {
        error.after(std::mem::take(&mut self.trail))
    }

    /// When it gives up looking for a node.
    fn deadline(&mut self, now: Instant) -> Instant {
        let timeout = self.route.router.failover_timeout();
        *self.deadline.get_or_insert(now + timeout)
    }

    fn stop(
        &mut self,
        picture: &Picture,
        member: &Arc<Member>,
        pass: Pass,
        because: Reason,
        now: Instant,
    ) -> Stop<'a> {
        if !self.is_counted {
            self.is_counted = true;
            self.route.router.budget().deposit();
        }
        telemetry::goes_to(&member.name, because);
        Stop::Chosen(Chosen {
            member: member.clone(),
            pass,
            began: now,
            reign: picture.view.reign_of(member.id),
            timeline: picture.view.timeline,
        })
    }

    /// The node that takes writes, once there is one.
    async fn primary(&mut self) -> Result<Stop<'a>> {
        let router = &self.route.router;
        let mut is_waiting = false;
        let mut changes = Changes::of(router.cluster());
        loop {
            let picture = router.cluster().picture();
            let now = Instant::now();
            let deadline = self.deadline(now);
            let mut until = deadline;
            match &picture.view.primary {
                Ok(id) => {
                    if let Some(member) = picture.member(*id) {
                        match member.may_pass(now) {
                            Ok(pass) => {
                                let because = Reason::Write;
                                return Ok(self.stop(&picture, member, pass, because, now));
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
                        return Err(refusal::split(&picture.view));
                    }
                }
            }
            if now >= deadline {
                let waited = router.failover_timeout();
                return Err(refusal::no_primary(&picture.view, waited));
            }
            drop(picture);
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
            let picture = router.cluster().picture();
            let now = Instant::now();
            let choice = router.choose(self.route, &picture, &self.failed, patience, now)?;
            let (id, because) = match choice.decision {
                Decision::Read { node, because } => (node, because),
                Decision::Primary { node, because } => {
                    let is_kept = choice.rejected.iter().any(|(_, why)| why.is_causal());
                    if patience == Patience::Fresh && is_kept {
                        router.counters().reads_kept_on_primary.raise();
                    }
                    (node, because)
                }
                Decision::Wait { .. } => {
                    drop(picture);
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
                    let until = self.deadline(now);
                    if matches!(why, Nobody::UnknownTag(_)) {
                        return Err(Error::new(ErrorKind::Configuration, why.to_string()));
                    }
                    if now >= until {
                        let (view, waited) = (&picture.view, router.failover_timeout());
                        return Err(refusal::nobody(view, waited, &why, &choice.rejected));
                    }
                    drop(picture);
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
                return Ok(self.stop(&picture, member, pass, because, now));
            }
            // It went, or its breaker opened, in this moment.
            self.failed.push(id);
        }
    }

    /// A call was served.
    pub(crate) fn served(&self, stop: &Stop<'_>) {
        if let Some(chosen) = stop.chosen() {
            let now = Instant::now();
            self.saw(chosen, now);
            chosen.record(CallEnd::Success, now);
        }
    }

    /// A node was reached, and what the caller will have seen there is for the caller to say.
    pub(crate) fn arrived(&self, stop: &Stop<'_>) {
        if let Some(chosen) = stop.chosen() {
            chosen.record(CallEnd::Success, Instant::now());
        }
    }

    /// The caller has seen the node's state as it is now.
    fn saw(&self, chosen: &Chosen, now: Instant) {
        if self.access == Access::Write || self.route.is_monotonic {
            self.route.causality.saw(Debt {
                node: chosen.member.id,
                until: now,
                reign: chosen.reign,
            });
        }
    }

    /// A call failed on a node: `Ok` when it may go on to the next one.
    ///
    /// # Errors
    /// The same, when it may not.
    pub(crate) fn failed(&mut self, stop: &Stop<'_>, error: Error, doing: Doing) -> Result<()> {
        let Some(chosen) = stop.chosen() else {
            return Err(error);
        };
        let router = &self.route.router;
        let now = Instant::now();
        let failure = failure_of(&error, doing);
        let end = match failure {
            Some(WorkerFailure::Lost) => CallEnd::Failure,
            _ => CallEnd::Success,
        };
        chosen.record(end, now);
        if error.outcome() == Outcome::Unknown && self.access == Access::Write {
            // It may have been applied, and then it has been seen.
            self.saw(chosen, now);
        }
        if let Some(failure) = failure {
            router.cluster().failed(stop.id, failure);
        }
        let error = error.on_node(&stop.name);
        let again = self.again(&error, doing);
        let Some(again) = again.filter(|_| now < self.deadline(now)) else {
            return Err(self.given_up(error));
        };
        if again == Again::Costs && !router.budget().take(now) {
            router.counters().refused_retries.raise();
            self.trail.push("the retry budget is used up".into());
            return Err(self.given_up(error));
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
