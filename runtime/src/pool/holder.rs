//! Who holds a connection: what the errors of a pool are made of.

use std::backtrace::Backtrace;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::site::{Runner, Site};
use crate::clock::Time;
use crate::driver::Stop;

/// A connection can be taken away from whoever holds it and doesn't use it now.
pub(crate) trait Reclaim: Send + Sync {
    /// Gives the connection back, if no statement runs on it. Whoever held it is told `reason` at its next use.
    fn reclaim(&self, reason: &str) -> bool;

    /// The same at the deadline that the holder has named, or after a kill.
    fn expire(&self) -> bool;
}

/// Who holds a connection, and since when.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) site: Site,
    pub(crate) session: Option<Arc<str>>,
    /// What runs a unit of work, which keeps it over several statements; `None` for a single statement.
    pub(crate) unit_of: Option<Runner>,
    pub(crate) since: Time,
    /// What few holders have.
    pub(crate) more: Option<Box<More>>,
}

/// What few holders have.
#[derive(Clone, Default)]
pub(crate) struct More {
    pub(crate) backtrace: Option<Arc<Backtrace>>,
    pub(crate) reclaim: Option<Weak<dyn Reclaim>>,
    /// When the connection is to be taken back at the latest, if nothing runs on it.
    pub(crate) deadline: Option<Time>,
    /// When the last of its statements that was given a time is to be stopped, if it still runs.
    pub(crate) stops: Option<(Time, Stop)>,
    /// Whether it has been reported as a leak.
    pub(crate) is_reported: bool,
}

impl Holder {
    pub(crate) fn held(&self, now: Time) -> Duration {
        now.since(self.since)
    }

    pub(crate) fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    /// Takes the connection away, if it isn't used; `reason` is what the holder is told.
    pub(crate) fn reclaim(&self, reason: &str) -> bool {
        self.unit().is_some_and(|unit| unit.reclaim(reason))
    }

    /// Takes the connection away whose holder's time is up, if it isn't used.
    pub(crate) fn expire(&self, now: Time) -> bool {
        let deadline = self.more.as_ref().and_then(|more| more.deadline);
        let is_past = deadline.is_some_and(|deadline| now >= deadline);
        is_past && self.unit().is_some_and(|unit| unit.expire())
    }

    /// The statement that should have ended by now.
    pub(crate) fn late_statement(&self, now: Time) -> Option<Stop> {
        let (deadline, stop) = self.more.as_ref()?.stops.as_ref()?;
        (now >= *deadline).then(|| stop.clone())
    }

    fn unit(&self) -> Option<Arc<dyn Reclaim>> {
        self.more.as_ref()?.reclaim.as_ref()?.upgrade()
    }

    /// "by `Bank::transfer` at src/bank.rs:17 for 41 s (last statement `Accounts::update`)"
    pub(crate) fn describe(&self, now: Time, statement: Option<&str>) -> String {
        let session = self
            .session
            .as_ref()
            .map(|name| format!(" of session {name}"))
            .unwrap_or_default();
        let statement = statement
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

impl fmt::Debug for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("More")
            .field("is_reported", &self.is_reported)
            .finish_non_exhaustive()
    }
}
