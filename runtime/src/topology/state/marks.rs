//! How far reads on each node see of the primary's history.
#![deny(clippy::disallowed_methods)]

use std::sync::Arc;

use super::Topology;
use super::entry::Entry;
use crate::driver::Position;
use crate::topology::timeline::Lineage;
use crate::topology::view::{NodeId, Watermark};

impl Topology {
    /// Raises every mark to what the last report of its node allows.
    pub(super) fn raise_watermarks(&mut self) {
        let primary = self.primary.map(|primary| primary.id);
        let (lineage, has_promoted) = (self.lineage.clone(), self.promotions > 0);
        for entry in &mut self.entries {
            if !entry.state().is_usable() {
                continue;
            }
            let Some(position) = visible(entry, &lineage, primary, has_promoted) else {
                continue;
            };
            let has_fallen = entry
                .watermark
                .get()
                .is_some_and(|before| !position.reaches(&before));
            if has_fallen {
                entry.watermark = Arc::new(Watermark::new(self.base));
            }
            entry.watermark.raise(&position);
            if let Some(as_of) = self.samples.as_of(&position) {
                entry.watermark.raise_as_of(as_of);
            }
        }
    }
}

/// How far reads on a node see of the primary's history; `None` where that can't be said.
fn visible(
    entry: &Entry,
    lineage: &Lineage,
    primary: Option<NodeId>,
    has_promoted: bool,
) -> Option<Position> {
    let report = entry.report.as_ref()?;
    let position = report.position.clone()?;
    if primary == Some(entry.id) {
        return Some(position);
    }
    let lsn = match position {
        _ if report.is_writable || lineage.primary.is_none() => return None,
        // A domain in which it went another way doesn't count.
        Position::Gtid(set) => {
            let shared = set.iter().filter(|gtid| lineage.has(*gtid));
            return Some(Position::Gtid(shared.collect()));
        }
        Position::Lsn(lsn) => lsn,
    };
    let is_known = match (report.timeline, lineage.timeline) {
        (Some(own), Some(primary)) if own == primary => true,
        (Some(own), Some(primary)) if own < primary => {
            let end = lineage.end_of(own)?;
            return Some(Position::Lsn(lsn.min(end)));
        }
        // The login may not know: who is connected follows the primary, unless there has been another one.
        (None, _) => report.receives && !has_promoted,
        _ => false,
    };
    is_known.then_some(Position::Lsn(lsn))
}
