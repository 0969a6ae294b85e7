//! What can be said about where calls go: for a database, for a session, for one call.
#![deny(clippy::disallowed_methods)]

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::policy::hedge::Hedge;
use crate::policy::rendezvous::Key;
use crate::policy::time_limit::{LONGEST, SHORTEST};

/// How much of the past a read may show. Writes always go to the primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Consistency {
    /// Whatever the node that answers knows, however old.
    Any,
    /// Nothing older than this, by what is known of the node's lag; a node whose lag is unknown isn't asked. From 1 ms to
    /// 7 days.
    BoundedStaleness(Duration),
    /// All that the session itself has committed, and nothing older than what it has read: a replica that isn't there yet
    /// is waited for a little, then the primary answers.
    #[default]
    ReadYourWrites,
    /// All that is committed: reads go to the primary too.
    Primary,
}

/// Which of several nodes that are all good enough serves a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Strategy {
    /// One after the other.
    RoundRobin,
    /// The one that serves the fewest calls of this program; among several, any.
    LeastInUse,
    /// Any, as often as its weight says.
    Weighted,
    /// Any, more often the faster it has answered of late, and by its weight.
    Latency,
    /// Of two that are drawn, the one that is likely to be done sooner: by its calls under way, its latency and its weight.
    #[default]
    Adaptive,
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RoundRobin => "round robin",
            Self::LeastInUse => "least in use",
            Self::Weighted => "weighted",
            Self::Latency => "by latency",
            Self::Adaptive => "adaptive",
        })
    }
}

/// Where calls go.
///
/// What isn't set here is as the session has it, else the database, else the default.
///
/// ```
/// # use std::time::Duration;
/// # use wharf::{Consistency, Routing};
/// let reports = Routing::new().consistency(Consistency::Any).tag("analytics");
/// let nearby = Routing::new().zone("eu-1").max_lag(Duration::from_secs(5));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Routing {
    consistency: Option<Consistency>,
    strategy: Option<Strategy>,
    zone: Option<Arc<str>>,
    tags: Vec<Arc<str>>,
    max_lag: Option<Duration>,
    causal_wait: Option<Duration>,
    sticky: Option<Arc<str>>,
    hedge: Option<Hedge>,
}

/// A [`Routing`] in which nothing is left open.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rules {
    pub(crate) consistency: Consistency,
    pub(crate) strategy: Strategy,
    pub(crate) zone: Option<Arc<str>>,
    /// All of which a node must have.
    pub(crate) tags: Vec<Arc<str>>,
    /// The tighter one of the maximum lag and the bound on staleness.
    pub(crate) max_lag: Option<Duration>,
    pub(crate) causal_wait: Duration,
    pub(crate) sticky: Option<Key>,
    pub(crate) hedge: Option<Hedge>,
}

impl From<Consistency> for Routing {
    fn from(consistency: Consistency) -> Self {
        Self::new().consistency(consistency)
    }
}

impl Rules {
    /// Whether reads go by what their caller has seen.
    pub(crate) fn reads_own_writes(&self) -> bool {
        self.consistency == Consistency::ReadYourWrites
    }
}

impl Routing {
    /// Nineteen of twenty replicas under load have applied a commit within 15 ms; who isn't there by now is held up.
    const CAUSAL_WAIT: Duration = Duration::from_millis(50);
    const LONGEST_CAUSAL_WAIT: Duration = Duration::from_secs(60 * 60);

    /// Leaves everything open.
    pub fn new() -> Self {
        Self::default()
    }

