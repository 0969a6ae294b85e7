//! How a transaction is to begin, and when it must have ended.

use std::collections::hash_map::RandomState;
use std::future::Future;
use std::hash::BuildHasher;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::resolver::since_1970;
use crate::error::{CommitId, Error, ErrorKind, Outcome, Result};
use crate::policy::time_limit::{Deadline, SetBy, Subject, TimeLimit};
use crate::pool::Site;
use crate::routing::Route;
use crate::session::{Session, explain};
use crate::transaction::{GuardRow, TransactionOptions};

/// How a transaction is to begin.
#[derive(Debug)]
pub(crate) struct Begin {
    pub(crate) route: Route,
    pub(crate) session: Option<Session>,
    pub(crate) options: TransactionOptions,
    pub(crate) site: Site,
    pub(crate) deadline: Option<Instant>,
    /// The guard row of a call under a caller's key; others get one where they need it.
    pub(crate) guard: Option<GuardRow>,
}

impl Begin {
    /// As the options say, with all the time that they give from now on.
    pub(crate) fn new(
        route: Route,
        session: Option<Session>,
        options: TransactionOptions,
        site: Site,
    ) -> Self {
        Self {
            route,
            session,
            deadline: options.deadline_from(Instant::now()),
            options,
            site,
            guard: None,
        }
    }

    /// The row that is to tell whether this was committed.
    pub(super) fn guard(&self) -> Option<GuardRow> {
        let is_guarded = !self.options.read_only
            && (self.options.exactly_once || self.route.router().guarding().every_unit);
        self.guard.or_else(|| {
            is_guarded.then(|| GuardRow {
                id: CommitId::new(new_unit(), 1, since_1970()),
                fingerprint: None,
            })
        })
    }

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
        explain(self.session.as_ref(), deadline, error)
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

/// A number that no other unit has, in this process or another one: 128 bits of what the system calls random, of a counter,
/// and of the time, for machines that are copied while they run.
fn new_unit() -> [u8; 16] {
    static SEED: OnceLock<[u64; 2]> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let seed = SEED.get_or_init(|| [0u8, 1].map(|half| RandomState::new().hash_one(half)));
    let mut hash = Sha256::new();
    for word in seed {
        hash.update(word.to_le_bytes());
    }
    hash.update(COUNT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    hash.update(since_1970().as_nanos().to_le_bytes());
    let mut unit = [0; 16];
    unit.copy_from_slice(&hash.finalize()[..16]);
    unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_units_have_the_same_number() {
        let units: std::collections::HashSet<_> = (0..10_000).map(|_| new_unit()).collect();
        assert_eq!(units.len(), 10_000);
    }
}
