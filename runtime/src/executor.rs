//! Where a call runs: on the database, in a session, or in a unit of work.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use futures_util::{FutureExt, Stream, TryFutureExt};
use tracing::Instrument;

use crate::database::Database;
use crate::driver::{
    Answer, By, Dialect, FromRow, Hold, Request, RowStream, Wire, gather, row_channel,
};
use crate::error::{Error, Result};
use crate::pool::{AcquireOptions, Lease, Purpose, Site};
use crate::session::{Session, Slot};
use crate::telemetry;
use crate::topology::{Access, Node};
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
    pub(crate) fn node(self) -> &'a Arc<Node> {
        match self {
            Self::Database(database) => database.node(),
            Self::Session(session) => session.node(),
            Self::Unit(unit) => unit.0.node(),
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
        self.node().dialect()
    }

    pub(crate) fn is_unit(self) -> bool {
        matches!(self, Self::Unit(_))
    }

    /// Runs one request and waits for its answer.
    pub(crate) async fn run(self, request: Request) -> Result<Answer> {
        let operation = request.operation;
        let text = self
            .node()
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
                _ => {
                    let (mut lease, _slot) = self.lease(&request).await?;
                    self.exchange(&mut lease, request).await
                }
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
        let read = gather(request, by, |request| self.run(request)).await?;
        read.map_err(blame)
    }

    /// Runs a statement outside of any unit, within its time limit.
    async fn exchange(self, lease: &mut Lease<'_>, request: Request) -> Result<Answer> {
        let limit = match self.session() {
            Some(session) => session.statement_limit(),
            None => self.node().statement_limit(),
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

    /// A connection for one statement outside of any unit.
    async fn lease(self, request: &Request) -> Result<(Lease<'a>, Option<Slot>)> {
        let operation = &request.operation;
        let site = Site {
            name: operation.name,
            subject: operation.table,
            location: None,
        };
        let node = self.node();
        let access = Access::of(operation.writes);
        let Some(session) = self.session() else {
            let mut options = AcquireOptions::new(site, Purpose::Statement);
            options.held_by_caller = Held::count(node.pool(access), None).0;
            return Ok((node.lease(access, options).await?, None));
        };
        let mut options = session.acquire_options(site, Purpose::Statement);
        (options.held_by_caller, options.held_by_session) =
            Held::count(node.pool(access), Some(&session.shared_name()));
        session.charge_operation()?;
        let leased = async {
            let slot = session.slot(&options).await?;
            Ok((node.lease(access, options).await?, Some(slot)))
        };
        leased
            .await
            .inspect_err(|_: &Error| session.refund_operation())
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
        let (mut lease, slot) = self.lease(&request).await?;
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
        let (node, session) = (self.node().clone(), self.session().cloned());
        UnitOfWork::begin(Begin {
            node,
            session,
            options,
            site,
            deadline,
            asks_position: false,
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
