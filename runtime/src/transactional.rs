//! What `#[transactional]` expands to: begin, body, commit or roll back, and again.

mod key;

use std::fmt::{Debug, Display};
use std::future::Future;
use std::ops::ControlFlow;
use std::time::Instant;

use serde::Serialize;
use serde::de::DeserializeOwned;

use self::key::{Key, Plan};
use crate::error::{ConstraintKind, Error, ErrorKind, Result};
use crate::executor::Target;
use crate::policy::backoff::Backoff;
use crate::pool::Site;
use crate::transaction::{GuardRow, Propagation, TransactionOptions};
use crate::unit_of_work::{Begin, Mode, UnitOfWork, entries, since_1970};

/// How often at least a unit that is `exactly_once` is run again after its commit was lost, whatever `retry` says: it is
/// known by then that nothing was applied, and giving up would leave to the caller what was promised.
const LOST_COMMITS: u32 = 3;

/// One call of a `#[transactional]` method.
#[derive(Debug)]
pub struct Runner<'a> {
    target: Target<'a>,
    options: TransactionOptions,
    site: Site,
    key: Option<Key>,
    /// The row of this run, under a caller's key.
    guard: Option<GuardRow>,
    attempt: u32,
    /// How many of the attempts ended with a lost commit.
    lost: u32,
    deadline: Option<Instant>,
}

/// Why a unit is to run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// It couldn't be begun, or lost against another one.
    Lost,
    /// The answer to its commit was lost, and it is known that nothing was applied.
    CommitLost,
}

impl<'a> Runner<'a> {
    /// A call that runs where its caller says.
    pub fn new(target: Target<'a>, options: TransactionOptions, site: Site) -> Self {
        let deadline = options.deadline_from(Instant::now());
        Self {
            target,
            options,
            site,
            key: None,
            guard: None,
            attempt: 0,
            lost: 0,
            deadline,
        }
    }

    /// A call that is the same as every other one with its key. `arguments` are the others, to tell a mistake by.
    pub fn keyed(
        target: Target<'a>,
        options: TransactionOptions,
        site: Site,
        key: &dyn Display,
        arguments: &[&dyn Debug],
    ) -> Self {
        Self {
            key: Some(Key::new(key, site.name, arguments)),
            ..Self::new(target, options, site)
        }
    }

    /// Begins a transaction, or a part of the one around it.
    ///
    /// # Errors
    /// [`ErrorKind::TransactionConflict`] when the unit around it doesn't have what is asked for; else as any call.
    pub async fn begin<M: Mode>(&mut self) -> Result<UnitOfWork<M>> {
        let begun = match self.target.unit() {
            Some(outer) if !self.is_outermost() => {
                let (outer_options, outer_site) = outer.options();
                if let Some(why) = self
                    .options
                    .conflict_with(outer_options, self.target.dialect())
                {
                    let message = format!("{} can't run inside {outer_site}: {why}", self.site);
                    return Err(Error::new(ErrorKind::TransactionConflict, message));
                }
                match self.options.propagation {
                    Propagation::Join => UnitOfWork::join(outer),
                    _ => UnitOfWork::begin_nested(outer, self.site).await,
                }
            }
            _ => self.begin_own().await,
        };
        begun.map_err(|error| error.attempting(|| format!("begin {}", self.site)))
    }

    /// Begins a transaction under a caller's key; `Break` with the value when the key was used before.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyUsed`] when it was used for something else; [`ErrorKind::InvalidArgument`] for a key that is empty
    /// or longer than 1 KiB; [`ErrorKind::TransactionConflict`] inside another unit; else as any call.
    pub async fn begin_keyed<M: Mode, T: DeserializeOwned>(
        &mut self,
    ) -> Result<ControlFlow<T, UnitOfWork<M>>> {
        let begun = self.begin_under_key().await;
        begun.map_err(|error| error.attempting(|| format!("begin {}", self.site)))
    }

    async fn begin_under_key<M: Mode, T: DeserializeOwned>(
        &mut self,
    ) -> Result<ControlFlow<T, UnitOfWork<M>>> {
        if let Some(outer) = self.target.unit()
            && !self.is_outermost()
        {
            // It would be undone with the unit around it, and its key would be free again.
            let message = format!(
                "{} can't run inside {}: what has a key of its own needs a transaction of its own (`propagation = requires_new`)",
                self.site,
                outer.options().1
            );
            return Err(Error::new(ErrorKind::TransactionConflict, message));
        }
        loop {
            match self.plan().await {
                Ok(Plan::Done(value)) => return Ok(ControlFlow::Break(value)),
                Ok(Plan::Do(row)) => self.guard = Some(row),
                Err(error) if self.is_worth_another_begin(&error) => {
                    self.back_off(Cause::Lost).await;
                    continue;
                }
                Err(error) => return Err(error),
            }
            match self.begin_own().await {
                // Somebody else has done it meanwhile, or was kept from it: so there is more to know of the key now.
                Err(error) if is_taken(&error) => {}
                begun => return begun.map(ControlFlow::Continue),
            }
        }
    }

