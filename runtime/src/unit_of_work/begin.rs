//! How a transaction is to begin, and when it must have ended.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::policy::time_limit::{Deadline, SetBy, Subject, TimeLimit};
use crate::pool::Site;
use crate::session::Session;
use crate::topology::Node;
use crate::transaction::TransactionOptions;

/// How a transaction is to begin.
#[derive(Debug)]
pub(crate) struct Begin {
    pub(crate) node: Arc<Node>,
    pub(crate) session: Option<Session>,
    pub(crate) options: TransactionOptions,
    pub(crate) site: Site,
    pub(crate) deadline: Option<Instant>,
}

impl Begin {
    /// When what begins now must have ended.
    pub(super) fn deadline(&self) -> Option<Deadline> {
        let own = self.deadline.map(|at| {
            let allowed = self.options.timeout.unwrap_or_default();
            Deadline::at(
                at,
                TimeLimit::new(Subject::Transaction, SetBy::Program, allowed),
            )
        });
        let limit = self.session.as_ref().and_then(Session::transaction_limit);
        Deadline::earliest(own, limit.map(|limit| limit.from(Instant::now())))
    }

    /// What a call is told that ran into a deadline.
    pub(super) fn explain(&self, deadline: &Deadline, error: Error) -> Error {
        match &self.session {
            Some(session) => session.explain(deadline, error),
            None => deadline.explain(Instant::now(), None, error),
        }
    }

    /// What a call is told that a deadline cut short.
    pub(super) fn timed_out(&self, deadline: &Deadline) -> Error {
        let error = Error::new(ErrorKind::Timeout, "the unit of work's time is up");
        self.explain(deadline, error.with_outcome(Outcome::RolledBack))
    }

    /// Runs something until a deadline. What it left on the wire is finished by whoever comes next.
    pub(super) async fn within<T>(
        &self,
        deadline: Option<Deadline>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        match deadline {
            Some(deadline) => tokio::time::timeout_at(deadline.at.into(), work)
                .await
                .unwrap_or_else(|_| Err(self.timed_out(&deadline))),
            None => work.await,
        }
    }
}
