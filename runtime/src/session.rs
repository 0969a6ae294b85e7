//! Who is asking: identity, limits, and what has been used of them. Holds no connection between calls.

mod charge;
mod ledger;
mod limits;
mod slots;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub(crate) use charge::Charge;
use ledger::Ledger;
pub use ledger::Usage;
pub use limits::{Limits, Remaining};
use slots::Slots;
pub(crate) use slots::{Busy, Slot};

use crate::error::{Error, ErrorKind, Result};
use crate::policy::time_limit::{Deadline, TimeLimit};
use crate::pool::{AcquireOptions, Caller, PartitionKey, Position, Priority, Purpose, Site};
use crate::routing::{Explanation, Route, Routing};
use crate::topology::CausalToken;

/// The longest name that a session may have.
const LONGEST_NAME: usize = 128;

/// One client among many: an agent, a user, a job. A handle: clones are the same session.
///
/// It can be passed wherever a [`Database`](crate::Database) can, and everything then runs under its identity and
/// within its limits. Between calls it holds no connection.
#[derive(Clone)]
pub struct Session {
    shared: Arc<Shared>,
    route: Route,
}

struct Shared {
    caller: Arc<Caller>,
    limits: Limits,
    acquire_timeout: Duration,
    slots: Slots,
    /// Guards the counters.
    ledger: Mutex<Ledger>,
}

impl Session {
    /// Who is asking.
    pub fn name(&self) -> &str {
        &self.shared.caller.name
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

    /// Its calls that wait for a connection: how many go first, and how long it may take. Empty while none waits.
    pub fn waiting(&self) -> Vec<Position> {
        self.route.router().cluster().positions(&self.shared.caller)
    }

    /// Ends it: waiting calls fail, running statements are stopped on the server, units of work are rolled back (at once where
    /// they idle, else a second after they have come to rest at most), and every later call fails with
    /// [`ErrorKind::Cancelled`] and this reason, a commit too. One that is under way is not stopped.
    pub fn kill(&self, reason: &str) {
        self.shared.caller.end(reason);
        self.shared.slots.close();
        let reason = format!("session {} was killed: {reason}", self.name());
        let cluster = self.route.router().cluster();
        cluster.kill(&self.shared.caller, &reason);
    }

    /// The same session with other wishes for its reads, which lie over those that it has: for one call, say.
    ///
    /// What it has used, and what it must not read behind, is one.
    pub fn routed(&self, wishes: impl Into<Routing>) -> Self {
        Self {
            shared: self.shared.clone(),
            route: self.route.wishing(&wishes.into()),
        }
    }

    /// Where a read of its would go now, why, and why not to the other nodes.
    pub fn explain_read(&self) -> Explanation {
        self.route.router().explain(&self.route, Instant::now())
    }

    /// What it must not read behind, for whoever goes on where it stopped: another session, here or in another process.
    /// `None` when it has seen nothing yet, and where there is a single node.
    pub fn token(&self) -> Option<CausalToken> {
        self.route.token()
    }

    /// Never reads behind what somebody else has seen, from now on.
    ///
    /// A token is untrusted input: one from far ahead of the database makes reads wait for
    /// [`Routing::causal_wait`](crate::Routing::causal_wait) and then go to the primary, and does no other harm.
    ///
    /// # Errors
    /// [`ErrorKind::ForeignCluster`] for the token of another cluster or engine.
    pub fn observe(&self, token: &CausalToken) -> Result<()> {
        self.route.observe(token)
    }

    /// Whether it hasn't been killed.
    pub(crate) fn check(&self) -> Result<()> {
        self.shared.caller.check()
    }

    pub(crate) fn route(&self) -> &Route {
        &self.route
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        self.shared.caller.name.clone()
    }

    /// Counts an operation that is about to run.
    pub(crate) fn charge_operation(&self) -> Result<Charge<'_>> {
        self.check()?;
        let limits = &self.shared.limits;
        self.ledger(|ledger| ledger.charge_operation(limits, self.name()))?;
        Ok(Charge::of(self))
    }

    /// Takes an operation back that was counted and never sent.
    fn refund_operation(&self) {
        self.ledger(Ledger::refund_operation);
    }

    pub(crate) fn count_transaction(&self) {
        self.ledger(Ledger::count_transaction);
    }

    /// How long each of its statements may take.
    pub(crate) fn statement_limit(&self) -> Option<TimeLimit> {
        TimeLimit::tightest(
            self.route.router().statement_limit(),
            self.shared.limits.statement_limit(),
        )
    }

    /// How long each of its units of work may take.
    pub(crate) fn transaction_limit(&self) -> Option<TimeLimit> {
        self.shared.limits.transaction_limit()
    }

    /// What a call is told that ran into a deadline, counted if that was a limit of the session.
    fn explain(&self, deadline: &Deadline, error: Error) -> Error {
        let explained = deadline.explain(Instant::now(), Some(self.name()), error);
        self.ledger(|ledger| ledger.refuse(explained))
    }

    /// Takes one of the session's connections, or waits until one is free.
    pub(crate) async fn slot(&self, options: &AcquireOptions) -> Result<Slot> {
        self.check()?;
        let deadline = Instant::now() + self.shared.acquire_timeout;
        let deadline = options
            .deadline
            .map_or(deadline, |other| other.min(deadline));
        let slot = self.shared.slots.take(self.name(), options, deadline).await;
        self.check()?;
        slot.map_err(|refusal| self.ledger(|ledger| ledger.refuse(refusal)))
    }

    /// How a connection for this session is asked for.
    pub(crate) fn acquire_options(&self, site: Site, purpose: Purpose) -> AcquireOptions {
        AcquireOptions {
            caller: Some(self.shared.caller.clone()),
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

/// What a call is told that ran into a deadline, in a session or outside of any.
pub(crate) fn explain(session: Option<&Session>, deadline: &Deadline, error: Error) -> Error {
    match session {
        Some(session) => session.explain(deadline, error),
        None => deadline.explain(Instant::now(), None, error),
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("name", &self.name())
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
    priority: Priority,
    partitions: Vec<PartitionKey>,
    route: Route,
    acquire_timeout: Duration,
}

impl SessionBuilder {
    pub(crate) fn new(name: String, route: Route, acquire_timeout: Duration) -> Self {
        Self {
            name,
            limits: Limits::new(),
            priority: Priority::default(),
            partitions: Vec::new(),
            route,
            acquire_timeout,
        }
    }

    /// What the session may use. Default: no limit beyond the pool's.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How urgent its calls are when callers have to wait for a connection. Default: [`Priority::Normal`].
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// A group that it belongs to, whose limits hold for it too: see [`PoolConfig::partition`](crate::PoolConfig::partition).
    /// May be called for several.
    pub fn partition(mut self, key: PartitionKey) -> Self {
        self.partitions.push(key);
        self
    }

    /// What its reads go by, over what the database's go by. Default: the database's.
    pub fn routing(mut self, wishes: impl Into<Routing>) -> Self {
        self.route = self.route.wishing(&wishes.into());
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
                caller: Arc::new(Caller::new(
                    self.name.into(),
                    self.priority,
                    self.partitions,
                )),
                limits: self.limits,
                acquire_timeout: self.acquire_timeout,
                ledger: Mutex::default(),
            }),
            route: self.route,
        })
    }
}
