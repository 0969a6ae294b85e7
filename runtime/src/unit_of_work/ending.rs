//! How a unit of work ends: committed, released into the one around it, or undone.

use std::time::{Duration, Instant};

use super::core::{Core, ended};
use super::hooks::{self, Fate};
use super::resolver::resolve;
use super::savepoint::{name, undo};
use super::sweeper;
use crate::driver::{Answer, By, Command, Dialect, Operation, Param, Request, commit_unknown, hex};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::mechanism::Mechanism;
use crate::pool::{CloseReason, Lease};
use crate::session::Slot;
use crate::transaction::{
    Action, CommitOutcome, CommitSql, LevelId, Refusal, TransactionOptions, guard_sql,
};

/// How long the answer to a commit is waited for that can be asked about on another connection instead.
const COMMIT_PATIENCE: Duration = Duration::from_secs(2);
/// How long the answer to a rollback is waited for. Whatever becomes of it, nothing is applied.
const ROLLBACK_PATIENCE: Duration = Duration::from_secs(5);
/// How long a lost commit is asked about when the unit has no time limit.
const RESOLVE_LIMIT: Duration = Duration::from_secs(30);
/// How long at least, however little of the limit is left: the work is done, and only its fate is open.
const SHORTEST_RESOLVE_LIMIT: Duration = Duration::from_secs(1);

/// What a commit led to.
#[derive(Debug, Default)]
pub(crate) struct Committed {
    /// The database's position just after it, when that was asked for and answered: an LSN of PostgreSQL, a GTID of MariaDB.
    pub(crate) position: Option<String>,
}

impl Committed {
    fn read(answer: &Answer) -> Self {
        let position = answer.rows.decode_first::<Option<String>>(By::Position);
        Self {
            position: position
                .ok()
                .flatten()
                .flatten()
                .filter(|position| !position.is_empty()),
        }
    }
}

impl Core {
    /// Ends a nested unit well.
    async fn release(&self, level: LevelId) -> Result<()> {
        let doomed = self.stack().doomed(level);
        if let Some(cause) = doomed {
            self.undo(level).await?;
            return Err(Error::rolled_back(
                format!("the nested unit of work was rolled back: {cause}"),
                cause,
            ));
        }
        self.check(level)?;
        let mut carrier = self.ready(level).await?;
        let savepoint = self.stack().savepoint(level);
        let Some(number) = savepoint else {
            return Ok(());
        };
        let sql = format!("RELEASE SAVEPOINT {}", name(number));
        let request = Request::control(Command::Release, sql, "RELEASE SAVEPOINT");
        self.perform(&mut carrier, Action::Release { number }, request)
            .await
            .map(drop)
    }

    /// Ends a nested unit badly.
    async fn undo(&self, level: LevelId) -> Result<()> {
        if self.is_late() {
            // The whole transaction is out of time: it will be rolled back, and this with it.
            self.stack().orphan(level);
            return Ok(());
        }
        let mut carrier = self.quiet().await?;
        let savepoint = self.stack().savepoint(level);
        let Some(number) = savepoint else {
            return Ok(());
        };
        self.perform(&mut carrier, Action::Undo { number }, undo(number))
            .await
            .map(drop)
    }

    pub(super) async fn commit(&self, level: LevelId) -> Result<Committed> {
        self.check_streams()?;
        if level == 0 {
            self.commit_outermost().await
        } else {
            self.release(level).await.map(|()| Committed::default())
        }
    }

    pub(super) async fn rollback(&self, level: LevelId) -> Result<()> {
        self.check_streams()?;
        if level == 0 {
            self.rollback_outermost().await
        } else {
            self.undo(level).await
        }
    }