    /// How much of the past reads may show. Default: [`Consistency::ReadYourWrites`].
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = Some(consistency);
        self
    }

    /// Which of several good nodes serves a read. Default: [`Strategy::Adaptive`].
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = Some(strategy);
        self
    }

    /// Where the program runs: among nodes of equal priority, those of the same zone serve its reads, and others only if
    /// none of them can.
    ///
    /// Default: nowhere, and all zones are alike.
    pub fn zone(mut self, zone: impl Into<Arc<str>>) -> Self {
        self.zone = Some(zone.into());
        self
    }

    /// What a node must be tagged with to serve a read; called again, it must have that tag too.
    ///
    /// It holds for the primary as well: tag it, if it is to stand in for a replica. Writes have no choice, and go to the
    /// primary whatever its tags. A tag that no node has is an error.
    ///
    /// Default: none.
    pub fn tag(mut self, tag: impl Into<Arc<str>>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// How far a replica may be behind to serve a read; one whose lag is unknown doesn't.
    ///
    /// Default: any lag. From 1 ms to 7 days.
    pub fn max_lag(mut self, lag: Duration) -> Self {
        self.max_lag = Some(lag);
        self
    }

    /// How long a read waits for a replica to reach what its session has seen, before the primary serves it.
    ///
    /// Default: 50 ms. With zero it doesn't wait. At most 1 h.
    pub fn causal_wait(mut self, wait: Duration) -> Self {
        self.causal_wait = Some(wait);
        self
    }

    /// Sends all reads with the same key to the same node, as long as it can serve them, so that what it has in memory is
    /// of use. When nodes come and go, few keys move.
    ///
    /// Default: none, and the strategy chooses.
    pub fn sticky(mut self, key: impl Into<Arc<str>>) -> Self {
        self.sticky = Some(key.into());
        self
    }

    /// Sends a read to a second node if the first takes long. Default: never.
    pub fn hedge(mut self, hedge: Hedge) -> Self {
        self.hedge = Some(hedge);
        self
    }

    /// What is set here, and what `base` has set beyond it. Tags aren't added up: those of `base` count if there are none
    /// here.
    pub(crate) fn over(&self, base: &Self) -> Self {
        let tags = if self.tags.is_empty() {
            &base.tags
        } else {
            &self.tags
        };
        Self {
            consistency: self.consistency.or(base.consistency),
            strategy: self.strategy.or(base.strategy),
            zone: self.zone.as_ref().or(base.zone.as_ref()).cloned(),
            tags: tags.clone(),
            max_lag: self.max_lag.or(base.max_lag),
            causal_wait: self.causal_wait.or(base.causal_wait),
            sticky: self.sticky.as_ref().or(base.sticky.as_ref()).cloned(),
            hedge: self.hedge.or(base.hedge),
        }
    }

    /// The defaults for all that is left open.
    pub(crate) fn rules(&self) -> Rules {
        let consistency = self.consistency.unwrap_or_default();
        let staleness = match consistency {
            Consistency::BoundedStaleness(bound) => Some(bound),
            _ => None,
        };
        Rules {
            consistency,
            strategy: self.strategy.unwrap_or_default(),
            zone: self.zone.clone(),
            tags: self.tags.clone(),
            max_lag: [self.max_lag, staleness].into_iter().flatten().min(),
            causal_wait: self.causal_wait.unwrap_or(Self::CAUSAL_WAIT),
            sticky: self.sticky.as_deref().map(Key::of),
            hedge: self.hedge,
        }
    }

    /// Everything that is wrong.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let names = [("zone", &self.zone), ("sticky", &self.sticky)];
        let names = names
            .into_iter()
            .filter_map(|(what, name)| Some((what, name.as_ref()?)));
        let tags = self.tags.iter().map(|tag| ("tag", tag));
        for (what, name) in names.chain(tags) {
            if name.is_empty() {
                problems.push(format!(
                    "{what} is empty, and at least one character is needed"
                ));
            }
        }
        let staleness = match self.consistency {
            Some(Consistency::BoundedStaleness(bound)) => Some(bound),
            _ => None,
        };
        for (name, lag) in [("max_lag", self.max_lag), ("bounded staleness", staleness)] {
            if let Some(lag) = lag
                && (lag < SHORTEST || lag > LONGEST)
            {
                problems.push(format!(
                    "{name} is {lag:?}, and {SHORTEST:?} to 7 days is allowed"
                ));
            }
        }
        if let Some(wait) = self.causal_wait
            && wait > Self::LONGEST_CAUSAL_WAIT
        {
            problems.push(format!("causal_wait is {wait:?}, and 0 to 1 h is allowed"));
        }
        problems.extend(self.hedge.iter().flat_map(Hedge::problems));
        problems
    }
}

#[cfg(test)]
mod tests;
