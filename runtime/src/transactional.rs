//! What `#[transactional]` expands to: begin, body, commit or roll back, and again.

use std::future::Future;
use std::ops::ControlFlow;
use std::time::Instant;

use crate::error::{Error, ErrorKind, Result};
use crate::executor::Target;
use crate::policy::backoff::Backoff;
use crate::pool::Site;
use crate::transaction::{Propagation, TransactionOptions};
use crate::unit_of_work::{Begin, Mode, UnitOfWork};

/// One call of a `#[transactional]` method.
#[derive(Debug)]
pub struct Runner<'a> {
    target: Target<'a>,
    options: TransactionOptions,
    site: Site,
    attempt: u32,
    deadline: Option<Instant>,
}

impl<'a> Runner<'a> {
    /// A call that runs where its caller says.
    pub fn new(target: Target<'a>, options: TransactionOptions, site: Site) -> Self {
        let deadline = options.timeout.map(|timeout| Instant::now() + timeout);
        Self {
            target,
            options,
            site,
            attempt: 0,
            deadline,
        }
    }

    /// Begins a transaction, or a part of the one around it.
    ///
    /// # Errors
    /// [`ErrorKind::TransactionConflict`] when the unit around it doesn't have what is asked for; else as any call.
    pub async fn begin<M: Mode>(&mut self) -> Result<UnitOfWork<M>> {
        let begun = match self.target {
            Target::Unit(outer) if self.options.propagation != Propagation::RequiresNew => {
                let (outer_options, outer_site) = outer.0.options();
                if let Some(why) = self
                    .options
                    .conflict_with(outer_options, self.target.dialect())
                {
                    let message = format!("{} can't run inside {outer_site}: {why}", self.site);
                    return Err(Error::new(ErrorKind::TransactionConflict, message));
                }
                match self.options.propagation {
                    Propagation::Join => UnitOfWork::join(outer.0),
                    _ => UnitOfWork::begin_nested(outer.0, self.site).await,
                }
            }
            _ => self.begin_own().await,
        };
        begun.map_err(|error| error.attempting(|| format!("begin {}", self.site)))
    }

    async fn begin_own<M: Mode>(&mut self) -> Result<UnitOfWork<M>> {
        loop {
            let (node, session) = (self.target.node().clone(), self.target.session().cloned());
            let (options, site, deadline) = (self.options, self.site, self.deadline);
            let begun = UnitOfWork::begin(Begin {
                node,
                session,
                options,
                site,
                deadline,
            })
            .await;
            match begun {
                // Another process has the lock, or the connection broke: nothing has been done yet.
                Err(error)
                    if matches!(error.kind(), ErrorKind::Busy | ErrorKind::ConnectionLost)
                        && self.may_retry() =>
                {
                    self.back_off().await;
                }
                begun => return begun,
            }
        }
    }

    async fn back_off(&mut self) {
        let delay = Backoff::UNIT.delay(self.attempt, fastrand::f64());
        self.attempt += 1;
        tracing::debug!(unit = %self.site, attempt = self.attempt, delay_ms = delay.as_millis(), "run again");
        tokio::time::sleep(delay).await;
    }

    /// Runs the body in its unit, until the deadline.
    ///
    /// # Errors
    /// The body's own, or [`ErrorKind::Timeout`].
    pub fn run<M: Mode, T, E: From<Error>>(
        &self,
        unit: &UnitOfWork<M>,
        body: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<T, E>> {
        unit.scoped(body)
    }

    /// Ends the unit by the body's result; `Continue` when it is to run again.
    pub async fn finish<M: Mode, T, E: From<Error>>(
        &mut self,
        unit: UnitOfWork<M>,
        result: Result<T, E>,
    ) -> ControlFlow<Result<T, E>> {
        let (result, is_retryable) = end(unit, result).await;
        if result.is_ok() || !is_retryable || !self.may_retry() {
            return ControlFlow::Break(result);
        }
        self.back_off().await;
        ControlFlow::Continue(())
    }

    /// Ends the unit by the body's result.
    ///
    /// # Errors
    /// The body's own, or Wharf's when the commit failed.
    pub async fn finish_once<M: Mode, T, E: From<Error>>(
        self,
        unit: UnitOfWork<M>,
        result: Result<T, E>,
    ) -> Result<T, E> {
        end(unit, result).await.0
    }

    fn may_retry(&self) -> bool {
        // Inside another unit there is nothing to gain: the engine has undone that one too.
        let is_outermost =
            !self.target.is_unit() || self.options.propagation == Propagation::RequiresNew;
        is_outermost
            && self.attempt < self.options.retry
            && self
                .deadline
                .is_none_or(|deadline| Instant::now() < deadline)
    }
}

/// Commits or rolls back; also says whether the whole unit is worth another try.
async fn end<M: Mode, T, E: From<Error>>(
    unit: UnitOfWork<M>,
    result: Result<T, E>,
) -> (Result<T, E>, bool) {
    match result {
        Ok(value) => match unit.commit().await {
            Ok(_) => (Ok(value), false),
            Err(error) => {
                let is_retryable = error.is_retryable();
                (Err(error.into()), is_retryable)
            }
        },
        Err(error) => {
            let is_retryable = unit.is_retryable();
            if let Err(problem) = unit.rollback().await {
                tracing::warn!(error = %problem, "a unit of work could not be rolled back");
            }
            (Err(error), is_retryable)
        }
    }
}
