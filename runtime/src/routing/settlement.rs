//! What becomes of a debt, by what the monitors have seen.

use std::time::Instant;

use super::causality::{Debt, Settlement};
use crate::topology::{Containment, Picture, Reign, Sample, View};

/// What becomes of a debt now.
pub(super) fn settle(debt: &Debt, picture: &Picture, now: Instant) -> Settlement {
    let view = &picture.view;
    let member = picture.member(debt.node);
    match debt.reign {
        Some(reign) if !view.is_primary(debt.node) || !view.lineage.is_of(&reign) => {
            let seen = member.and_then(|member| member.sample_as_primary_after(debt.until));
            after_its_reign(&reign, seen, view, now)
        }
        _ => {
            let Some(member) = member else {
                return moved(view, now);
            };
            if let Some(sample) = member.sample_after(debt.until) {
                return at(sample, view);
            }
            if debt.reign.is_some() {
                // The sooner somebody looks, the sooner replicas may serve this caller again. A replica is looked at
                // often enough as it is.
                member.look_soon(now);
            }
            Settlement::Open
        }
    }
}

/// Another node is the primary, or nobody: then it isn't known yet what is left.
fn after_its_reign(reign: &Reign, seen: Option<Sample>, view: &View, now: Instant) -> Settlement {
    match seen {
        _ if view.primary_id().is_none() => Settlement::Open,
        Some(sample) => at(sample, view),
        None if reign.is_synchronous || view.lineage.is_of(reign) => moved(view, now),
        // Nobody looked, and what its successor has of it is what happened to be sent.
        None => {
            let all = view.lineage.all_of(reign);
            match view.lineage.contains(&all) {
                Containment::Lost(_) => Settlement::At(all),
                // Where it ended isn't known here.
                _ => moved(view, now),
            }
        }
    }
}

fn at(sample: Sample, view: &View) -> Settlement {
    Settlement::At(view.token(sample.timeline, Some(sample.position)))
}

/// It is gone, or no longer what it was, and all that it had, the primary has.
fn moved(view: &View, now: Instant) -> Settlement {
    view.primary_id().map_or(Settlement::Open, |node| {
        Settlement::Moved(Debt {
            node,
            until: now,
            reign: view.reign_of(node),
        })
    })
}
