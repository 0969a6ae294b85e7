//! What follows from what is known: the primary, who is stale, how far everybody is, the view, and the steps.
#![deny(clippy::disallowed_methods)]

use std::sync::Arc;
use std::time::Instant;

use super::entry::Entry;
use super::{Established, SeverReason, Step, Topology};
use crate::driver::{GtidState, History, Position, Switch};
use crate::mechanism::Mechanism;
use crate::topology::election::{Claim, Verdict, elect};
use crate::topology::timeline::Lineage;
use crate::topology::view::{
    NoPrimary, NodeId, NodeState, NodeView, View, Watermark, WhyNoPrimary,
};

impl Topology {
    pub(super) fn settle(&mut self, now: Instant) -> Vec<Step> {
        self.find_stale();
        let found = self.find_primary();
        let before = self.primary;
        self.primary = found.as_ref().ok().copied();
        if let Some(primary) = self.primary {
            self.establish(primary);
        }
        self.raise_watermarks();
        self.sever(before);
        self.publish(now, before, found.err());
        if let (Some(_), None) = (before, self.primary) {
            let ids: Vec<NodeId> = self.entries.iter().map(|entry| entry.id).collect();
            ids.into_iter().for_each(|id| self.hurry(now, id));
        }
        std::mem::take(&mut self.steps)
    }

    /// Those who take writes on a timeline that was left, or show what was beyond its end.
    fn find_stale(&mut self) {
        let (highest, lineage) = (self.highest, self.lineage.clone());
        for entry in &mut self.entries {
            let is_left = match entry.position() {
                _ if entry.takes_writes() => entry.timeline() < highest,
                Some(Position::Lsn(lsn)) => {
                    let end = entry.timeline().and_then(|own| lineage.end_of(own));
                    end.is_some_and(|end| *lsn > end)
                }
                Some(Position::Gtid(set)) => set.iter().any(|gtid| lineage.has_lost(gtid)),
                None => false,
            };
            entry.is_stale = is_left && Mechanism::Timeline.is_on();
        }
    }

    fn find_primary(&self) -> Result<Established, WhyNoPrimary> {
        // The first to answer may be a former primary.
        if self.last_primary.is_none() && !self.entries.iter().all(|entry| entry.is_heard) {
            return Err(WhyNoPrimary::Starting);
        }
        let current = self.primary.map(|primary| primary.id);
        let candidates = self.entries.iter().filter(|entry| entry.may_be_primary());
        let claims: Vec<Claim<'_>> = candidates.map(claim).collect();
        let id = match elect(&claims, current) {
            Verdict::Primary(id) => id,
            Verdict::Nobody => {
                return Err(WhyNoPrimary::NobodyWrites {
                    last: self.last_primary.map(|primary| primary.id),
                });
            }
            Verdict::Split(nodes) => return Err(WhyNoPrimary::Split { nodes }),
        };
        let entry = self.entry(id).ok_or(WhyNoPrimary::Starting)?;
        let winner = Established {
            id,
            timeline: entry.timeline(),
        };
        let is_trusted = entry.claims >= self.config.confirmations
            && entry.health.state() != NodeState::Probation;
        if self.primary != Some(winner) && !is_trusted {
            return Err(WhyNoPrimary::Confirming { node: id });
        }
        Ok(winner)
    }

    /// Somebody is the primary, newly or still.
    fn establish(&mut self, primary: Established) {
        let before = self.last_primary.replace(primary);
        let is_new = before != Some(primary);
        if is_new {
            self.samples.clear();
            self.fence(primary, before);
        }
        let lineage = self.find_lineage(primary);
        if lineage != *self.lineage {
            self.lineage = Arc::new(lineage);
        }
        if is_new && before.is_some() {
            self.promotions +=
                u64::from(before.and_then(|before| before.timeline) != primary.timeline);
            // How far a replica of the former primary is says little about the new one.
            let base = self.base;
            for entry in &mut self.entries {
                entry.watermark = Arc::new(Watermark::new(base));
            }
            self.find_stale();
        }
        if let Some(report) = self
            .entry(primary.id)
            .and_then(|entry| entry.report.as_ref())
            && let Some(position) = report.position.clone()
            && report.is_writable
        {
            self.samples.add(report.asked_at, &position);
        }
    }

    /// Without timelines nothing tells a former primary that comes back from the new one, but our own memory.
    fn fence(&mut self, primary: Established, before: Option<Established>) {
        let Some(before) = before.filter(|before| before.id != primary.id) else {
            return;
        };
        if let Some(entry) = self.entry_mut(before.id) {
            entry.is_fenced =
                Mechanism::Timeline.is_on() && primary.timeline.is_none() && entry.takes_writes();
        }
    }