    async fn commit_outermost(&self) -> Result<Committed> {
        let mut carrier = self.quiet().await?;
        let _busy = carrier.slot.as_ref().map(Slot::busy);
        let verdict = self.stack().check(0);
        if let Err(Refusal::Doomed { cause }) = verdict {
            drop(carrier);
            self.rollback_or_warn().await;
            return Err(Error::rolled_back(
                format!("the unit of work was rolled back: {cause}"),
                cause,
            )
            .attempting(|| "commit".into()));
        }
        self.check(0)?;
        if let Err(why) = self.check_life() {
            drop(carrier);
            self.rollback_or_warn().await;
            return Err(why.attempting(|| "commit".into()));
        }
        let Some(lease) = &mut carrier.lease else {
            return Err(ended());
        };
        let (bypassed, has_positions) = lease.connection().map_or((false, false), |connection| {
            // MySQL has no word for it.
            let has_positions = self.dialect != Dialect::MySql || connection.has_returning;
            (connection.bypassed, has_positions)
        });
        // An error that somebody swallowed on the raw connection makes PostgreSQL answer ROLLBACK to COMMIT, and sqlx say
        // Ok. The statement before it fails then, and the COMMIT is not run.
        let CommitSql {
            text,
            commits_after,
        } = TransactionOptions::commit_sql(
            self.dialect,
            bypassed || self.statement_limit.is_some(),
            !self.begin.options.read_only && self.begin.route.wants_position() && has_positions,
        );
        let mut request = Request::control(Command::Commit, text, "COMMIT");
        request.commits_after = commits_after;
        // No deadline: a commit that is under way decides for itself. Only who can ask elsewhere has less patience, and who
        // has nothing to be in doubt about.
        let now = Instant::now();
        let patience = match &self.begin.options {
            options if options.exactly_once => Some(now + self.patience()),
            options if options.read_only => self
                .deadline
                .map(|deadline| deadline.at.max(now + SHORTEST_RESOLVE_LIMIT)),
            _ => None,
        };
        let answer = lease.exchange_until(request, patience).await;
        let learn = |error| self.begin.route.learn(&self.member, error, self.doing());
        let answer = answer.map_err(learn);
        if lease.is_in_flight() {
            lease.mark_for_recycling(CloseReason::NotCleanable);
        }
        carrier.give_back();
        drop(carrier);
        let hooks = self.stack().end();
        let committed = match answer {
            // Nothing was to be applied, so there is nothing to be in doubt about.
            Ok(_) if self.begin.options.read_only => Ok(Committed::default()),
            Err(error) if self.begin.options.read_only && error.outcome() == Outcome::Unknown => {
                Err(match &self.deadline {
                    Some(deadline) if deadline.at <= Instant::now() => self.timed_out(deadline),
                    _ => lost_end(error),
                })
            }
            // Another primary has taken over, and may never have heard of it.
            Ok(_) if self.is_superseded() => {
                let error =
                    commit_unknown().adding("the answer came after another primary had taken over");
                self.find_out(error).await
            }
            Ok(answer) => Ok(Committed::read(&answer)),
            Err(error) if error.outcome() == Outcome::Unknown => self.find_out(error).await,
            Err(error) => Err(error),
        };
        match committed {
            Ok(committed) => {
                if !self.begin.options.read_only {
                    let position = committed.position.as_deref();
                    self.begin.route.committed(self.member.id, position);
                }
                self.span.record("wharf.transaction.outcome", "committed");
                if self.guard.is_some() {
                    sweeper::start(&self.begin.route);
                }
                hooks::run(hooks, Fate::Committed);
                Ok(committed)
            }
            Err(error) if error.outcome() == Outcome::Unknown => {
                self.span.record("wharf.transaction.outcome", "unknown");
                Err(error)
            }
            Err(error) => {
                self.note(&error);
                hooks::run(hooks, Fate::RolledBack);
                if error.kind() == ErrorKind::RolledBack {
                    return Err(error);
                }
                Err(Error::rolled_back(
                    format!("the commit was refused: {error}"),
                    error.to_shared(),
                )
                .attempting(|| "commit".into()))
            }
        }
    }

    /// Whether what was written went to a primary of the past.
    fn is_superseded(&self) -> bool {
        let router = self.begin.route.router();
        !self.begin.options.read_only && !router.is_primary(self.member.id, self.timeline)
    }

    /// How long the answer to a commit is waited for: so that at least half of the unit's time is left to ask elsewhere.
    fn patience(&self) -> Duration {
        let left = self
            .deadline
            .map(|deadline| deadline.at.saturating_duration_since(Instant::now()) / 2);
        left.map_or(COMMIT_PATIENCE, |left| {
            left.clamp(SHORTEST_RESOLVE_LIMIT, COMMIT_PATIENCE)
        })
    }

