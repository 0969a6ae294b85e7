//! The database: builds, starts and closes everything.

mod builder;
mod guard;
mod nodes;
mod raw;
mod sessions;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub use builder::DatabaseBuilder;
pub use raw::RawLease;

#[cfg(feature = "migrate")]
use crate::driver::Migrator;
use crate::driver::{Command, Dialect, Request};
use crate::entity::Entity;
use crate::error::{Error, Result};
use crate::pool::{CloseReport, PoolStats, Purpose, Site};
use crate::routing::Route;
use crate::session::SessionBuilder;
use crate::task_group::TaskGroup;
use crate::topology::{Access, Cluster};
use crate::transaction::TransactionOptions;
use crate::unit_of_work::{AsyncUnit, Begin, UnitOfWork, asking};

/// How long the tasks in the background get to end by themselves.
const TASK_GRACE: Duration = Duration::from_secs(1);

/// A database: an SQLite file, or a PostgreSQL, MariaDB or MySQL server. A handle: clones are the same database.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> wharf::Result<()> {
/// let db = wharf::Database::connect("sqlite::memory:").await?;
/// db.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
    route: Route,
}

struct Shared {
    acquire_timeout: Duration,
    tasks: Arc<TaskGroup>,
    cluster: Arc<Cluster>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Nobody closed it: what looks after the nodes ends.
        self.cluster.abandon();
    }
}

impl Database {
    /// Opens a database by its URL, with the defaults: `sqlite://bank.db`, `sqlite::memory:`, `postgres://user@host/name`
    /// or `mysql://user@host/name`. A file that doesn't exist is made.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a URL that is wrong or whose engine isn't
    /// compiled in, [`ErrorKind::Connect`](crate::ErrorKind::Connect) when nobody answers, and
    /// [`ErrorKind::Authentication`](crate::ErrorKind::Authentication) for a wrong password.
    pub async fn connect(url: impl Into<String>) -> Result<Self> {
        Self::builder().primary(url.into()).connect().await
    }

    /// Describes a database before it is opened.
    pub fn builder() -> DatabaseBuilder {
        DatabaseBuilder::new()
    }

    /// The SQL that it speaks.
    pub fn dialect(&self) -> Dialect {
        self.shared.cluster.dialect()
    }

    /// Describes a session: one client among many, with limits of its own.
    pub fn session(&self, name: impl Into<String>) -> SessionBuilder {
        SessionBuilder::new(
            name.into(),
            self.route.of_session(),
            self.shared.acquire_timeout,
        )
    }

    /// Begins a unit of work, to be ended by hand.
    ///
    /// # Errors
    /// As any call that needs a connection.
    ///
    /// # Cancel safety
    /// Safe: what may have begun is rolled back.
    #[track_caller]
    pub fn begin(&self) -> impl Future<Output = Result<UnitOfWork>> + Send {
        self.begin_at(TransactionOptions::new(), Site::here("begin"))
    }

    /// Begins a unit of work with options, to be ended by hand. `retry` and `propagation` mean nothing here.
    ///
    /// # Errors
    /// As [`Database::begin`].
    #[track_caller]
    pub fn begin_with(
        &self,
        options: TransactionOptions,
    ) -> impl Future<Output = Result<UnitOfWork>> + Send {
        self.begin_at(options, Site::here("begin"))
    }

    fn begin_at(
        &self,
        options: TransactionOptions,
        site: Site,
    ) -> impl Future<Output = Result<UnitOfWork>> + Send {
        UnitOfWork::begin(Begin::new(self.route.clone(), None, options, site))
    }

