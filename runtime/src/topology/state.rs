//! All nodes together: who is the primary, and what follows for everybody. Asks nobody and waits for nothing: it is told
//! what probes and calls say, and answers with steps.
//!
//! The rules: nobody with a timeline below the highest that was ever seen is the primary, or is read from beyond the end
//! of its timeline; two who take writes on one timeline are none; a new primary is asked twice before its first write.
#![deny(clippy::disallowed_methods)]

mod entry;
mod marks;
mod settle;
mod step;

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::config::{HealthConfig, NodeConfig};
use super::samples::Samples;
use super::timeline::Lineage;
use super::view::{NoPrimary, NodeId, NodeState, View, WhyNoPrimary};
use crate::driver::{Dialect, ProbeFailure, Report, WorkerFailure};
use entry::Entry;
pub(crate) use step::{SeverReason, Step};

/// Who takes the writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Established {
    id: NodeId,
    timeline: Option<u32>,
}

/// All nodes together.
#[derive(Debug)]
pub(crate) struct Topology {
    dialect: Dialect,
    config: HealthConfig,
    /// What moments are counted from.
    base: Instant,
    entries: Vec<Entry>,
    /// The next node's.
    next_id: u32,
    /// The cluster that the nodes must belong to; may still change while no primary has been found.
    cluster: Option<u64>,
    /// The highest timeline that anybody ever showed.
    highest: Option<u32>,
    primary: Option<Established>,
    /// The primary, or the last one while there is none.
    last_primary: Option<Established>,
    /// How often the timeline of the primary has changed.
    promotions: u64,
    lineage: Arc<Lineage>,
    samples: Samples,
    view: Arc<View>,
    steps: Vec<Step>,
}

impl Topology {
    pub(crate) fn new(now: Instant, dialect: Dialect, config: HealthConfig) -> Self {
        let lineage = Arc::new(Lineage::new(dialect));
        let none = NoPrimary {
            since: now,
            why: WhyNoPrimary::Starting,
        };
        let view = View {
            dialect,
            epoch: 0,
            timeline: None,
            is_synchronous: false,
            primary: Err(none),
            lineage: lineage.clone(),
            nodes: Vec::new(),
        };
        Self {
            dialect,
            config,
            base: now,
            entries: Vec::new(),
            next_id: 1,
            cluster: None,
            highest: None,
            primary: None,
            last_primary: None,
            promotions: 0,
            lineage,
            samples: Samples::default(),
            view: Arc::new(view),
            steps: Vec::new(),
        }
    }

    /// What is known now.
    pub(crate) fn view(&self) -> &Arc<View> {
        &self.view
    }

    /// When a node is to be asked next; `None` for one that isn't there.
    pub(crate) fn next_probe_at(&self, id: NodeId) -> Option<Instant> {
        self.entry(id).map(|entry| entry.next_probe_at)
    }

    /// How long its next probe may take, with opening a connection where there is none.
    pub(crate) fn probe_timeout(&self, id: NodeId) -> Duration {
        self.entry(id).map_or(self.config.probe_timeout, |entry| {
            entry.health.timeout(&self.config)
        })
    }

    /// A node is there. It is to be asked at once.
    pub(crate) fn add(&mut self, now: Instant, config: &NodeConfig) -> (NodeId, Vec<Step>) {
        let id = NodeId(self.next_id);
        self.next_id += 1;
        self.entries.push(Entry::new(now, self.base, id, config));
        (id, self.settle(now))
    }

