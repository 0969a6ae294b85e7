//! What becomes of a debt, by what the monitors have seen.

use std::time::Instant;

use super::causality::{Debt, Settlement};
use crate::topology::Picture;

/// What becomes of a debt now.
pub(super) fn settle(debt: &Debt, picture: &Picture, now: Instant) -> Settlement {
    let view = &picture.view;
    let is_deposed = debt.was_primary && !view.is_primary(debt.node);
    let member = picture.member(debt.node).filter(|_| !is_deposed);
    let Some(member) = member else {
        // It is gone, or no longer what it was. What is left of what it had, the primary has.
        return view.primary_id().map_or(Settlement::Open, |node| {
            Settlement::Moved(Debt {
                node,
                until: now,
                was_primary: true,
            })
        });
    };
    match member.sample_after(debt.until) {
        Some(sample) => Settlement::At(view.token(sample.timeline, Some(sample.position))),
        None => {
            if debt.was_primary {
                // The sooner somebody looks, the sooner replicas may serve this caller again. A replica is looked at often
                // enough as it is.
                member.look_soon(now);
            }
            Settlement::Open
        }
    }
}
