//! What is known of one node.
#![deny(clippy::disallowed_methods)]

use std::sync::Arc;
use std::time::Instant;

use crate::driver::{History, Position, ProbeFailure, Report};
use crate::topology::config::{DeclaredRole, HealthConfig, NodeConfig};
use crate::topology::health::Health;
use crate::topology::view::{NodeId, NodeState, NodeView, Role, Watermark};

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: NodeId,
    name: Arc<str>,
    tags: Arc<[String]>,
    zone: Option<Arc<str>>,
    weight: u32,
    priority: u32,
    pub(super) is_declared_primary: bool,
    is_read_only: bool,
    pub(super) is_drained: bool,
    pub(super) is_foreign: bool,
    /// It has a history that the cluster has left.
    pub(super) is_stale: bool,
    /// It was replaced as the primary, and has taken writes ever since.
    pub(super) is_fenced: bool,
    /// Whether a probe has ended, in whichever way.
    pub(super) is_heard: bool,
    pub(super) health: Health,
    pub(super) report: Option<Report>,
    /// The last timeline that it showed; it shows none while it is connected to nobody.
    last_timeline: Option<u32>,
    /// The one before that.
    pub(super) former_timeline: Option<u32>,
    /// How many probes in a row have found it to take writes, on one timeline.
    pub(super) claims: u32,
    pub(super) watermark: Arc<Watermark>,
    pub(super) next_probe_at: Instant,
    /// What everybody was last told.
    pub(super) told: NodeState,
}

impl Entry {
    pub(super) fn new(now: Instant, base: Instant, id: NodeId, config: &NodeConfig) -> Self {
        Self {
            id,
            name: config.shown_name().into(),
            tags: config.tags.clone().into(),
            zone: config.zone.as_deref().map(Arc::from),
            weight: config.weight,
            priority: config.priority,
            is_declared_primary: config.declared == DeclaredRole::Primary,
            is_read_only: config.is_read_only,
            is_drained: false,
            is_foreign: false,
            is_stale: false,
            is_fenced: false,
            is_heard: false,
            health: Health::new(),
            report: None,
            last_timeline: None,
            former_timeline: None,
            claims: 0,
            watermark: Arc::new(Watermark::new(base)),
            next_probe_at: now,
            told: NodeState::Down,
        }
    }

    /// How it is, all in all.
    pub(super) fn state(&self) -> NodeState {
        if self.is_foreign {
            return NodeState::Foreign;
        }
        match self.health.state() {
            NodeState::Down => NodeState::Down,
            _ if self.is_stale || self.is_fenced => NodeState::Stale,
            _ if self.is_drained => NodeState::Draining,
            state => state,
        }
    }

    pub(super) fn answered(&mut self, now: Instant, report: Report) {
        self.health.answered(now);
        self.is_heard = true;
        let is_new_timeline = report.timeline.is_some() && report.timeline != self.last_timeline;
        if is_new_timeline {
            self.former_timeline = self.last_timeline;
            self.last_timeline = report.timeline;
        }
        self.claims = match report.is_writable {
            true if is_new_timeline => 1,
            true => self.claims.saturating_add(1),
            false => 0,
        };
        self.is_fenced &= report.is_writable;
        self.report = Some(report);
    }

    pub(super) fn failed(&mut self, now: Instant, failure: &ProbeFailure, config: &HealthConfig) {
        self.health.failed(now, failure, config);
        self.is_heard = true;
        if *failure != ProbeFailure::Full {
            self.claims = 0;
        }
    }

    /// Whether it took writes when it last answered.
    pub(super) fn takes_writes(&self) -> bool {
        self.report
            .as_ref()
            .is_some_and(|report| report.is_writable)
    }

    /// Whether it may be the primary, as far as it knows itself.
    pub(super) fn may_be_primary(&self) -> bool {
        self.takes_writes() && !self.is_read_only && self.state().is_usable()
    }

    /// Its timeline, if it showed one when it last answered.
    pub(super) fn timeline(&self) -> Option<u32> {
        self.report.as_ref()?.timeline
    }

    pub(super) fn position(&self) -> Option<&Position> {
        self.report.as_ref()?.position.as_ref()
    }

    pub(super) fn history(&self) -> &History {
        self.report
            .as_ref()
            .map_or(&History::Unknown, |report| &report.history)
    }

    pub(super) fn server(&self) -> Option<u32> {
        self.report.as_ref()?.server
    }

    pub(super) fn view(&self, primary: Option<NodeId>) -> NodeView {
        let role = match &self.report {
            Some(_) if primary == Some(self.id) => Role::Primary,
            Some(report) if !report.is_writable => Role::Replica,
            _ => Role::Unknown,
        };
        NodeView {
            id: self.id,
            name: self.name.clone(),
            role,
            state: self.state(),
            position: self.watermark.clone(),
            tags: self.tags.clone(),
            zone: self.zone.clone(),
            weight: self.weight,
            priority: self.priority,
        }
    }
}
