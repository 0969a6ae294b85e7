//! What of the past is in the present: whether the primary has what a token stands for.
//!
//! A failover may lose the tail of a timeline. PostgreSQL says where each timeline ended; MariaDB has none, but counts
//! for every server what is there of it.
#![deny(clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::fmt;

use super::token::CausalToken;
use super::view::{NodeId, Reign};
use crate::driver::{Dialect, Gtid, GtidState, Position, Switch};

/// Where the data of the primary came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lineage {
    pub(super) dialect: Dialect,
    pub(super) cluster: Option<u64>,
    /// Who the primary is; `None` before the first.
    pub(super) primary: Option<NodeId>,
    pub(super) timeline: Option<u32>,
    /// Where former timelines ended, as far as is known.
    pub(super) switches: Vec<Switch>,
    /// Whether these are all, so that a timeline that isn't there is none of ours.
    pub(super) is_complete: bool,
    /// MariaDB: the primary's own number, and what it has of everybody. Of all others that is final.
    pub(super) server: Option<u32>,
    pub(super) gtids: GtidState,
    /// MariaDB: who has been the primary, and isn't any more.
    pub(super) former: BTreeSet<u32>,
}

/// Whether the primary has what a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Containment {
    /// Yes: what its position says is comparable with the nodes' positions.
    Contained,
    /// No: it was in the tail that a failover lost.
    Lost(LostTail),
    /// Nobody can tell. The primary is as good as any.
    Unknown,
    /// Not as far as is known here: the token has seen a later history than any node shows.
    Behind,
    /// It is a token of another cluster, or engine.
    Foreign,
}

/// What a failover lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LostTail {
    pub(crate) timeline: Option<u32>,
    /// How far the token is.
    pub(crate) written: Position,
    /// What of it is still there; `None`: nothing is known to be.
    pub(crate) kept: Option<Position>,
}

impl fmt::Display for LostTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.written.is_endless() {
            f.write_str("what was seen on the former primary after the last look at it")?;
            "may be gone"
        } else {
            write!(f, "what was written up to {}", self.written)?;
            "is gone"
        };
        if let Some(timeline) = self.timeline {
            write!(f, " on timeline {timeline}")?;
        }
        write!(f, " {verb}")?;
        match &self.kept {
            Some(kept) => write!(f, " beyond {kept}"),
            None => Ok(()),
        }
    }
}

impl Lineage {
    /// Nothing is known yet.
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            cluster: None,
            primary: None,
            timeline: None,
            switches: Vec::new(),
            is_complete: false,
            server: None,
            gtids: GtidState::default(),
            former: BTreeSet::new(),
        }
    }

    /// Whether the primary has what a token stands for.
    pub(crate) fn contains(&self, token: &CausalToken) -> Containment {
        let is_foreign = token.engine != self.dialect
            || matches!((token.cluster, self.cluster), (Some(own), Some(ours)) if own != ours);
        if is_foreign {
            return Containment::Foreign;
        }
        if self.primary.is_none() {
            return Containment::Behind;
        }
        match (&token.position, token.timeline, self.timeline) {
            (Some(Position::Gtid(set)), ..) => self.contains_all(set.iter(), token),
            (_, Some(theirs), Some(ours)) if theirs > ours => Containment::Behind,
            (Some(Position::Lsn(lsn)), Some(theirs), Some(ours)) if theirs < ours => {
                self.contains_lsn(theirs, *lsn)
            }
            (None, Some(theirs), Some(ours)) if theirs < ours => Containment::Unknown,
            _ => Containment::Contained,
        }
    }

    /// Who the primary is, or was last; `None` before the first.
    pub(crate) fn primary(&self) -> Option<NodeId> {
        self.primary
    }

    /// All that there was in a reign, up to its end, which nobody knows. After that end its rest is lost, as far as
    /// anybody can tell.
    pub(crate) fn all_of(&self, reign: &Reign) -> CausalToken {
        let position = match (self.dialect, reign.server) {
            (Dialect::Postgres, _) => Some(Position::Lsn(Position::ENDLESS)),
            (Dialect::MySql, Some(server)) => Some(Position::Gtid(self.gtids.all_of(server))),
            _ => None,
        };
        CausalToken {
            engine: self.dialect,
            cluster: self.cluster,
            timeline: reign.timeline,
            position,
        }
    }

    /// Whether it goes on.
    pub(crate) fn is_of(&self, reign: &Reign) -> bool {
        (self.timeline, self.server) == (reign.timeline, reign.server)
    }

    /// Where a former timeline ended, as far as is known.
    pub(super) fn end_of(&self, timeline: u32) -> Option<u64> {
        let mut switches = self.switches.iter();
        switches
            .find(|switch| switch.timeline == timeline)
            .map(|switch| switch.lsn)
    }

    fn contains_lsn(&self, timeline: u32, lsn: u64) -> Containment {
        let end = self.end_of(timeline);
        match end {
            Some(end) if lsn <= end => Containment::Contained,
            None if !self.is_complete => Containment::Unknown,
            end => Containment::Lost(LostTail {
                timeline: Some(timeline),
                written: Position::Lsn(lsn),
                kept: end.map(Position::Lsn),
            }),
        }
    }

    fn contains_all(&self, gtids: impl Iterator<Item = Gtid>, token: &CausalToken) -> Containment {
        let mut is_behind = false;
        for gtid in gtids {
            if self.has(gtid) {
                continue;
            }
            if self.has_lost(gtid) || self.gtids.has_passed(gtid) {
                return match &token.position {
                    Some(written) => Containment::Lost(LostTail {
                        timeline: None,
                        written: written.clone(),
                        kept: None,
                    }),
                    None => Containment::Unknown,
                };
            }
            is_behind = true;
        }
        match is_behind {
            true => Containment::Behind,
            false => Containment::Contained,
        }
    }

    /// Whether a former primary wrote this transaction, and the primary doesn't have it: it never will.
    pub(super) fn has_lost(&self, gtid: Gtid) -> bool {
        let is_over = gtid.sequence == Position::ENDLESS || self.former.contains(&gtid.server);
        is_over && !self.has(gtid)
    }

    /// Whether the primary has this transaction, or is the one to have written it.
    pub(super) fn has(&self, gtid: Gtid) -> bool {
        let may_have = gtid.sequence < Position::ENDLESS;
        may_have && (self.server == Some(gtid.server) || self.gtids.contains(gtid))
    }
}

#[cfg(test)]
mod tests;