    fn find_lineage(&self, primary: Established) -> Lineage {
        let mut lineage = (*self.lineage).clone();
        let Some(entry) = self.entry(primary.id) else {
            return lineage;
        };
        if lineage.server != entry.server() {
            lineage.former.extend(lineage.server);
        }
        lineage
            .former
            .retain(|server| Some(*server) != entry.server());
        let is_same_server = lineage.server == entry.server();
        lineage.cluster = self.cluster;
        lineage.primary = Some(primary.id);
        lineage.server = entry.server();
        match entry.history() {
            History::Switches(switches) => {
                lineage.switches.clone_from(switches);
                lineage.is_complete = true;
            }
            History::Began(lsn) if lineage.timeline != primary.timeline => {
                lineage.is_complete = false;
                if let Some(timeline) = entry.former_timeline {
                    lineage.switches.push(Switch {
                        timeline,
                        lsn: *lsn,
                    });
                }
            }
            History::Gtids(gtids) => {
                let server = entry.server().unwrap_or_default();
                if !is_same_server || !lineage.gtids.is_same_but_for(server, gtids) {
                    lineage.gtids.clone_from(gtids);
                }
            }
            History::Began(_) | History::Unknown => {}
        }
        lineage.timeline = primary.timeline;
        lineage
    }

    /// Cuts off whoever is gone, or isn't the primary any more.
    fn sever(&mut self, before: Option<Established>) {
        let replaced = match (before, self.primary) {
            (Some(before), Some(now)) if before.id != now.id => Some((before.id, now.id)),
            _ => None,
        };
        for entry in &mut self.entries {
            let (was, is) = (entry.told, entry.state());
            entry.told = is;
            let why = match is {
                _ if was == is => None,
                NodeState::Down => Some(SeverReason::Down(entry.health.last_failure().cloned())),
                NodeState::Stale => Some(SeverReason::Stale),
                NodeState::Foreign => Some(SeverReason::Foreign),
                _ => None,
            };
            let why = match replaced {
                Some((id, by)) if id == entry.id => Some(SeverReason::Replaced { by }),
                _ => why,
            };
            self.steps
                .extend(why.map(|why| Step::Sever { id: entry.id, why }));
        }
    }

    fn publish(&mut self, now: Instant, before: Option<Established>, why: Option<WhyNoPrimary>) {
        let primary = match (self.primary, why) {
            (Some(primary), _) => Ok(primary.id),
            (None, why) => Err(NoPrimary {
                since: self
                    .view
                    .primary
                    .as_ref()
                    .err()
                    .map_or(now, |none| none.since),
                why: why.unwrap_or(WhyNoPrimary::Starting),
            }),
        };
        let id = self.primary.map(|primary| primary.id);
        let report = id.and_then(|id| self.entry(id)?.report.as_ref());
        let view = View {
            dialect: self.dialect,
            epoch: self.view.epoch + u64::from(before != self.primary),
            timeline: self.last_primary.and_then(|primary| primary.timeline),
            is_synchronous: report.map_or(self.view.is_synchronous, |report| report.is_synchronous),
            primary,
            lineage: self.lineage.clone(),
            nodes: self.entries.iter().map(|entry| entry.view(id)).collect(),
        };
        if !is_same(&self.view, &view) {
            self.view = Arc::new(view);
            self.steps.insert(0, Step::Publish);
        }
    }
}

fn claim(entry: &Entry) -> Claim<'_> {
    let gtids: Option<&GtidState> = match entry.history() {
        History::Gtids(gtids) => Some(gtids),
        _ => None,
    };
    Claim {
        id: entry.id,
        timeline: entry.timeline(),
        own: entry.server().zip(gtids),
        is_declared: entry.is_declared_primary,
    }
}

/// Whether a view says the same; watermarks rise without one.
fn is_same(one: &View, other: &View) -> bool {
    let is_same_node = |one: &NodeView, other: &NodeView| {
        one.id == other.id
            && one.role == other.role
            && one.state == other.state
            && Arc::ptr_eq(&one.position, &other.position)
    };
    one.epoch == other.epoch
        && one.timeline == other.timeline
        && one.is_synchronous == other.is_synchronous
        && one.primary == other.primary
        && Arc::ptr_eq(&one.lineage, &other.lineage)
        && one.nodes.len() == other.nodes.len()
        && one
            .nodes
            .iter()
            .zip(&other.nodes)
            .all(|(one, other)| is_same_node(one, other))
}
