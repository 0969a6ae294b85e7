//! The handle that a program holds.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tracing::Instrument;

use super::begin::Begin;
use super::core::Core;
use super::hooks::Hook;
use super::mode::{Mode, ReadWrite};
use super::raw::RawUnit;
use super::reference::Handle;
use super::savepoint::Savepoint;
use super::scope::{AsyncUnit, scoped};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::pool::Site;

/// A transaction, or a nested part of one: all or nothing.
///
/// It is passed by shared reference to everything that is to run inside. Calls on it queue for its one connection, so
/// `try_join!` over several of them is fine, and gains nothing.
///
/// Dropped without [`UnitOfWork::commit`] it is rolled back: by an `Err`, by a panic, or with the future that held it.
///
/// A statement that fails dooms the unit: it can only be rolled back, unless the statement ran in a nested unit or the
/// unit goes back to a savepoint. That is so on all engines, since PostgreSQL leaves no choice.
#[derive(Debug)]
#[must_use = "a unit of work that is dropped is rolled back"]
pub struct UnitOfWork<M: Mode = ReadWrite> {
    handle: Handle,
    started: Instant,
    is_ended: bool,
    /// Whether it is a part of another unit, without a savepoint of its own.
    is_joined: bool,
    mode: PhantomData<M>,
}

/// What a committed unit of work did. What was undone within it, by a nested unit or a savepoint, is counted too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// Statements run.
    pub statements: u64,
    /// Rows inserted, updated and deleted.
    pub rows_written: u64,
    /// From the beginning to the commit's answer.
    pub duration: Duration,
}

impl<M: Mode> UnitOfWork<M> {
    pub(crate) async fn begin(begin: Begin) -> Result<Self> {
        let started = Instant::now();
        let core = Core::begin(begin).await?;
        Ok(Self {
            handle: Handle { core, level: 0 },
            started,
            is_ended: false,
            is_joined: false,
            mode: PhantomData,
        })
    }

    /// Opens a part of a unit that can be undone alone.
    pub(crate) async fn begin_nested(outer: &Handle, site: Site) -> Result<Self> {
        let started = Instant::now();
        let level = outer.core.open(outer.level, site).await?;
        let handle = Handle {
            core: outer.core.clone(),
            level,
        };
        Ok(Self {
            handle,
            started,
            is_ended: false,
            is_joined: false,
            mode: PhantomData,
        })
    }

