//! A request outside of any unit: on the node that is right for it, on another one if that fails it, and for a read that
//! takes long perhaps on two.

use std::time::{Duration, Instant};

use futures_util::future::{Either, select};

use super::Target;
use crate::driver::{Answer, Request};
use crate::error::{Error, Result};
use crate::policy::time_limit::Deadline;
use crate::pool::{AcquireOptions, Lease, Purpose};
use crate::routing::{Doing, Stop, Trip};
use crate::session::{Session, Slot, explain};
use crate::topology::Access;
use crate::unit_of_work::asking;

impl Target<'_> {
    /// Runs a statement outside of any unit, within its time limit.
    async fn exchange(self, lease: &mut Lease<'_>, request: Request) -> Result<Answer> {
        let Some(deadline) = self.deadline() else {
            return lease.exchange(request).await;
        };
        let answer = lease.exchange_until(request, Some(deadline.at)).await;
        answer.map_err(|error| explain(self.session(), &deadline, error))
    }

    /// When a statement outside of any unit that is sent now must have ended.
    pub(super) fn deadline(self) -> Option<Deadline> {
        let limit = match self.session() {
            Some(session) => session.statement_limit(),
            None => self.route().router().statement_limit(),
        };
        limit.map(|limit| limit.from(Instant::now()))
    }

    /// Runs one request outside of any unit.
    pub(super) async fn run_alone(self, request: Request) -> Result<Answer> {
        let (options, _slot) = self.admit(&request).await?;
        let answer = self.travel(request, &options).await;
        answer.map_err(|failed| self.refunded(failed))
    }

    /// Goes to the node that is right for a request, and on to another one if that fails it without having done anything.
    async fn travel(
        self,
        mut request: Request,
        options: &AcquireOptions,
    ) -> Result<Answer, Failed> {
        let access = Access::of(request.operation.writes);
        let mut trip = self.route().depart(access);
        let mut was_sent = false;
        loop {
            let stop = trip.next().await;
            let stop = stop.map_err(|error| Failed { error, was_sent })?;
            let again = trip.may_turn().then(|| request.copy());
            let answer = match (self.hedge_after(&stop, access), &again) {
                (Some(delay), Some(again)) => {
                    let attempt = self.attempt(&trip, &stop, options, request);
                    let hedged = self.hedged(attempt, delay, &trip, &stop, options, again.copy());
                    // Few reads are, and all would have to make room for it.
                    Box::pin(hedged).await
                }
                _ => self.attempt(&trip, &stop, options, request).await,
            };
            let failed = match answer {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            was_sent |= failed.was_sent;
            let error = match again {
                Some(copy) => match trip.failed(&stop, failed.error, Doing::of(access)) {
                    Ok(()) => {
                        copy.start_over().await;
                        request = copy;
                        continue;
                    }
                    Err(error) => error,
                },
                None => failed.error,
            };
            return Err(Failed { error, was_sent });
        }
    }

    /// Runs one request on one node.
    async fn attempt(
        self,
        trip: &Trip<'_>,
        stop: &Stop<'_>,
        options: &AcquireOptions,
        request: Request,
    ) -> Result<Answer, Failed> {
        let access = Access::of(request.operation.writes);
        let lease = stop.node.pool(access).acquire(options).await;
        let mut lease = lease.map_err(Failed::unsent)?;
        let answer = self.exchange(&mut lease, request).await;
        let answer = answer.map_err(|error| Failed {
            error,
            was_sent: true,
        })?;
        trip.served(stop);
        Ok(answer)
    }

    /// After which time without an answer a read may be sent to a second node.
    fn hedge_after(self, stop: &Stop<'_>, access: Access) -> Option<Duration> {
        // A session with a limit on its connections would need another one.
        let is_limited = |session: &Session| session.limits().max_connections.is_some();
        if access == Access::Write || self.session().is_some_and(is_limited) {
            return None;
        }
        stop.hedge_after(self.route())
    }

    /// Waits for a read, and after some time sends it to a second node as well. The first answer counts; what is left of
    /// the other one is stopped on its server.
    async fn hedged(
        self,
        first: impl Future<Output = Result<Answer, Failed>>,
        delay: Duration,
        trip: &Trip<'_>,
        stop: &Stop<'_>,
        options: &AcquireOptions,
        request: Request,
    ) -> Result<Answer, Failed> {
        let mut first = Box::pin(first);
        if let Ok(answer) = tokio::time::timeout(delay, first.as_mut()).await {
            return answer;
        }
        let route = self.route();
        if !route.may_hedge() {
            return first.await;
        }
        let second = Box::pin(async {
            let mut trip = route.depart_for_another(stop.id);
            let stop = trip.next().await.map_err(Failed::unsent)?;
            self.attempt(&trip, &stop, options, request).await
        });
        match select(first, second).await {
            Either::Left((Ok(answer), _)) => Ok(answer),
            Either::Right((Ok(answer), _)) => {
                route.hedge_won();
                // The first node has answered nothing that anybody saw, and takes at least as long as this.
                trip.arrived(stop);
                Ok(answer)
            }
            // The other one may still make it.
            Either::Left((Err(failed), second)) => second.await.map_err(|_: Failed| failed),
            Either::Right((Err(_), first)) => first.await,
        }
    }

    /// Counts a statement outside of any unit, and takes the session's slot for it.
    pub(super) async fn admit(self, request: &Request) -> Result<(AcquireOptions, Option<Slot>)> {
        let site = self.site(request.operation.name, request.operation.table);
        let options = asking(site, Purpose::Statement, self.session());
        let Some(session) = self.session() else {
            return Ok((options, None));
        };
        session.charge_operation()?;
        let slot = session.slot(&options).await;
        let slot = slot.inspect_err(|_: &Error| session.refund_operation())?;
        Ok((options, Some(slot)))
    }

    /// An operation that was counted and never sent is taken back.
    pub(super) fn refunded(self, failed: Failed) -> Error {
        if let (Some(session), false) = (self.session(), failed.was_sent) {
            session.refund_operation();
        }
        failed.error
    }
}

/// A request has failed.
pub(super) struct Failed {
    error: Error,
    /// Whether it got to a node at all.
    was_sent: bool,
}

impl Failed {
    pub(super) fn unsent(error: Error) -> Self {
        Self {
            error,
            was_sent: false,
        }
    }
}