    /// Runs a body in a unit of work: its `Ok` commits, its `Err` rolls back.
    ///
    /// # Errors
    /// The body's own, or Wharf's when the unit couldn't be begun or committed.
    ///
    /// # Cancel safety
    /// Dropped in between, the unit is rolled back, unless the commit was already under way.
    #[track_caller]
    pub fn transaction<T, E, F>(&self, body: F) -> impl Future<Output = Result<T, E>> + Send
    where
        for<'u> F: AsyncFnOnce(&'u UnitOfWork) -> Result<T, E>
            + AsyncUnit<&'u UnitOfWork, Result<T, E>, Future: Send>
            + Send,
        T: Send,
        E: From<Error> + Send,
    {
        let begun = self.begin_at(TransactionOptions::new(), Site::here("transaction"));
        async move { begun.await?.run(body).await }
    }

    /// Runs a body in a unit of work with options. It can't be retried, since it runs once: see `#[transactional]`.
    ///
    /// # Errors
    /// As [`Database::transaction`].
    #[track_caller]
    pub fn transaction_with<T, E, F>(
        &self,
        options: TransactionOptions,
        body: F,
    ) -> impl Future<Output = Result<T, E>> + Send
    where
        for<'u> F: AsyncFnOnce(&'u UnitOfWork) -> Result<T, E>
            + AsyncUnit<&'u UnitOfWork, Result<T, E>, Future: Send>
            + Send,
        T: Send,
        E: From<Error> + Send,
    {
        let begun = self.begin_at(options, Site::here("transaction"));
        async move { begun.await?.run(body).await }
    }

    /// Creates an entity's table and indexes where they don't exist. For examples and tests: real projects migrate.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) when the engine has no column type for a field.
    #[track_caller]
    pub fn create_table<E: Entity>(&self) -> impl Future<Output = Result<()>> + Send {
        let site = Site::here("create table");
        let text = E::create_table(self.dialect());
        async move {
            let created = async { self.execute_at(site, text?).await };
            created
                .await
                .map_err(|error| error.attempting(|| format!("create table {}", E::TABLE.name)))
        }
    }

    /// Runs trusted text: one statement or several, without arguments. Never give it what a user wrote.
    ///
    /// The text can do anything, so the connection it ran on isn't handed to anybody else before it has been reset.
    ///
    /// # Errors
    /// Whatever the database says to the first statement that fails; those before it have been run.
    #[track_caller]
    pub fn execute(&self, sql: impl Into<String>) -> impl Future<Output = Result<()>> + Send {
        self.execute_at(Site::here("execute"), sql.into())
    }

    async fn execute_at(&self, site: Site, sql: String) -> Result<()> {
        let request = Request::control(Command::Script, sql, "execute");
        let options = asking(site, Purpose::Statement, None);
        let answer = self.route.run(Access::Write, &options, request).await;
        answer
            .map(drop)
            .map_err(|error| error.attempting(|| "execute".into()))
    }

    /// Lends sqlx's own connection, for what Wharf lacks.
    ///
    /// Wharf can't see what is done through it, so the connection isn't handed to anybody else afterwards.
    ///
    /// # Errors
    /// As any call that needs a connection.
    #[track_caller]
    pub fn raw(&self) -> impl Future<Output = Result<RawLease>> + Send {
        let site = Site::here("raw");
        let route = self.route.clone();
        async move {
            let options = asking(site, Purpose::Unit, None);
            let berth = route.lease(Access::Write, &options).await?;
            Ok(RawLease::new(berth.lease))
        }
    }

    /// Runs the migrations that `sqlx::migrate!` embedded and that haven't been run yet.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) with the migration's name when one fails or was altered after it had run.
    #[cfg(feature = "migrate")]
    #[track_caller]
    pub fn migrate(&self, migrator: &Migrator) -> impl Future<Output = Result<()>> {
        let lent = self.raw();
        async move { lent.await?.migrate(migrator).await }
    }

    /// Refuses new calls, waits for those under way up to [`PoolConfig::close_timeout`](crate::PoolConfig::close_timeout),
    /// then stops the statements that still run and rolls back the units of work that are still open, and closes every
    /// connection. Says what that came to.
    ///
    /// # Cancel safety
    /// Dropped in between, new calls are refused, and connections are closed when they come back.
    pub async fn close(&self) -> CloseReport {
        self.route.router().guarding().end();
        let report = self.shared.cluster.close().await;
        for name in self.shared.tasks.join(TASK_GRACE).await {
            tracing::warn!(task = name, "a task had to be ended");
        }
        report
    }

    /// How the pools stand, and what they have done: one pool on a server and in memory; on an SQLite file the writer's, then
    /// the readers'.
    pub fn pool_stats(&self) -> Vec<PoolStats> {
        self.shared.cluster.pool_stats()
    }

    /// Has every connection that is open now replaced: idle ones at once, the others when they come back.
    ///
    /// After a change on the server that only new connections see. Nobody fails for it. A database in memory keeps its one
    /// connection.
    pub fn recycle_connections(&self) {
        self.shared.cluster.recycle_connections();
    }

    pub(crate) fn route(&self) -> &Route {
        &self.route
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("dialect", &self.dialect())
            .finish_non_exhaustive()
    }
}
