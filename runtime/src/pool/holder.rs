//! Who holds a connection: what the errors of a pool are made of.

use std::backtrace::Backtrace;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::site::{Runner, Site};
use crate::clock::Time;
use crate::driver::Stopper;

/// A connection can be taken away from whoever holds it and doesn't use it now.
pub(crate) trait Reclaim: Send + Sync {
    /// Gives the connection back, if no statement runs on it. Whoever held it is told `reason` at its next use.
    fn reclaim(&self, reason: &str) -> bool;
}

/// Who holds a connection, and since when.
#[derive(Clone)]
pub(crate) struct Holder {
    pub(crate) site: Site,
    pub(crate) session: Option<Arc<str>>,
    pub(crate) runner: Runner,
    /// Whether it is kept over several statements.
    pub(crate) is_unit: bool,
    pub(crate) since: Time,
    /// The last statement that was sent: `Accounts::find`.
    pub(crate) statement: Option<&'static str>,
    pub(crate) backtrace: Option<Arc<Backtrace>>,
    pub(crate) reclaim: Option<Weak<dyn Reclaim>>,
    /// Stops what runs on the connection.
    pub(crate) stopper: Stopper,
    /// Whether it has been reported as a leak.
    pub(crate) is_reported: bool,
}

impl Holder {
    pub(crate) fn held(&self, now: Time) -> Duration {
        now.since(self.since)
    }

    /// "by `Bank::transfer` at src/bank.rs:17 for 41 s"
    pub(crate) fn describe(&self, now: Time) -> String {
        let session = self
            .session
            .as_ref()
            .map(|name| format!(" of session {name}"))
            .unwrap_or_default();
        let statement = self
            .statement
            .filter(|name| *name != self.site.name)
            .map(|name| format!(" (last statement `{name}`)"))
            .unwrap_or_default();
        format!(
            "by {}{session} for {:.1?}{statement}",
            self.site,
            self.held(now)
        )
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holder")
            .field("site", &self.site)
            .field("session", &self.session)
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}