    /// A node is no more. What runs there is cut off: drain it first to spare it.
    pub(crate) fn remove(&mut self, now: Instant, id: NodeId) -> Vec<Step> {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.id != id);
        if self.entries.len() < before {
            let why = SeverReason::Removed;
            self.steps.push(Step::Sever { id, why });
        }
        self.settle(now)
    }

    /// A node is to be left alone: what runs there may end, and nothing new begins.
    pub(crate) fn drain(&mut self, now: Instant, id: NodeId) -> Vec<Step> {
        self.change(now, id, |entry| entry.is_drained = true)
    }

    /// A drained node may be used again.
    pub(crate) fn resume(&mut self, now: Instant, id: NodeId) -> Vec<Step> {
        self.change(now, id, |entry| entry.is_drained = false)
    }

    /// A probe was answered.
    pub(crate) fn probed(&mut self, now: Instant, id: NodeId, report: Report) -> Vec<Step> {
        if let Some(entry) = self.entry_mut(id) {
            entry.answered(now, report);
        }
        self.find_cluster();
        let steps = self.settle(now);
        self.schedule(now, id);
        steps
    }

    /// A probe wasn't answered.
    pub(crate) fn probe_failed(
        &mut self,
        now: Instant,
        id: NodeId,
        failure: &ProbeFailure,
    ) -> Vec<Step> {
        let config = self.config.clone();
        if let Some(entry) = self.entry_mut(id) {
            entry.failed(now, failure, &config);
        }
        let steps = self.settle(now);
        self.schedule(now, id);
        steps
    }

    /// Something went wrong for somebody who used the node. What, is for the next probe to say.
    pub(crate) fn worker_failed(
        &mut self,
        now: Instant,
        id: NodeId,
        failure: WorkerFailure,
    ) -> Vec<Step> {
        // A server that is full is there; going elsewhere would fill the next one.
        if failure == WorkerFailure::Full {
            return Vec::new();
        }
        if let Some(entry) = self.entry_mut(id)
            && entry.state() == NodeState::Up
        {
            entry.health.suspect();
            self.hurry(now, id);
        }
        self.settle(now)
    }

    fn change(&mut self, now: Instant, id: NodeId, change: impl FnOnce(&mut Entry)) -> Vec<Step> {
        if let Some(entry) = self.entry_mut(id) {
            change(entry);
        }
        self.settle(now)
    }

    /// Finds out which cluster the nodes belong to, and the highest timeline there. Once there has been a primary, the
    /// cluster is that one's for good, and the timeline only rises.
    fn find_cluster(&mut self) {
        if self.last_primary.is_none() {
            self.cluster = self.likely_cluster();
            self.highest = None;
        }
        for entry in &mut self.entries {
            let theirs = entry.report.as_ref().and_then(|report| report.cluster);
            entry.is_foreign =
                matches!((theirs, self.cluster), (Some(theirs), Some(ours)) if theirs != ours);
            if !entry.is_foreign {
                self.highest = self.highest.max(entry.timeline());
            }
        }
    }

    /// The declared primary's, else that of most nodes, else the first one's.
    fn likely_cluster(&self) -> Option<u64> {
        let cluster = |entry: &Entry| entry.report.as_ref()?.cluster;
        let declared = self.entries.iter().find(|entry| entry.is_declared_primary);
        let votes = |wanted: u64| {
            let all = self.entries.iter().filter_map(cluster);
            all.filter(|cluster| *cluster == wanted).count()
        };
        // Of equals `max_by_key` takes the last.
        let most = || {
            self.entries
                .iter()
                .rev()
                .filter_map(cluster)
                .max_by_key(|one| votes(*one))
        };
        declared.and_then(cluster).or_else(most)
    }

    /// Sets the time of a node's next probe after one has ended.
    fn schedule(&mut self, now: Instant, id: NodeId) {
        let config = &self.config;
        let primary = self.primary.map(|primary| primary.id);
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) else {
            return;
        };
        let usual = if primary.is_none() && self.dialect != Dialect::Sqlite {
            // Everybody waits for somebody to become it, and only those who are up can at any moment.
            match entry.state() {
                NodeState::Up => config.vacancy_interval,
                _ => config.suspect_interval,
            }
        } else if primary == Some(id) || entry.state() != NodeState::Up {
            config.probe_interval
        } else {
            config.replica_interval
        };
        let is_unconfirmed =
            entry.claims > 0 && entry.claims < config.confirmations && primary != Some(id);
        let interval = if is_unconfirmed {
            Duration::ZERO
        } else {
            entry.health.interval(usual, config)
        };
        entry.next_probe_at = now + interval;
    }

    /// Has a node asked at once.
    fn hurry(&mut self, now: Instant, id: NodeId) {
        if let Some(entry) = self.entry_mut(id)
            && entry.next_probe_at > now
        {
            entry.next_probe_at = now;
            self.steps.push(Step::ProbeSoon { id });
        }
    }

    fn entry(&self, id: NodeId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    fn entry_mut(&mut self, id: NodeId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.id == id)
    }
}

#[cfg(test)]
mod tests;