    async fn plan<T: DeserializeOwned>(&self) -> Result<Plan<T>> {
        let Some(key) = &self.key else {
            let message = "a call without a key was begun as one that has one";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        };
        key.check()?;
        let entries = entries(self.target.route(), key.unit(), self.deadline).await?;
        key.plan(since_1970(), &entries)
    }

    async fn begin_own<M: Mode>(&mut self) -> Result<UnitOfWork<M>> {
        loop {
            let (route, session) = (self.target.route().clone(), self.target.session().cloned());
            let begin = Begin {
                // The time of all tries together.
                deadline: self.deadline,
                guard: self.guard,
                ..Begin::new(route, session, self.options, self.site)
            };
            match UnitOfWork::begin(begin).await {
                // Another process has the lock, or the connection broke: nothing has been done yet.
                Err(error) if self.is_worth_another_begin(&error) => {
                    self.back_off(Cause::Lost).await;
                }
                begun => return begun,
            }
        }
    }

    fn is_worth_another_begin(&self, error: &Error) -> bool {
        let nothing_was_done = matches!(
            error.kind(),
            ErrorKind::Busy | ErrorKind::ConnectionLost | ErrorKind::Connect
        );
        nothing_was_done && self.may_retry(Cause::Lost)
    }

    async fn back_off(&mut self, cause: Cause) {
        let delay = Backoff::UNIT.delay(self.attempt, fastrand::f64());
        self.attempt += 1;
        self.lost += u32::from(cause == Cause::CommitLost);
        tracing::debug!(unit = %self.site, attempt = self.attempt, ?cause, delay_ms = delay.as_millis(), "run again");
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
        let (result, cause) = end(unit, result).await;
        match cause {
            Some(cause) if self.may_retry(cause) => {
                self.back_off(cause).await;
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Break(result),
        }
    }

    /// The same under a caller's key: the value is kept with the rest.
    pub async fn finish_keyed<M: Mode, T: Serialize, E: From<Error>>(
        &mut self,
        unit: UnitOfWork<M>,
        result: Result<T, E>,
    ) -> ControlFlow<Result<T, E>> {
        let kept = match &result {
            Ok(value) => self.keep(&unit, value).await,
            Err(_) => Ok(()),
        };
        let result = kept.map_err(E::from).and(result);
        self.finish(unit, result).await
    }

    async fn keep<M: Mode, T: Serialize>(&self, unit: &UnitOfWork<M>, value: &T) -> Result<()> {
        let json = serde_json::to_string(value).map_err(|problem| {
            let message = format!(
                "what {} returns can't be kept as JSON: {problem}",
                self.site
            );
            Error::new(ErrorKind::Encode, message)
        })?;
        // What is there is NULL, which is read as that.
        if json == "null" {
            return Ok(());
        }
        unit.keep_result(json).await
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

    fn is_outermost(&self) -> bool {
        self.target.unit().is_none() || self.options.propagation == Propagation::RequiresNew
    }

    /// Whether the whole unit may run again: the one place that decides it.
    fn may_retry(&self, cause: Cause) -> bool {
        let is_left = match cause {
            Cause::Lost => self.attempt < self.options.retry,
            Cause::CommitLost => self.lost < self.options.retry.max(LOST_COMMITS),
        };
        // Inside another unit there is nothing to gain: the engine has undone that one too.
        self.is_outermost()
            && is_left
            && self
                .deadline
                .is_none_or(|deadline| Instant::now() < deadline)
    }
}

/// Whether a key was taken when its row was to be written.
fn is_taken(error: &Error) -> bool {
    let constraint = error.constraint();
    constraint.is_some_and(|constraint| constraint.kind == ConstraintKind::Unique)
}

/// Commits or rolls back; also says whether and why the whole unit is worth another try.
async fn end<M: Mode, T, E: From<Error>>(
    unit: UnitOfWork<M>,
    result: Result<T, E>,
) -> (Result<T, E>, Option<Cause>) {
    match result {
        Ok(value) => match unit.commit().await {
            Ok(_) => (Ok(value), None),
            Err(error) => {
                let cause = match error.commit_id() {
                    Some(_) => Cause::CommitLost,
                    None => Cause::Lost,
                };
                let cause = error.is_retryable().then_some(cause);
                (Err(error.into()), cause)
            }
        },
        Err(error) => {
            let cause = unit.is_retryable().then_some(Cause::Lost);
            if let Err(problem) = unit.rollback().await {
                tracing::warn!(error = %problem, "a unit of work could not be rolled back");
            }
            (Err(error), cause)
        }
    }
}
