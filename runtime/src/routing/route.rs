//! Where the calls of one handle go: with which wishes, and behind what they must not read.

use std::sync::Arc;
use std::time::Instant;

use super::causality::{Causality, Debt};
use super::config::{Routing, Rules};
use super::router::Router;
use super::trip::{Doing, Trip, failure_of};
use crate::driver::{Answer, Request};
use crate::error::{Error, Result};
use crate::policy::hedge::Hedging;
use crate::pool::{AcquireOptions, Lease};
use crate::topology::{Access, CausalToken, Member, NodeId, WorkerFailure};

/// Where the calls of one handle go. Clones go the same way.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(super) router: Arc<Router>,
    /// What its reads go by.
    wishes: Arc<Wishes>,
    pub(super) causality: Arc<Causality>,
    /// Whether it remembers what was read, so that later reads are never older.
    pub(super) is_monotonic: bool,
}

/// What reads go by: what was said, and what that comes to with the defaults.
#[derive(Debug)]
struct Wishes {
    routing: Routing,
    rules: Rules,
    hedging: Option<Arc<Hedging>>,
}

impl Wishes {
    /// What is said, over what was said before. Hedges come out of one allowance, as long as nobody asks for others.
    fn new(said: &Routing, base: Option<&Self>) -> Arc<Self> {
        let routing = match base {
            Some(base) => said.over(&base.routing),
            None => said.clone(),
        };
        let rules = routing.rules();
        let shared = base.filter(|base| base.rules.hedge == rules.hedge);
        let hedging = match shared {
            Some(base) => base.hedging.clone(),
            None => rules
                .hedge
                .map(|hedge| Arc::new(Hedging::new(Instant::now(), hedge))),
        };
        Arc::new(Self {
            routing,
            rules,
            hedging,
        })
    }
}

impl Route {
    /// The way of everybody who has no session.
    pub(crate) fn of_database(router: Arc<Router>, routing: Routing) -> Self {
        Self {
            router,
            wishes: Wishes::new(&routing, None),
            causality: Arc::default(),
            is_monotonic: false,
        }
    }

    /// The way of a session, which begins with what its database has seen, and remembers for itself from there. What a
    /// failover has lost of it is for readers on the database to be told.
    pub(crate) fn of_session(&self) -> Self {
        Self {
            causality: Arc::new(self.router.what_is_left(self)),
            is_monotonic: true,
            ..self.clone()
        }
    }

    /// The same with other wishes, which lie over those that it has.
    pub(crate) fn wishing(&self, wishes: &Routing) -> Self {
        Self {
            wishes: Wishes::new(wishes, Some(&self.wishes)),
            ..self.clone()
        }
    }

    pub(crate) fn router(&self) -> &Arc<Router> {
        &self.router
    }

    /// Whether reads that take long are sent to a second node.
    pub(crate) fn hedges(&self) -> bool {
        self.wishes.hedging.is_some() && self.router.only().is_none()
    }

    pub(super) fn hedging(&self) -> Option<&Hedging> {
        self.wishes.hedging.as_deref()
    }

    /// Whether a read that has taken long may be sent to a second node; if so, it is counted.
    pub(crate) fn may_hedge(&self) -> bool {
        let counters = self.router.counters();
        let allowed = self
            .wishes
            .hedging
            .as_ref()
            .map(|hedging| hedging.may_send(Instant::now()));
        match allowed {
            Some(Ok(())) => {
                counters.hedges.raise();
                true
            }
            Some(Err(why)) => {
                tracing::debug!(%why, "a slow read is not sent again");
                counters.refused_hedges.raise();
                false
            }
            None => false,
        }
    }

    /// The second copy of a read has answered.
    pub(crate) fn hedge_won(&self) {
        self.router.counters().hedges_won.raise();
    }

