//! Who is asking: identity, limits, and what has been used of them. Holds no connection between calls.

mod ledger;
mod limits;
mod slots;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ledger::Ledger;
pub use ledger::Usage;
pub use limits::{Limits, Remaining};
pub(crate) use slots::Slot;
use slots::Slots;

use crate::error::{Error, ErrorKind, Result};
use crate::pool::{AcquireOptions, Purpose, Site};
use crate::topology::Node;

/// The longest name that a session may have.
const LONGEST_NAME: usize = 128;

/// One client among many: an agent, a user, a job. A handle: clones are the same session.
///
/// It can be passed wherever a [`Database`](crate::Database) can, and everything then runs under its identity and
/// within its limits. Between calls it holds no connection.
#[derive(Clone)]
pub struct Session {
    shared: Arc<Shared>,
}

struct Shared {
    name: Arc<str>,
    limits: Limits,
    node: Arc<Node>,
    acquire_timeout: Duration,
    slots: Slots,
    /// Guards the counters.
    ledger: Mutex<Ledger>,
}

impl Session {
    /// Who is asking.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// What it may use.
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// What it has used.
    pub fn usage(&self) -> Usage {
        let connections = self.shared.slots.in_use();
        Usage {
            connections,
            ..self.ledger(|ledger| ledger.usage())
        }
    }

    /// What is left.
    pub fn remaining(&self) -> Remaining {
        self.shared.limits.remaining(&self.usage())
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.shared.node
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        self.shared.name.clone()
    }

    /// Counts an operation that is about to run.
    pub(crate) fn charge_operation(&self) -> Result<()> {
        let limits = &self.shared.limits;
        self.ledger(|ledger| ledger.charge_operation(limits, &self.shared.name))
    }

    /// Takes an operation back that was counted and never sent.
    pub(crate) fn refund_operation(&self) {
        self.ledger(Ledger::refund_operation);
    }

    pub(crate) fn count_transaction(&self) {
        self.ledger(Ledger::count_transaction);
    }

    /// Takes one of the session's connections, or waits until one is free.
    pub(crate) async fn slot(&self, options: &AcquireOptions) -> Result<Slot> {
        let deadline = Instant::now() + self.shared.acquire_timeout;
        let deadline = options
            .deadline
            .map_or(deadline, |other| other.min(deadline));
        let refused = |refusal| self.ledger(|ledger| ledger.refuse(refusal));
        self.shared
            .slots
            .take(&self.shared.name, options, deadline)
            .await
            .map_err(refused)
    }

    /// How a connection for this session is asked for.
    pub(crate) fn acquire_options(&self, site: Site, purpose: Purpose) -> AcquireOptions {
        AcquireOptions {
            session: Some(self.shared_name()),
            ..AcquireOptions::new(site, purpose)
        }
    }

    fn ledger<T>(&self, with: impl FnOnce(&mut Ledger) -> T) -> T {
        // A counter that was being raised when somebody panicked is still a counter.
        with(
            &mut self
                .shared
                .ledger
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("name", &self.shared.name)
            .field("limits", &self.shared.limits)
            .field("usage", &self.usage())
            .finish()
    }
}

/// A session that is being described; made by [`Database::session`](crate::Database::session).
#[derive(Debug)]
#[must_use = "a session begins with `open`"]
pub struct SessionBuilder {
    name: String,
    limits: Limits,
    node: Arc<Node>,
    acquire_timeout: Duration,
}

impl SessionBuilder {
    pub(crate) fn new(name: String, node: Arc<Node>, acquire_timeout: Duration) -> Self {
        Self {
            name,
            limits: Limits::new(),
            node,
            acquire_timeout,
        }
    }

    /// What the session may use. Default: no limit beyond the pool's.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Opens the session. Talks to nobody: a session costs nothing until it asks for something.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when the name is empty or too long, or a limit is zero; all problems at once.
    pub fn open(self) -> Result<Session> {
        let mut problems = self.limits.problems();
        if self.name.trim().is_empty() || self.name.len() > LONGEST_NAME {
            let length = self.name.len();
            problems.push(format!(
                "the name has {length} bytes, and 1 to {LONGEST_NAME} are allowed"
            ));
        }
        if !problems.is_empty() {
            let error = Error::new(ErrorKind::Configuration, problems.join("; "));
            return Err(error.attempting(|| format!("open session `{}`", self.name)));
        }
        Ok(Session {
            shared: Arc::new(Shared {
                slots: Slots::new(self.limits.max_connections),
                name: self.name.into(),
                limits: self.limits,
                node: self.node,
                acquire_timeout: self.acquire_timeout,
                ledger: Mutex::default(),
            }),
        })
    }
}
