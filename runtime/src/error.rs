//! What went wrong, and what the caller can do about it. Classifies nothing: `driver/class.rs` does that, once.
//!
//! An [`Error`] answers questions instead of asking to be parsed: [`Error::kind`], [`Error::is_retryable`],
//! [`Error::outcome`], and for the kinds that carry numbers an accessor of their own.

mod commit_id;
mod constraint;
mod kind;
mod limit;

use std::fmt;
use std::sync::Arc;

pub use commit_id::CommitId;
pub use constraint::{Constraint, ConstraintKind};
pub use kind::{ErrorKind, Outcome};
pub use limit::LimitExceeded;

/// What Wharf's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a call failed.
///
/// One word wide, so that `Result`s stay small. Displays as one line: what was attempted, then what happened.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    outcome: Outcome,
    retryable: bool,
    /// What was wanted: `find accounts`, `commit`. Empty until somebody who knows adds it.
    attempted: String,
    /// What happened, as a fragment without a final dot.
    message: String,
    code: Option<String>,
    constraint: Option<Constraint>,
    limit: Option<LimitExceeded>,
    commit_id: Option<CommitId>,
    cause: Option<Arc<Error>>,
    /// The node that it happened on, where there are several.
    node: Option<Arc<str>>,
    /// What was tried before, and how each try ended.
    trail: Vec<String>,
    source: Option<Source>,
}

impl Error {
    /// An error before anything was sent; see the `with_*` methods for everything else.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            outcome: Outcome::NotSent,
            retryable: false,
            attempted: String::new(),
            message: message.into(),
            code: None,
            constraint: None,
            limit: None,
            commit_id: None,
            cause: None,
            node: None,
            trail: Vec::new(),
            source: None,
        }))
    }

    /// A limit that stands in the way.
    pub(crate) fn limit(exceeded: LimitExceeded) -> Self {
        let mut error = Self::new(ErrorKind::LimitExceeded, exceeded.to_string());
        error.0.limit = Some(exceeded);
        error
    }

    /// A unit of work that can only roll back, with the error that made it so.
    pub(crate) fn rolled_back(message: impl Into<String>, cause: Arc<Error>) -> Self {
        let mut error = Self::new(ErrorKind::RolledBack, message);
        error.0.outcome = Outcome::RolledBack;
        error.0.retryable = cause.is_retryable();
        error.0.cause = Some(cause);
        error
    }

    pub(crate) fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    pub(crate) fn retryable(mut self) -> Self {
        self.0.retryable = true;
        self
    }

    pub(crate) fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    pub(crate) fn with_constraint(mut self, constraint: Constraint) -> Self {
        self.0.constraint = Some(constraint);
        self
    }

    /// Says what the commit is called that this is about.
    pub(crate) fn with_commit_id(mut self, id: CommitId) -> Self {
        self.0.commit_id = Some(id);
        self
    }

    /// Adds to what happened: what helps, say.
    pub(crate) fn adding(mut self, more: impl fmt::Display) -> Self {
        self.0.message = format!("{}; {more}", self.0.message);
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Says which node it happened on, unless that is known already.
    pub(crate) fn on_node(mut self, name: &Arc<str>) -> Self {
        self.0.node.get_or_insert_with(|| name.clone());
        self
    }

    /// Says what was tried before.
    pub(crate) fn after(mut self, trail: Vec<String>) -> Self {
        self.0.trail.splice(0..0, trail);
        self
    }

    /// Says what was wanted, unless somebody closer to the cause said so already.
    pub(crate) fn attempting(mut self, what: impl FnOnce() -> String) -> Self {
        if self.0.attempted.is_empty() {
            self.0.attempted = what();
        }
        self
    }

    /// The kind, to match on.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same unit of work, run again from its beginning, may well succeed.
    ///
    /// True for serialization failures, deadlocks, busy databases and stale versions. Never true for a commit whose
    /// outcome is unknown.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// What is known about the effect of the call that failed.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// The engine's own code: an SQLSTATE, a MariaDB error number, or an extended SQLite code.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Which constraint was violated, when [`Error::kind`] is [`ErrorKind::Constraint`].
    pub fn constraint(&self) -> Option<&Constraint> {
        self.0.constraint.as_ref()
    }

    /// Which limit was exceeded, when [`Error::kind`] is [`ErrorKind::LimitExceeded`].
    pub fn limit_exceeded(&self) -> Option<&LimitExceeded> {
        self.0.limit.as_ref()
    }

    /// What the commit is called whose fate this is about, so that [`Database::resolve`](crate::Database::resolve) can be
    /// asked about it. `None` where nothing was written that could tell: see
    /// [`DatabaseBuilder::guard_commits`](crate::DatabaseBuilder::guard_commits).
    pub fn commit_id(&self) -> Option<CommitId> {
        self.0.commit_id
    }

    /// The error that doomed a unit of work, when [`Error::kind`] is [`ErrorKind::RolledBack`].
    pub fn cause(&self) -> Option<&Error> {
        self.0.cause.as_deref()
    }

    /// The node that it happened on, by its name; `None` where there is only one.
    pub fn node(&self) -> Option<&str> {
        self.0.node.as_deref()
    }

    /// What was tried before this, oldest first: one clause for each try that failed, or wait that was in vain.
    pub fn trail(&self) -> &[String] {
        &self.0.trail
    }

    /// A copy that can be kept while the original travels on; the source stays with the original.
    pub(crate) fn to_shared(&self) -> Arc<Error> {
        Arc::new(self.copy())
    }

    /// A copy for somebody else who failed for the same reason.
    pub(crate) fn copy(&self) -> Self {
        Self(Box::new(Inner {
            kind: self.0.kind,
            outcome: self.0.outcome,
            retryable: self.0.retryable,
            attempted: self.0.attempted.clone(),
            message: self.0.message.clone(),
            code: self.0.code.clone(),
            constraint: self.0.constraint.clone(),
            limit: self.0.limit.clone(),
            commit_id: self.0.commit_id,
            cause: self.0.cause.clone(),
            node: self.0.node.clone(),
            trail: self.0.trail.clone(),
            source: None,
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.attempted.is_empty() {
            write!(f, "{}: ", self.0.attempted)?;
        }
        f.write_str(&self.0.message)?;
        if let Some(node) = &self.0.node {
            write!(f, " (on {node})")?;
        }
        if !self.0.trail.is_empty() {
            write!(f, "; before that: {}", self.0.trail.join("; "))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug
            .field("kind", &self.0.kind)
            .field("message", &format_args!("{self}"))
            .field("outcome", &self.0.outcome)
            .field("retryable", &self.0.retryable);
        if let Some(code) = &self.0.code {
            debug.field("code", code);
        }
        if let Some(cause) = &self.0.cause {
            debug.field("cause", cause);
        }
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match (&self.0.cause, &self.0.source) {
            (Some(cause), _) => Some(cause.as_ref()),
            (None, Some(source)) => Some(source.as_ref()),
            (None, None) => None,
        }
    }
}
