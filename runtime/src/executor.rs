//! Where a call runs: on the database, in a session, or in a unit of work.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use futures_util::{FutureExt, Stream, TryFutureExt};
use tracing::Instrument;

use crate::database::Database;
use crate::driver::{
    Answer, By, Dialect, FromRow, Hold, Request, RowStream, Wire, gather, row_channel,
};
use crate::error::{Error, Result};
use crate::pool::{AcquireOptions, Lease, Purpose, Site};
use crate::routing::{Doing, Route, Stop};
use crate::session::{Session, Slot};
use crate::telemetry;
use crate::topology::Access;
use crate::transaction::TransactionOptions;
use crate::unit_of_work::{Begin, Handle, Held, Mode, UnitOfWork};

/// Where a call can read: a [`Database`], a [`Session`], or any [`UnitOfWork`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no place to run a query",
    label = "expected a `Database`, a `Session` or a `UnitOfWork`"
)]
pub trait Executor: sealed::Target + Send + Sync {}

/// Where a call can write: a [`Database`], a [`Session`], or a [`UnitOfWork`] that isn't read-only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can only read",
    label = "this call writes",
    note = "`UnitOfWork<ReadOnly>` can only read; pass a `Database`, a `Session`, or a `UnitOfWork` of a method that isn't `read_only`"
)]
pub trait WriteExecutor: Executor {}

/// Where a call runs.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// On its own.
    Database(&'a Database),
    /// On its own, under a session's identity and limits.
    Session(&'a Session),
    /// Inside a transaction.
    #[doc(hidden)]
    Unit(UnitTarget<'a>),
}

/// A unit of work, whatever its mode.
#[derive(Debug, Clone, Copy)]
pub struct UnitTarget<'a>(pub(crate) &'a Handle);

mod sealed {
    pub trait Target {
        fn target(&self) -> super::Target<'_>;
    }
}

/// Where an executor runs its calls.
pub fn target<E: Executor + ?Sized>(executor: &E) -> Target<'_> {
    sealed::Target::target(executor)
}

impl sealed::Target for Database {
    fn target(&self) -> Target<'_> {
        Target::Database(self)
    }
}

impl sealed::Target for Session {
    fn target(&self) -> Target<'_> {
        Target::Session(self)
    }
}

impl<M: Mode> sealed::Target for UnitOfWork<M> {
    fn target(&self) -> Target<'_> {
        Target::Unit(UnitTarget(self.handle()))
    }
}

impl<T: sealed::Target + ?Sized> sealed::Target for &T {
    fn target(&self) -> Target<'_> {
        (**self).target()
    }
}

impl<T: sealed::Target + ?Sized> sealed::Target for Arc<T> {
    fn target(&self) -> Target<'_> {
        (**self).target()
    }
}

impl Executor for Database {}
impl Executor for Session {}
impl<M: Mode> Executor for UnitOfWork<M> {}
impl<T: Executor + ?Sized> Executor for &T {}
impl<T: Executor + ?Sized> Executor for Arc<T> {}

impl WriteExecutor for Database {}
impl WriteExecutor for Session {}
impl WriteExecutor for UnitOfWork {}
impl<T: WriteExecutor + ?Sized> WriteExecutor for &T {}
impl<T: WriteExecutor + ?Sized> WriteExecutor for Arc<T> {}

