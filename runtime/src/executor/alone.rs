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
use crate::session::{Charge, Session, Slot, explain};
use crate::topology::Access;
use crate::unit_of_work::asking;

impl<'a> Target<'a> {
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
        let admitted = self.admit(&request).await?;
        self.travel(request, &admitted).await
    }

    /// Goes to the node that is right for a request, and on to another one if that fails it without having done anything.
    async fn travel(self, mut request: Request, admitted: &Admitted<'_>) -> Result<Answer> {
        let access = Access::of(request.operation.writes);
        let mut trip = self.route().depart(access);
        loop {
            let stop = trip.next().await?;
            let again = trip.may_turn().then(|| request.copy());
            let answer = match (self.hedge_after(&stop, access), &again) {
                (Some(delay), Some(again)) => {
                    let attempt = self.attempt(&trip, &stop, admitted, request);
                    let hedged = self.hedged(attempt, delay, &trip, &stop, admitted, again.copy());
                    // Few reads are, and all would have to make room for it.
                    Box::pin(hedged).await
                }
                _ => self.attempt(&trip, &stop, admitted, request).await,
            };
            match (answer, again) {
                (Err(error), Some(copy)) => {
                    trip.failed(&stop, error, Doing::of(access))?;
                    copy.start_over().await;
                    request = copy;
                }
                (answer, _) => return answer,
            }
        }
    }

    /// Runs one request on one node.
    async fn attempt(
        self,
        trip: &Trip<'_>,
        stop: &Stop<'_>,
        admitted: &Admitted<'_>,
        request: Request,
    ) -> Result<Answer> {
        let access = Access::of(request.operation.writes);
        let pool = stop.node.pool(access);
        let mut lease = pool.acquire(&admitted.options).await?;
        admitted.charge.sent();
        let answer = self.exchange(&mut lease, request).await?;
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
        first: impl Future<Output = Result<Answer>>,
        delay: Duration,
        trip: &Trip<'_>,
        stop: &Stop<'_>,
        admitted: &Admitted<'_>,
        request: Request,
    ) -> Result<Answer> {
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
            let stop = trip.next().await?;
            self.attempt(&trip, &stop, admitted, request).await
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
            Either::Left((Err(failed), second)) => second.await.map_err(|_: Error| failed),
            Either::Right((Err(_), first)) => first.await,
        }
    }

    /// Counts a statement outside of any unit, and takes the session's slot for it.
    pub(super) async fn admit(self, request: &Request) -> Result<Admitted<'a>> {
        let site = self.site(request.operation.name, request.operation.table);
        let options = asking(site, Purpose::Statement, self.session());
        let (mut charge, mut slot) = (Charge::default(), None);
        if let Some(session) = self.session() {
            charge = session.charge_operation()?;
            slot = Some(session.slot(&options).await?);
        }
        Ok(Admitted {
            options,
            charge,
            slot,
        })
    }
}

/// What a statement outside of any unit has been given before it sets out.
pub(super) struct Admitted<'s> {
    pub(super) options: AcquireOptions,
    pub(super) charge: Charge<'s>,
    pub(super) slot: Option<Slot>,
}