    /// Finds out what became of a commit whose answer was lost, where that can be known.
    async fn find_out(&self, error: Error) -> Result<Committed> {
        let Some(guard) = self.guard else {
            return Err(error.adding(
                "a unit that is `exactly_once`, or any on a database with `guard_commits`, could be asked about",
            ));
        };
        let error = error.with_commit_id(guard.id);
        if !self.begin.options.exactly_once {
            return Err(error.adding("`Database::resolve` can say which"));
        }
        let now = Instant::now();
        let deadline = match &self.deadline {
            Some(deadline) => deadline.at.max(now + SHORTEST_RESOLVE_LIMIT),
            None => now + RESOLVE_LIMIT,
        };
        let outcome = match Mechanism::Guard.is_on() {
            true => resolve(&self.begin.route, guard.id, deadline).await,
            false => Ok(CommitOutcome::RolledBack),
        };
        tracing::debug!(commit = %guard.id, ?outcome, "the answer to a commit was lost");
        match outcome {
            Ok(CommitOutcome::Committed) => Ok(Committed::default()),
            Ok(CommitOutcome::RolledBack) => {
                let message = "the answer was lost, and the database says that nothing was applied";
                let error = Error::new(ErrorKind::RolledBack, message)
                    .with_outcome(Outcome::RolledBack)
                    .with_commit_id(guard.id)
                    .attempting(|| "commit".into());
                Err(error.retryable())
            }
            Err(problem) => Err(error
                .adding(format_args!("nobody could be asked: {problem}"))
                .with_source(problem)),
        }
    }

    /// Keeps the value of a call under a caller's key, to be returned when the key is used again.
    pub(super) async fn keep_result(&self, result: String) -> Result<()> {
        let Some(guard) = self.guard else {
            return Ok(());
        };
        let unit = hex(&guard.id.unit);
        let attempt = i32::from(guard.id.attempt);
        let request = Request::statement(
            self.dialect,
            Operation::write("exactly_once", "UPDATE", "wharf_outcome"),
            guard_sql::keep(self.dialect),
            &[
                Param::Text(result.into()),
                Param::Text(unit.into()),
                Param::I32(attempt),
            ],
        )?;
        let mut carrier = self.ready(0).await?;
        self.perform(&mut carrier, Action::Statement { level: 0 }, request)
            .await
            .map(drop)
    }

    async fn rollback_or_warn(&self) {
        if let Err(error) = self.rollback_outermost().await {
            tracing::warn!(error = %error, "a unit of work could not be rolled back");
        }
    }

    async fn rollback_outermost(&self) -> Result<()> {
        let mut carrier = self.wire.clone().lock_owned().await;
        let _busy = carrier.slot.as_ref().map(Slot::busy);
        if let Some(lease) = &mut carrier.lease {
            // What is still out is stopped and rolled back in quarantine, where nobody has to wait for it; and a
            // rollback that fails leaves the connection there too.
            let script = lease
                .connection()
                .map(|connection| connection.rollback_script());
            if let Some(script) = script {
                let rollback = Request::control(Command::Rollback, script, "ROLLBACK");
                match tokio::time::timeout(ROLLBACK_PATIENCE, lease.exchange(rollback)).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => {
                        tracing::debug!(error = %error, "the connection is closed instead of rolled back");
                    }
                    Err(_) => tracing::debug!("the rollback is left to the quarantine"),
                }
            }
        }
        carrier.give_back();
        drop(carrier);
        let hooks = self.stack().end();
        hooks::run(hooks, Fate::RolledBack);
        Ok(())
    }

    /// The handle of a unit is gone without an end.
    pub(super) fn orphan(&self, level: LevelId) {
        if level != 0 {
            self.stack().orphan(level);
            return;
        }
        // The connection goes to quarantine at once, unless a stream or a call still holds it: then when that ends.
        let is_committing = match self.wire.try_lock() {
            Ok(mut carrier) => {
                let wire = carrier.lease.as_mut().and_then(Lease::wire);
                let is_committing = wire.and_then(|wire| wire.in_flight()) == Some(Command::Commit);
                carrier.give_back();
                is_committing
            }
            Err(_) => false,
        };
        let hooks = self.stack().end();
        if !is_committing {
            self.span.record("wharf.transaction.outcome", "rolled_back");
            hooks::run(hooks, Fate::RolledBack);
        }
    }
}

/// Nothing was to be applied, so there is nothing to be in doubt about.
fn lost_end(error: Error) -> Error {
    let message = "the connection broke at the end of a unit that only reads";
    let lost = Error::new(ErrorKind::ConnectionLost, message);
    let lost = lost.with_outcome(Outcome::RolledBack).with_source(error);
    lost.retryable()
}