impl<'a> Target<'a> {
    pub(crate) fn route(self) -> &'a Route {
        match self {
            Self::Database(database) => database.route(),
            Self::Session(session) => session.route(),
            Self::Unit(unit) => unit.0.route(),
        }
    }

    pub(crate) fn session(self) -> Option<&'a Session> {
        match self {
            Self::Database(_) => None,
            Self::Session(session) => Some(session),
            Self::Unit(unit) => unit.0.session(),
        }
    }

    pub(crate) fn dialect(self) -> Dialect {
        self.route().router().dialect()
    }

    pub(crate) fn is_unit(self) -> bool {
        matches!(self, Self::Unit(_))
    }

    /// Runs one request and waits for its answer.
    pub(crate) async fn run(self, request: Request) -> Result<Answer> {
        let operation = request.operation;
        let text = self
            .route()
            .router()
            .traces_text()
            .then(|| request.sql.as_str().to_owned());
        let span = telemetry::statement(telemetry::Statement {
            system: self.dialect().name(),
            function: operation.name,
            verb: operation.verb,
            table: operation.table,
            text: text.as_deref(),
        });
        let answer = async {
            match self {
                Self::Unit(unit) => unit.0.run(request).await,
                _ => self.run_alone(request).await,
            }
        };
        // An instrumented future is larger and is entered at every poll: only where somebody listens.
        let answer = if span.is_disabled() {
            answer.left_future()
        } else {
            answer.instrument(span.clone()).right_future()
        };
        answer
            .map_err(|error| {
                telemetry::failed(&span, &error);
                error.attempting(|| match operation.table {
                    "" => operation.name.to_owned(),
                    table if operation.name.contains(':') => {
                        operation.name.to_owned() + " on " + table
                    }
                    table => format!("{} {table}", operation.name),
                })
            })
            .await
    }

    /// Runs one request and makes its rows what is asked for, while the rest is still coming; `blame` says what a row
    /// that can't be read was read for.
    pub(crate) async fn rows<T: FromRow>(
        self,
        request: Request,
        by: By,
        blame: impl FnOnce(Error) -> Error,
    ) -> Result<Vec<T>> {
        if self.route().hedges() && !self.is_unit() {
            // Rows of two nodes must not mix.
            let answer = self.run(request).await?;
            return answer.rows.decode(by).map_err(blame);
        }
        let read = gather(request, by, |request| self.run(request)).await?;
        read.map_err(blame)
    }

    /// Runs a statement outside of any unit, within its time limit.
    async fn exchange(self, lease: &mut Lease<'_>, request: Request) -> Result<Answer> {
        let limit = match self.session() {
            Some(session) => session.statement_limit(),
            None => self.route().router().statement_limit(),
        };
        let Some(limit) = limit else {
            return lease.exchange(request).await;
        };
        let deadline = limit.from(Instant::now());
        let answer = lease.exchange_until(request, Some(deadline.at)).await;
        answer.map_err(|error| match self.session() {
            Some(session) => session.explain(&deadline, error),
            None => deadline.explain(Instant::now(), None, error),
        })
    }

    /// Runs one request outside of any unit, on the node that is right for it, and on another one if that fails it
    /// without having done anything.
    async fn run_alone(self, mut request: Request) -> Result<Answer> {
        let access = Access::of(request.operation.writes);
        let route = self.route();
        let (options, _slot) = self.admit(&request).await?;
        let mut trip = route.depart(access);
        let mut is_sent = false;
        loop {
            let stop = match trip.next().await {
                Ok(stop) => stop,
                Err(error) => return Err(self.unsent(error, is_sent)),
            };
            let again = trip.may_turn().then(|| request.copy());
            let hedge_after = self.hedge_after(&stop, access);
            let attempt = self.attempt(&stop, &options, request);
            let answer = match (hedge_after, &again) {
                (Some(delay), Some(again)) => {
                    let hedged = self.hedged(attempt, delay, &stop, &options, again.copy());
                    // Few reads are, and all would have to make room for it.
                    Box::pin(hedged).await
                }
                _ => attempt.await,
            };
            let error = match answer {
                Ok(answer) => {
                    trip.served(&stop);
                    return Ok(answer);
                }
                Err(Failed { error, was_sent }) => {
                    is_sent |= was_sent;
                    self.unsent(error, is_sent)
                }
            };
            let Some(copy) = again else {
                return Err(error);
            };
            trip.failed(&stop, error, Doing::of(access))?;
            copy.start_over().await;
            request = copy;
        }
    }

    /// Runs one request on one node.
    async fn attempt(
        self,
        stop: &Stop<'_>,
        options: &AcquireOptions,
        request: Request,
    ) -> Result<Answer, Failed> {
        let access = Access::of(request.operation.writes);
        let mut options = options.clone();
        options.held_by_caller = Held::of_pool(stop.node.pool(access));
        let lease = stop.node.lease(access, options).await;
        let mut lease = lease.map_err(|error| Failed {
            error,
            was_sent: false,
        })?;
        let answer = self.exchange(&mut lease, request).await;
        answer.map_err(|error| Failed {
            error,
            was_sent: true,
        })
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
            let next = trip.next().await;
            let stop = next.map_err(|error| Failed {
                error,
                was_sent: false,
            })?;
            let answer = self.attempt(&stop, options, request).await?;
            trip.served(&stop);
            route.hedge_won();
            Ok(answer)
        });
        match select(first, second).await {
            Either::Left((Ok(answer), _)) | Either::Right((Ok(answer), _)) => Ok(answer),
            // The other one may still make it.
            Either::Left((Err(failed), second)) => second.await.map_err(|_: Failed| failed),
            Either::Right((Err(_), first)) => first.await,
        }
    }

    /// Counts a statement outside of any unit, and takes the session's slot for it.
    async fn admit(self, request: &Request) -> Result<(AcquireOptions, Option<Slot>)> {
        let operation = &request.operation;
        let site = Site {
            name: operation.name,
            subject: operation.table,
            location: None,
        };
        let Some(session) = self.session() else {
            return Ok((AcquireOptions::new(site, Purpose::Statement), None));
        };
        let mut options = session.acquire_options(site, Purpose::Statement);
        options.held_by_session = Held::of_session(&session.shared_name());
        session.charge_operation()?;
        let slot = session.slot(&options).await;
        let slot = slot.inspect_err(|_: &Error| session.refund_operation())?;
        Ok((options, Some(slot)))
    }

    /// Takes an operation back that was counted and never sent.
    fn unsent(self, error: Error, is_sent: bool) -> Error {
        if let (Some(session), false) = (self.session(), is_sent) {
            session.refund_operation();
        }
        error
    }

    /// Starts a stream of rows.
    pub(crate) async fn stream<T: FromRow + Send + 'static>(
        self,
        mut request: Request,
        by: By,
    ) -> Result<Running<T>> {
        if let Self::Unit(unit) = self {
            return Ok(Box::pin(unit.0.stream(request, by).await?));
        }
        let access = Access::of(request.operation.writes);
        let (options, slot) = self.admit(&request).await?;
        let berth = self.route().lease_noting(access, options, Held::of_pool);
        let berth = berth.await.map_err(|error| self.unsent(error, false))?;
        let mut lease = berth.lease;
        let (sender, receiver) = row_channel();
        request.sender = Some(sender);
        if let Some(wire) = lease.wire() {
            wire.start(request)?;
        }
        Ok(Box::pin(RowStream::new(
            StreamHold {
                lease: lease.detach(),
                _slot: slot,
            },
            receiver,
            by,
        )))
    }

    /// Begins a transaction of its own.
    pub(crate) async fn begin<M: Mode>(
        self,
        options: TransactionOptions,
        site: Site,
    ) -> Result<UnitOfWork<M>> {
        let deadline = options.timeout.map(|timeout| Instant::now() + timeout);
        let (route, session) = (self.route().clone(), self.session().cloned());
        UnitOfWork::begin(Begin {
            route,
            session,
            options,
            site,
            deadline,
            guard: None,
        })
        .await
    }

    /// What keeps this target alive without borrowing it.
    fn to_owned(self) -> Owned {
        match self {
            Self::Database(database) => Owned::Database(database.clone()),
            Self::Session(session) => Owned::Session(session.clone()),
            Self::Unit(unit) => Owned::Unit(unit.0.clone()),
        }
    }
}

