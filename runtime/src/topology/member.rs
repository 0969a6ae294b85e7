//! One node as a part of a cluster: its pools, and what is learnt by using it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::config::NodeConfig;
use super::node::Node;
use super::view::NodeId;
use crate::driver::{Position, Role};
use crate::error::Result;
use crate::policy::breaker::{Breaker, BreakerConfig, BreakerState, CallEnd, Door, Pass, Rejected};
use crate::policy::latency::{Latency, Measured};

/// What somebody has a breaker do by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BreakerCommand {
    /// Nothing passes, until another command.
    ForceOpen,
    /// Everything passes, whatever fails, until another command.
    ForceClosed,
    /// Closed, and everything that was seen is forgotten.
    Reset,
}

/// One node as a part of a cluster.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: NodeId,
    pub(crate) name: Arc<str>,
    pub(crate) config: NodeConfig,
    pub(crate) node: Node,
    /// Has the monitor look now instead of later.
    pub(super) poke: Notify,
    /// Ends the monitor.
    is_removed: AtomicBool,
    /// Guards what was seen of it, for moments.
    looks: Mutex<Looks>,
    /// Guards what its calls told.
    conduct: Mutex<Conduct>,
    /// Follows the breaker, whenever that was held.
    door: Door,
}

/// Where a node was, and since when that is known to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) position: Position,
    /// When the question went out: everything that was seen before that is at or before the position.
    pub(crate) asked_at: Instant,
    /// When the answer came in.
    pub(crate) answered_at: Instant,
    /// Under which picture of the cluster; positions of different timelines don't compare.
    pub(crate) timeline: Option<u32>,
}

/// What was seen of a node, and what somebody would like to see.
#[derive(Debug, Default)]
struct Looks {
    last: Option<Sample>,
    /// The last one at which it took writes.
    last_writable: Option<Sample>,
    /// When somebody last wanted to see more.
    wanted_at: Option<Instant>,
}

/// How often callers may have a node looked at.
const SOON: Duration = Duration::from_millis(20);

/// What a node's calls told about it.
#[derive(Debug)]
struct Conduct {
    breaker: Breaker,
    latency: Latency,
}

impl Member {
    pub(super) fn new(
        id: NodeId,
        config: NodeConfig,
        node: Node,
        breaker: BreakerConfig,
        now: Instant,
    ) -> Self {
        let breaker = Breaker::new(breaker);
        Self {
            id,
            door: Door::of(&breaker),
            name: config.shown_name().into(),
            config,
            node,
            poke: Notify::new(),
            is_removed: AtomicBool::new(false),
            looks: Mutex::default(),
            conduct: Mutex::new(Conduct {
                breaker,
                latency: Latency::new(now),
            }),
        }
    }

    /// Whether a call may be sent to it, as far as its breaker is concerned.
    ///
    /// # Errors
    /// When it may be sent one again; `None` when that is for somebody to decide by hand.
    pub(crate) fn may_pass(&self, now: Instant) -> Result<Pass, Option<Instant>> {
        if let Some(pass) = self.door.pass() {
            return Ok(pass);
        }
        let breaker = &mut self.conduct().breaker;
        let pass = breaker.may_pass(now);
        self.door.follow(breaker);
        pass.map_err(|rejected| rejected.retry_at)
    }

    /// Has the monitor look now instead of later.
    pub(super) fn look_now(&self) {
        self.poke.notify_one();
    }

    /// What connections to it are opened for: a file that somebody else writes is only read.
    pub(super) fn role(&self) -> Role {
        match self.config.is_copy() {
            true => Role::Reader,
            false => Role::Writer,
        }
    }

    /// The same, without a call being sent.
    pub(crate) fn would_pass(&self, now: Instant) -> Result<(), Rejected> {
        match self.door.pass() {
            Some(_) => Ok(()),
            None => self.conduct().breaker.would_pass(now),
        }
    }

    /// A call on it has ended.
    pub(crate) fn record(&self, now: Instant, pass: Pass, end: CallEnd, took: Duration) {
        let mut conduct = self.conduct();
        let change = conduct.breaker.record(now, pass, end, took);
        self.door.follow(&conduct.breaker);
        if end == CallEnd::Success {
            conduct.latency.record(now, took);
        }
        drop(conduct);
        if let Some(change) = change {
            tracing::warn!(node = %self.name, from = ?change.from, to = ?change.to, because = %change.because, "a breaker moved");
        }
    }

    /// Forces its breaker open or closed, or has it begin anew.
    pub(crate) fn command(&self, command: BreakerCommand) {
        let breaker = &mut self.conduct().breaker;
        match command {
            BreakerCommand::ForceOpen => breaker.force_open(),
            BreakerCommand::ForceClosed => breaker.force_closed(),
            BreakerCommand::Reset => breaker.reset(),
        }
        self.door.follow(breaker);
    }

    pub(crate) fn breaker(&self) -> BreakerState {
        self.conduct().breaker.state()
    }

    /// What a call on it takes, as of late; `None` before the first.
    pub(crate) fn expected_latency(&self, now: Instant) -> Option<Duration> {
        self.conduct().latency.expected(now)
    }

    /// What its calls took.
    pub(crate) fn measured(&self, now: Instant) -> Measured {
        self.conduct().latency.measured(now)
    }

    /// Where it was at some time after a moment; `None` while nobody has looked since.
    pub(crate) fn sample_after(&self, moment: Instant) -> Option<Sample> {
        let looks = self.looks();
        let last = looks.last.as_ref();
        last.filter(|sample| sample.asked_at > moment).cloned()
    }

    /// The same of when it took writes, though it may be a replica by now.
    pub(crate) fn sample_as_primary_after(&self, moment: Instant) -> Option<Sample> {
        let looks = self.looks();
        let last = looks.last_writable.as_ref();
        last.filter(|sample| sample.asked_at > moment).cloned()
    }

    /// Has the monitor look now instead of later, unless it has just done so.
    pub(crate) fn look_soon(&self, now: Instant) {
        let mut looks = self.looks();
        let answered_at = looks.last.as_ref().map(|sample| sample.answered_at);
        let is_due = |last: Option<Instant>| last.is_none_or(|last| now > last + SOON);
        if is_due(answered_at) && is_due(looks.wanted_at) {
            looks.wanted_at = Some(now);
            self.look_now();
        }
    }

    pub(super) fn sampled(&self, sample: Sample, is_writable: bool) {
        let mut looks = self.looks();
        if is_writable {
            looks.last_writable = Some(sample.clone());
        }
        looks.last = Some(sample);
    }

    pub(super) fn remove(&self) {
        self.is_removed.store(true, Ordering::Relaxed);
        self.look_now();
    }

    pub(super) fn is_removed(&self) -> bool {
        self.is_removed.load(Ordering::Relaxed)
    }

    fn looks(&self) -> MutexGuard<'_, Looks> {
        // Every change is one assignment.
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn conduct(&self) -> MutexGuard<'_, Conduct> {
        // Counters: one that was being raised when somebody panicked is still a counter.
        self.conduct.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
