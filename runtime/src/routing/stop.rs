//! A node at which a call stops, to be served there.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::route::Route;
use crate::policy::breaker::{CallEnd, Pass};
use crate::topology::{Member, Reign};

/// A node that is to serve a call.
#[derive(Debug)]
pub(crate) enum Stop<'a> {
    /// There was nothing to choose.
    Only(&'a Arc<Member>),
    Chosen(Chosen),
}

/// A node that was chosen.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(super) member: Arc<Member>,
    pub(super) pass: Pass,
    pub(super) began: Instant,
    pub(super) reign: Option<Reign>,
    /// The one that the primary was on then.
    pub(super) timeline: Option<u32>,
}

impl Deref for Stop<'_> {
    type Target = Arc<Member>;

    fn deref(&self) -> &Arc<Member> {
        match self {
            Self::Only(member) => member,
            Self::Chosen(chosen) => &chosen.member,
        }
    }
}

impl Stop<'_> {
    pub(super) fn chosen(&self) -> Option<&Chosen> {
        match self {
            Self::Only(_) => None,
            Self::Chosen(chosen) => Some(chosen),
        }
    }

    /// After which time without an answer a read may be sent to another node as well.
    pub(crate) fn hedge_after(&self, route: &Route) -> Option<Duration> {
        let hedging = route.hedging()?;
        let chosen = self.chosen()?;
        hedging.begin(chosen.member.measured(chosen.began)).ok()
    }

    /// The timeline that the primary was on when it was chosen.
    pub(crate) fn timeline(&self) -> Option<u32> {
        self.chosen()?.timeline
    }
}

impl Chosen {
    /// A call that was sent there has ended.
    pub(super) fn record(&self, end: CallEnd, now: Instant) {
        let took = now.saturating_duration_since(self.began);
        self.member.record(now, self.pass, end, took);
    }
}