/// One node has failed a request.
struct Failed {
    error: Error,
    /// Whether it got as far as that.
    was_sent: bool,
}

/// A target that borrows nothing, for streams, which outlive the call that made them.
enum Owned {
    Database(Database),
    Session(Session),
    Unit(Handle),
}

impl Owned {
    fn target(&self) -> Target<'_> {
        match self {
            Self::Database(database) => Target::Database(database),
            Self::Session(session) => Target::Session(session),
            Self::Unit(handle) => Target::Unit(UnitTarget(handle)),
        }
    }
}

/// What a stream outside of any unit holds.
struct StreamHold {
    lease: Lease<'static>,
    _slot: Option<Slot>,
}

impl Hold for StreamHold {
    fn wire(&mut self) -> Option<&mut Wire> {
        self.lease.wire()
    }
}

type Running<T> = Pin<Box<dyn Stream<Item = Result<T>> + Send>>;
type Starting<T> = Pin<Box<dyn Future<Output = Result<Running<T>>> + Send>>;

/// Rows, one after the other, while the rest is still coming.
///
/// Holds a connection from its first poll to its end. Dropped early it gives the connection back at once; the pool has
/// the server stop what is left.
#[must_use = "a stream does nothing until it is polled"]
pub struct RowsStream<T> {
    stage: Stage<T>,
}

enum Stage<T> {
    /// -> `Running` when the request is out; -> `Ended` when that failed.
    Starting(Starting<T>),
    /// -> `Ended` after the last row.
    Running(Running<T>),
    Ended,
}

impl<T: FromRow + Send + 'static> RowsStream<T> {
    /// A stream that sends its request when first polled.
    pub(crate) fn new(target: Target<'_>, request: Result<Request>, by: By) -> Self {
        let owned = target.to_owned();
        let starting = async move { owned.target().stream(request?, by).await };
        Self {
            stage: Stage::Starting(Box::pin(starting)),
        }
    }
}

impl<T> Stream for RowsStream<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match &mut self.stage {
                Stage::Starting(starting) => match ready!(starting.as_mut().poll(cx)) {
                    Ok(running) => self.stage = Stage::Running(running),
                    Err(error) => {
                        self.stage = Stage::Ended;
                        return Poll::Ready(Some(Err(error)));
                    }
                },
                Stage::Running(rows) => {
                    let row = ready!(rows.as_mut().poll_next(cx));
                    if row.is_none() {
                        self.stage = Stage::Ended;
                    }
                    return Poll::Ready(row);
                }
                Stage::Ended => return Poll::Ready(None),
            }
        }
    }
}

impl<T> std::fmt::Debug for RowsStream<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.stage {
            Stage::Starting(_) => "RowsStream(starting)",
            Stage::Running(_) => "RowsStream(running)",
            Stage::Ended => "RowsStream(ended)",
        })
    }
}
