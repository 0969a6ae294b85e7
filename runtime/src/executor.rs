//! Where a call runs: on the database, in a session, or in a unit of work.

mod alone;
mod rows_stream;

use std::panic::Location;
use std::sync::Arc;

use tracing::Instrument;

pub use rows_stream::RowsStream;

use crate::database::Database;
use crate::driver::{Answer, By, Dialect, FromRow, Request, gather};
use crate::error::{Error, Result};
use crate::pool::Site;
use crate::routing::Route;
use crate::session::Session;
use crate::telemetry;
use crate::transaction::TransactionOptions;
use crate::unit_of_work::{Begin, Handle, Mode, UnitOfWork};

/// Where a call can read: a [`Database`], a [`Session`], or any [`UnitOfWork`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no place to run a query",
    label = "expected a `Database`, a `Session` or a `UnitOfWork`"
)]
pub trait Executor: sealed::Placed + Send + Sync {}

/// Where a call can write: a [`Database`], a [`Session`], or a [`UnitOfWork`] that isn't read-only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can only read",
    label = "this call writes",
    note = "`UnitOfWork<ReadOnly>` can only read; pass a `Database`, a `Session`, or a `UnitOfWork` of a method that isn't `read_only`"
)]
pub trait WriteExecutor: Executor {}

/// Where a call runs, and where it was made.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    on: On<'a>,
    /// The line that made the call.
    caller: &'static Location<'static>,
}

/// What a call runs on.
#[derive(Debug, Clone, Copy)]
enum On<'a> {
    /// On its own.
    Database(&'a Database),
    /// On its own, under a session's identity and limits.
    Session(&'a Session),
    /// Inside a transaction, whatever its mode.
    Unit(&'a Handle),
}

/// What a call runs on, for nobody else to see.
#[derive(Debug)]
pub struct Place<'a>(On<'a>);

mod sealed {
    pub trait Placed {
        fn place(&self) -> super::Place<'_>;
    }
}

/// Where an executor runs the calls that its caller makes.
#[track_caller]
pub fn target<E: Executor + ?Sized>(executor: &E) -> Target<'_> {
    Target {
        on: sealed::Placed::place(executor).0,
        caller: Location::caller(),
    }
}

impl sealed::Placed for Database {
    fn place(&self) -> Place<'_> {
        Place(On::Database(self))
    }
}

impl sealed::Placed for Session {
    fn place(&self) -> Place<'_> {
        Place(On::Session(self))
    }
}

impl<M: Mode> sealed::Placed for UnitOfWork<M> {
    fn place(&self) -> Place<'_> {
        Place(On::Unit(self.handle()))
    }
}

impl<T: sealed::Placed + ?Sized> sealed::Placed for &T {
    fn place(&self) -> Place<'_> {
        (**self).place()
    }
}

impl<T: sealed::Placed + ?Sized> sealed::Placed for Arc<T> {
    fn place(&self) -> Place<'_> {
        (**self).place()
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
        match self.on {
            On::Database(database) => database.route(),
            On::Session(session) => session.route(),
            On::Unit(unit) => unit.route(),
        }
    }

    pub(crate) fn session(self) -> Option<&'a Session> {
        match self.on {
            On::Database(_) => None,
            On::Session(session) => Some(session),
            On::Unit(unit) => unit.session(),
        }
    }

    pub(crate) fn dialect(self) -> Dialect {
        self.route().router().dialect()
    }

    /// The unit that it runs in, if it does.
    pub(crate) fn unit(self) -> Option<&'a Handle> {
        match self.on {
            On::Unit(unit) => Some(unit),
            On::Database(_) | On::Session(_) => None,
        }
    }

    /// The call, for those who ask what holds a connection.
    fn site(self, name: &'static str, subject: &'static str) -> Site {
        Site {
            name,
            subject,
            location: Some(self.caller),
        }
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
        // An instrumented future is entered at every poll: only where somebody listens.
        let answer = if span.is_disabled() {
            self.dispatch(request).await
        } else {
            self.dispatch(request).instrument(span.clone()).await
        };
        answer.map_err(|error| {
            telemetry::failed(&span, &error);
            error.attempting(|| match operation.table {
                "" => operation.name.to_owned(),
                table if operation.name.contains(':') => operation.name.to_owned() + " on " + table,
                table => format!("{} {table}", operation.name),
            })
        })
    }

    /// Runs one request that answers with one row at most, and makes that what is asked for; `blame` says what a row that
    /// can't be read was read for.
    pub(crate) async fn row<T: FromRow>(
        self,
        mut request: Request,
        blame: impl FnOnce(Error) -> Error,
    ) -> Result<Option<T>> {
        request.is_one_row = true;
        let answer = self.run(request).await?;
        answer.rows.decode_first(By::Position).map_err(blame)
    }

    async fn dispatch(self, request: Request) -> Result<Answer> {
        match self.unit() {
            Some(unit) => unit.run(request).await,
            None => self.run_alone(request).await,
        }
    }

    /// Runs one request and makes its rows what is asked for, while the rest is still coming; `blame` says what a row
    /// that can't be read was read for.
    pub(crate) async fn rows<T: FromRow>(
        self,
        request: Request,
        by: By,
        blame: impl FnOnce(Error) -> Error,
    ) -> Result<Vec<T>> {
        if self.route().hedges() && self.unit().is_none() {
            // Rows of two nodes must not mix.
            let answer = self.run(request).await?;
            return answer.rows.decode(by).map_err(blame);
        }
        let read = gather(request, by, |request| self.run(request)).await?;
        read.map_err(blame)
    }

    /// Begins a transaction of its own.
    pub(crate) async fn begin<M: Mode>(
        self,
        options: TransactionOptions,
        name: &'static str,
    ) -> Result<UnitOfWork<M>> {
        let site = self.site(name, "");
        let (route, session) = (self.route().clone(), self.session().cloned());
        UnitOfWork::begin(Begin::new(route, session, options, site)).await
    }
}