    /// Takes part in another unit as if its statements were that one's: only its failure is told apart.
    pub(crate) fn join(outer: &Handle) -> Result<Self> {
        outer.core.check(outer.level)?;
        Ok(Self {
            handle: outer.clone(),
            started: Instant::now(),
            is_ended: false,
            is_joined: true,
            mode: PhantomData,
        })
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Makes everything permanent; for a nested unit: a part of the one around it.
    ///
    /// `Ok` means committed.
    ///
    /// # Errors
    /// [`ErrorKind::RolledBack`] when the unit was doomed or the engine refused; [`ErrorKind::Timeout`] or
    /// [`ErrorKind::LimitExceeded`] when its time was up, and [`ErrorKind::Cancelled`] when its session was killed: then it
    /// is rolled back as well; [`ErrorKind::CommitUnknown`] when the
    /// answer was lost, with an [id](Error::commit_id) where somebody can be asked about it; [`ErrorKind::UnitOfWorkSuspended`] when a nested unit or a stream is still open.
    ///
    /// # Cancel safety
    /// Dropped in between, the unit is either committed or rolled back, and nobody is told which.
    pub async fn commit(mut self) -> Result<Receipt> {
        let committed = match self.is_joined {
            true => self.handle.core.check(self.handle.level),
            false => self.handle.core.commit(self.handle.level).await.map(drop),
        };
        // What could not be committed, because something is still open on it, say, rolls back when the handle goes.
        self.is_ended = committed.is_ok();
        committed?;
        let (statements, rows_written) = self.handle.core.counts();
        Ok(Receipt {
            statements,
            rows_written,
            duration: self.started.elapsed(),
        })
    }

    /// Undoes everything; for a nested unit: everything in it.
    ///
    /// # Errors
    /// [`ErrorKind::UnitOfWorkSuspended`] while a stream on the transaction is open; the unit is then rolled back once the
    /// stream is gone. Otherwise the outermost never fails. A nested one does when it can't be undone; then the whole
    /// transaction is doomed.
    ///
    /// # Cancel safety
    /// Safe: what was begun is finished by the pool, or by the next call on the unit around it.
    pub async fn rollback(mut self) -> Result<()> {
        if self.is_joined {
            // Dropping it does what there is to do.
            return Ok(());
        }
        let rolled_back = self.handle.core.rollback(self.handle.level).await;
        self.is_ended = rolled_back.is_ok();
        rolled_back
    }

    /// Sets a savepoint. Two of the same name are two.
    ///
    /// # Errors
    /// As any statement.
    pub async fn savepoint(&self, name: impl Into<Arc<str>>) -> Result<Savepoint> {
        let number = self.handle.core.mark(self.handle.level).await?;
        Ok(Savepoint {
            name: name.into(),
            number,
            core: Arc::downgrade(&self.handle.core),
        })
    }

    /// Goes back to a savepoint, which stays. Lifts what doomed the unit since then.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] when the savepoint belongs to another unit of work, or was itself undone.
    pub async fn rollback_to(&self, savepoint: &Savepoint) -> Result<()> {
        if !std::ptr::eq(savepoint.core.as_ptr(), Arc::as_ptr(&self.handle.core)) {
            let message = format!(
                "savepoint `{}` belongs to another unit of work",
                savepoint.name
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let gone_back = self
            .handle
            .core
            .rollback_to(self.handle.level, savepoint.number)
            .await;
        gone_back.map_err(|error| {
            error.attempting(|| format!("roll back to savepoint `{}`", savepoint.name))
        })
    }

    /// Runs a body as a part that can be undone alone: its `Err` undoes it, and nothing else.
    ///
    /// # Errors
    /// The body's own, or Wharf's if the part couldn't be opened or kept.
    #[track_caller]
    pub fn nested<T, E, F>(&self, body: F) -> impl Future<Output = Result<T, E>> + Send
    where
        for<'u> F: AsyncFnOnce(&'u UnitOfWork<M>) -> Result<T, E>
            + AsyncUnit<&'u UnitOfWork<M>, Result<T, E>, Future: Send>
            + Send,
        T: Send,
        E: From<Error> + Send,
    {
        let site = Site::here("nested");
        async move {
            let inner = Self::begin_nested(&self.handle, site).await?;
            inner.run(body).await
        }
    }

    /// Runs a body in this unit, and ends it by the body's result.
    pub(crate) async fn run<T, E, F>(self, body: F) -> Result<T, E>
    where
        for<'u> F: AsyncFnOnce(&'u UnitOfWork<M>) -> Result<T, E>
            + AsyncUnit<&'u UnitOfWork<M>, Result<T, E>, Future: Send>
            + Send,
        T: Send,
        E: From<Error> + Send,
    {
        let result = self.scoped(body(&self)).await;
        match result {
            Ok(value) => {
                self.commit().await?;
                Ok(value)
            }
            Err(error) => {
                if let Err(problem) = self.rollback().await {
                    tracing::warn!(error = %problem, "a unit of work could not be rolled back");
                }
                Err(error)
            }
        }
    }

    /// Runs a body with the connection of this unit noted, until the unit's deadline; then it is dropped.
    ///
    /// The body is boxed here, before anything awaits it: each layer that holds a future by value makes room for it more
    /// than once, and a few units within units would outgrow a thread's stack.
    pub(crate) fn scoped<T, E: From<Error>>(
        &self,
        body: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<T, E>> {
        let body = Box::pin(body);
        let held = (self.handle.level == 0).then(|| self.handle.held());
        let span = &self.handle.core.span;
        let body = scoped(held, body);
        let body = if span.is_disabled() {
            body.left_future()
        } else {
            body.instrument(span.clone()).right_future()
        };
        let core = &self.handle.core;
        async move {
            match core.deadline {
                Some(deadline) => tokio::time::timeout_at(deadline.at.into(), body)
                    .await
                    .unwrap_or_else(|_| Err(core.timed_out(&deadline).into())),
                None => body.await,
            }
        }
    }

    /// Runs something after the outermost commit, once. Forgotten if this unit, or one around it, is rolled back.
    ///
    /// It gets no handle: what it would write would not be a part of the transaction.
    pub fn on_commit(&self, action: impl FnOnce() + Send + 'static) {
        self.handle
            .core
            .stack()
            .add_hook(Hook::OnCommit(Box::new(action)));
    }

    /// Runs something when this unit, or one around it, is rolled back; also by being dropped.
    pub fn on_rollback(&self, action: impl FnOnce() + Send + 'static) {
        self.handle
            .core
            .stack()
            .add_hook(Hook::OnRollback(Box::new(action)));
    }

    /// Has the connection of this unit closed when the unit has ended, instead of lent again.
    ///
    /// For a program that has reason to distrust it: a setting that it can't take back, a server that is to be left.
    ///
    /// # Errors
    /// As any statement.
    ///
    /// # Cancel safety
    /// Safe.
    pub async fn mark_for_recycling(&self) -> Result<()> {
        self.handle.core.mark_for_recycling(self.handle.level).await
    }

    /// Lends sqlx's own connection, for what Wharf lacks.
    ///
    /// Wharf can't see what is done through it, so the connection isn't handed to anybody else afterwards.
    ///
    /// # Errors
    /// As any statement.
    pub async fn raw(&self) -> Result<RawUnit> {
        let carrier = self.handle.core.raw(self.handle.level).await?;
        Ok(RawUnit::new(carrier))
    }

    /// Keeps the value of a call under a caller's key, which its commit is to make permanent with everything else.
    pub(crate) async fn keep_result(&self, result: String) -> Result<()> {
        self.handle.core.keep_result(result).await
    }

    pub(crate) fn is_retryable(&self) -> bool {
        self.handle.core.is_retryable()
    }
}

impl<M: Mode> Drop for UnitOfWork<M> {
    fn drop(&mut self) {
        if self.is_ended {
            return;
        }
        if self.is_joined {
            let message = "a unit of work that had joined this one failed";
            let cause =
                Error::new(ErrorKind::RolledBack, message).with_outcome(Outcome::RolledBack);
            self.handle.core.doom(self.handle.level, &cause);
        } else {
            self.handle.core.orphan(self.handle.level);
        }
    }
}