    /// A second copy of a read sets out, for any other node.
    pub(crate) fn depart_for_another(&self, than: NodeId) -> Trip<'_> {
        Trip::avoiding(self, than)
    }

    pub(super) fn rules(&self) -> &Rules {
        &self.wishes.rules
    }

    /// What must not be read behind, for somebody else; `None` when nothing was seen yet.
    pub(crate) fn token(&self) -> Option<CausalToken> {
        self.router.token(self)
    }

    /// Nothing is read behind what somebody else has seen.
    ///
    /// # Errors
    /// [`ErrorKind::ForeignCluster`](crate::ErrorKind::ForeignCluster) for the token of another cluster or engine.
    pub(crate) fn observe(&self, token: &CausalToken) -> Result<()> {
        self.router.observe(self, token)
    }

    /// Something failed in a transaction, on whose node that may shed a light.
    pub(crate) fn learn(&self, member: &Member, error: Error, doing: Doing) -> Error {
        if self.router.only().is_some() {
            return error;
        }
        let Some(failure) = failure_of(&error, doing) else {
            return error;
        };
        self.router.cluster().failed(member.id, failure);
        let error = error.on_node(&member.name);
        match failure {
            // Nothing was written, and what is the primary now is being found out.
            WorkerFailure::WrongRole => error.retryable(),
            _ => error,
        }
    }

    /// A node was seen by something that took longer than a call: a stream, a unit that reads.
    pub(crate) fn saw(&self, id: NodeId) {
        if self.is_monotonic && self.router.only().is_none() {
            let picture = self.router.cluster().picture();
            self.causality.saw(Debt {
                node: id,
                until: Instant::now(),
                reign: picture.view.reign_of(id),
            });
        }
    }

    /// A transaction was committed, and the server said where.
    pub(crate) fn committed(&self, id: NodeId, position: Option<&str>) {
        if self.router.only().is_none() {
            self.router.committed(self, id, position);
        }
    }

    /// Whether a commit should say where it is: somebody may read it elsewhere.
    pub(crate) fn wants_position(&self) -> bool {
        self.router.only().is_none() && self.rules().reads_own_writes()
    }

    /// Opens the first connections, so that a wrong address or password shows at once.
    pub(crate) async fn warm_up(&self) -> Result<()> {
        if let Some(only) = self.router.only() {
            return only.node.warm_up().await;
        }
        let primary = self.depart(Access::Write).next().await?;
        primary.node.warm_up().await?;
        // Replicas may come and go: whether they can be reached is for their monitors to say.
        Ok(())
    }

    /// A call sets out.
    pub(crate) fn depart(&self, access: Access) -> Trip<'_> {
        Trip::new(self, access)
    }

    /// Borrows a connection of the node that is right for it.
    ///
    /// # Cancel safety
    /// Safe: a connection granted meanwhile goes to the next in line.
    pub(crate) async fn lease(&self, access: Access, options: &AcquireOptions) -> Result<Berth> {
        let mut trip = self.depart(access);
        loop {
            let stop = trip.next().await?;
            match stop.node.pool(access).acquire(options).await {
                Ok(lease) => {
                    trip.arrived(&stop);
                    return Ok(Berth {
                        lease: lease.detach(),
                        member: Arc::clone(&stop),
                        timeline: stop.timeline(),
                    });
                }
                // Nothing has been sent.
                Err(error) => trip.failed(&stop, error, Doing::Begin)?,
            }
        }
    }

    /// Runs one request that is never sent twice.
    pub(crate) async fn run(
        &self,
        access: Access,
        options: &AcquireOptions,
        request: Request,
    ) -> Result<Answer> {
        let mut berth = self.lease(access, options).await?;
        let answer = berth.lease.exchange(request).await;
        if access == Access::Write && self.router.only().is_none() {
            // Also what failed may have done a part.
            self.router.committed(self, berth.member.id, None);
        }
        if let Err(error) = &answer
            && let Some(failure) = failure_of(error, Doing::of(access))
        {
            self.router.cluster().failed(berth.member.id, failure);
        }
        answer
    }
}

/// A connection, and the node that it leads to.
#[derive(Debug)]
pub(crate) struct Berth {
    pub(crate) lease: Lease<'static>,
    pub(crate) member: Arc<Member>,
    /// The timeline that the primary was on when the node was chosen.
    pub(crate) timeline: Option<u32>,
}
