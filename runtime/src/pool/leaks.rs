//! Connections that are held for too long: reported once, and taken back when that was asked for.

use std::sync::Weak;

use super::holder::Holder;
use super::shared::Shared;
use crate::clock::Time;

/// Something that holds a connection for too long.
struct Leak {
    slot: usize,
    holder: Holder,
    is_new: bool,
}

impl Shared {
    /// Reports who holds a connection for too long, and takes it back from who doesn't use it.
    pub(super) fn look_for_leaks(&self, now: Time) {
        let Some(limit) = self
            .config
            .leak_warning
            .into_iter()
            .chain(self.config.leak_reclaim)
            .min()
        else {
            return;
        };
        let leaks: Vec<Leak> = self
            .core
            .slots()
            .filter_map(|(slot, mut own)| {
                let holder = own
                    .holder
                    .as_mut()
                    .filter(|holder| holder.held(now) >= limit)?;
                let is_new = !holder.is_reported
                    && self
                        .config
                        .leak_warning
                        .is_some_and(|limit| holder.held(now) >= limit);
                holder.is_reported |= is_new;
                own.totals.leaks += u64::from(is_new);
                let holder = own.holder.clone()?;
                Some(Leak {
                    slot,
                    holder,
                    is_new,
                })
            })
            .collect();
        for leak in leaks {
            if leak.is_new {
                self.report(&leak, now);
            }
            if self
                .config
                .leak_reclaim
                .is_some_and(|limit| leak.holder.held(now) >= limit)
            {
                self.reclaim(&leak, now);
            }
        }
    }

    fn report(&self, leak: &Leak, now: Time) {
        let held = leak.holder.describe(now);
        let backtrace = leak
            .holder
            .backtrace
            .as_ref()
            .map(|trace| format!("\n{trace}"))
            .unwrap_or_default();
        tracing::warn!(
            database = self.endpoint.name(),
            slot = leak.slot,
            "a connection has been held for long: {held}{backtrace}"
        );
    }

    fn reclaim(&self, leak: &Leak, now: Time) {
        let Some(holder) = leak.holder.reclaim.as_ref().and_then(Weak::upgrade) else {
            return;
        };
        let held = leak.holder.describe(now);
        if holder.reclaim(&format!(
            "its connection was taken back after having been held {held}"
        )) {
            tracing::warn!(
                database = self.endpoint.name(),
                "a connection was taken back: {held}"
            );
        }
    }

    /// Announces connections that near the end of their lives in somebody's hands.
    pub(super) fn announce_endings(&self, now: Time) {
        for (_, mut own) in self.core.slots() {
            let is_ending = own.age.as_ref().is_some_and(|age| age.is_ending(now));
            if own.is_announced || !is_ending {
                continue;
            }
            let Some(holder) = own.holder.clone() else {
                continue;
            };
            own.is_announced = true;
            tracing::info!(
                database = self.endpoint.name(),
                "a connection is soon as old as it may become, and is held {}",
                holder.describe(now)
            );
        }
    }
}
