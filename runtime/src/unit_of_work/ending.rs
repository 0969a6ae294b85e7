//! How a unit of work ends: committed, released into the one around it, or undone.

use std::time::Instant;

use super::core::Core;
use super::hooks::{self, Fate};
use super::savepoint::{name, undo};
use crate::driver::{Command, Request};
use crate::error::{Error, Outcome, Result};
use crate::pool::Lease;
use crate::transaction::{Action, LevelId, Refusal, TransactionOptions};

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
        if self
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline.at)
        {
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

    pub(super) async fn commit(&self, level: LevelId) -> Result<()> {
        self.check_streams()?;
        if level == 0 {
            self.commit_outermost().await
        } else {
            self.release(level).await
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

    async fn commit_outermost(&self) -> Result<()> {
        let mut carrier = self.quiet().await?;
        let verdict = self.stack().check(0);
        if let Err(Refusal::Doomed { cause }) = verdict {
            drop(carrier);
            if let Err(error) = self.rollback_outermost().await {
                tracing::warn!(error = %error, "a unit of work could not be rolled back");
            }
            return Err(Error::rolled_back(
                format!("the unit of work was rolled back: {cause}"),
                cause,
            )
            .attempting(|| "commit".into()));
        }
        self.check(0)?;
        let Some(lease) = &mut carrier.lease else {
            return Ok(());
        };
        let bypassed = lease
            .connection()
            .is_some_and(|connection| connection.bypassed);
        // An error that somebody swallowed on the raw connection makes PostgreSQL answer ROLLBACK to COMMIT, and sqlx say
        // Ok. The statement before it fails then, and the COMMIT is not run.
        let sql = TransactionOptions::commit_sql(
            self.dialect,
            bypassed || self.statement_limit.is_some(),
        );
        // No deadline: a commit that is under way decides for itself.
        let answer = lease
            .exchange(Request::control(Command::Commit, sql, "COMMIT"))
            .await;
        carrier.give_back();
        drop(carrier);
        let hooks = self.stack().end();
        match answer {
            Ok(_) => {
                self.span.record("wharf.transaction.outcome", "committed");
                hooks::run(hooks, Fate::Committed);
                Ok(())
            }
            Err(error) if error.outcome() == Outcome::Unknown => {
                self.span.record("wharf.transaction.outcome", "unknown");
                Err(error)
            }
            Err(error) => {
                self.note(&error);
                hooks::run(hooks, Fate::RolledBack);
                Err(Error::rolled_back(
                    format!("the commit was refused: {error}"),
                    error.to_shared(),
                )
                .attempting(|| "commit".into()))
            }
        }
    }

    async fn rollback_outermost(&self) -> Result<()> {
        let mut carrier = self.wire.clone().lock_owned().await;
        if let Some(lease) = &mut carrier.lease {
            // What is still out is stopped and rolled back in quarantine, where nobody has to wait for it; and a
            // rollback that fails leaves the connection there too.
            let script = lease
                .connection()
                .map(|connection| connection.rollback_script());
            if let Some(script) = script {
                let rollback = Request::control(Command::Rollback, script, "ROLLBACK");
                if let Err(error) = lease.exchange(rollback).await {
                    tracing::debug!(error = %error, "the connection is closed instead of rolled back");
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
