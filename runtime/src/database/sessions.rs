//! The units of work of a session, which are those of its database under its identity and limits.

use std::future::Future;

use crate::error::{Error, Result};
use crate::pool::Site;
use crate::session::Session;
use crate::transaction::TransactionOptions;
use crate::unit_of_work::{AsyncUnit, Begin, UnitOfWork};

impl Session {
    /// Begins a unit of work, to be ended by hand. See [`Database::begin`](crate::Database::begin).
    ///
    /// # Errors
    /// As any call of the session that needs a connection.
    ///
    /// # Cancel safety
    /// Safe: what may have begun is rolled back.
    #[track_caller]
    pub fn begin(&self) -> impl Future<Output = Result<UnitOfWork>> + Send {
        self.begin_at(TransactionOptions::new(), Site::here("begin"))
    }

    /// Begins a unit of work with options, to be ended by hand. See
    /// [`Database::begin_with`](crate::Database::begin_with).
    ///
    /// # Errors
    /// As [`Session::begin`].
    #[track_caller]
    pub fn begin_with(
        &self,
        options: TransactionOptions,
    ) -> impl Future<Output = Result<UnitOfWork>> + Send {
        self.begin_at(options, Site::here("begin"))
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

    /// Runs a body in a unit of work with options. See
    /// [`Database::transaction_with`](crate::Database::transaction_with).
    ///
    /// # Errors
    /// As [`Session::transaction`].
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

    fn begin_at(
        &self,
        options: TransactionOptions,
        site: Site,
    ) -> impl Future<Output = Result<UnitOfWork>> + Send {
        let (route, session) = (self.route().clone(), Some(self.clone()));
        UnitOfWork::begin(Begin::new(route, session, options, site))
    }
}
