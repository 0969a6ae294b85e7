//! Savepoints: those that a program names, and those on which nested units stand.

use std::fmt;
use std::sync::{Arc, Weak};

use super::core::{Core, ended};
use crate::driver::{Command, Request};
use crate::error::{Error, ErrorKind, Result};
use crate::pool::Site;
use crate::transaction::{Action, LevelId};

/// A place in a unit of work to which it can go back; made by [`UnitOfWork::savepoint`](crate::UnitOfWork::savepoint).
#[derive(Clone)]
pub struct Savepoint {
    pub(super) name: Arc<str>,
    pub(super) number: u32,
    pub(super) core: Weak<Core>,
}

impl Savepoint {
    /// The name it was given.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Savepoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Savepoint")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Core {
    /// Opens a nested unit.
    pub(super) async fn open(&self, level: LevelId, site: Site) -> Result<LevelId> {
        self.check(level)?;
        let mut carrier = self.ready(level).await?;
        let number = self.stack().number();
        let request = Request::control(
            Command::Savepoint,
            format!("SAVEPOINT {}", name(number)),
            "SAVEPOINT",
        );
        let (answer, (opened, _)) = self
            .perform_raw(&mut carrier, Action::Open { number, site }, request)
            .await;
        answer?;
        opened.ok_or_else(ended)
    }

    /// Sets a named savepoint.
    pub(super) async fn mark(&self, level: LevelId) -> Result<u32> {
        self.check(level)?;
        let mut carrier = self.ready(level).await?;
        let number = self.stack().number();
        let request = Request::control(
            Command::Savepoint,
            format!("SAVEPOINT {}", name(number)),
            "SAVEPOINT",
        );
        self.perform(&mut carrier, Action::Mark { number, level }, request)
            .await?;
        Ok(number)
    }

    /// Goes back to a named savepoint, also from a failed statement.
    pub(super) async fn rollback_to(&self, level: LevelId, number: u32) -> Result<()> {
        let usable = |result: Result<()>| match result {
            // A failed statement is exactly what one goes back from.
            Err(error) if error.kind() == ErrorKind::RolledBack => Ok(()),
            other => other,
        };
        usable(self.check(level))?;
        let mut carrier = self.quiet().await?;
        usable(self.check(level))?;
        if !self.stack().has_mark(level, number) {
            let message =
                "the savepoint belongs to another unit of work, or was itself rolled back";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let sql = format!("ROLLBACK TO SAVEPOINT {}", name(number));
        let request = Request::control(Command::RollbackTo, sql, "ROLLBACK TO SAVEPOINT");
        self.perform(&mut carrier, Action::RollbackTo { number, level }, request)
            .await
            .map(drop)
    }
}

/// A savepoint's name on the server; never a user's text.
pub(super) fn name(number: u32) -> String {
    format!("wharf_{number}")
}

pub(super) fn undo(number: u32) -> Request {
    let name = name(number);
    let sql = format!("ROLLBACK TO SAVEPOINT {name}; RELEASE SAVEPOINT {name}");
    Request::control(Command::Undo, sql, "ROLLBACK TO SAVEPOINT")
}
