//! Connections that are held for too long: reported once, and taken back when that was asked for, or when their holder's
//! time is up.

use std::time::Duration;

use super::shared::Shared;
use super::slot::Lent;
use crate::clock::Time;

impl Shared {
    /// Reports who holds a connection for too long, and takes it back from who doesn't use it.
    ///
    /// At a deadline whoever waits for a statement ends it himself. Not so who reads a stream and pauses, or runs nothing.
    pub(super) fn look_for_leaks(&self, now: Time) {
        let is_past = |lent: &Lent, limit: Option<Duration>| {
            limit.is_some_and(|limit| lent.holder.held(now) >= limit)
        };
        for lent in self.lent() {
            if let Some(late) = lent.holder.late_statement(now) {
                self.ask_to_stop(late, Duration::ZERO);
            }
            if lent.holder.expire(now) {
                tracing::warn!(
                    database = self.endpoint.name(),
                    "a unit of work was rolled back, since it was over and idle: {}",
                    lent.describe(now)
                );
                continue;
            }
            if is_past(&lent, self.config.leak_warning) {
                self.report(&lent, now);
            }
            if is_past(&lent, self.config.leak_reclaim) {
                self.reclaim(&lent, now);
            }
        }
    }

    /// Reports a holder, once.
    fn report(&self, lent: &Lent, now: Time) {
        {
            let mut own = self.core.slot(lent.slot);
            let same = own
                .holder
                .as_mut()
                .filter(|holder| holder.since == lent.holder.since);
            let Some(holder) =
                same.filter(|holder| !holder.more.as_ref().is_some_and(|more| more.is_reported))
            else {
                return;
            };
            holder.more().is_reported = true;
            own.totals.leaks += 1;
        }
        let held = lent.describe(now);
        let backtrace = lent
            .holder
            .more
            .as_ref()
            .and_then(|more| more.backtrace.as_ref());
        let backtrace = backtrace
            .map(|trace| format!("\n{trace}"))
            .unwrap_or_default();
        tracing::warn!(
            database = self.endpoint.name(),
            slot = lent.slot,
            "a connection has been held for long: {held}{backtrace}"
        );
    }

    fn reclaim(&self, lent: &Lent, now: Time) {
        let held = lent.describe(now);
        let reason = format!("its connection was taken back after having been held {held}");
        if lent.holder.reclaim(&reason) {
            tracing::warn!(
                database = self.endpoint.name(),
                "a connection was taken back: {held}"
            );
        }
    }

    /// Announces connections that near the end of their lives in somebody's hands.
    pub(super) fn announce_endings(&self, now: Time) {
        for mut own in self.core.slots() {
            let is_ending = own.age.as_ref().is_some_and(|age| age.is_ending(now));
            if own.is_announced || !is_ending {
                continue;
            }
            let Some(lent) = own.lent(own.id()) else {
                continue;
            };
            own.is_announced = true;
            drop(own);
            tracing::info!(
                database = self.endpoint.name(),
                "a connection is soon as old as it may become, and is held {}",
                lent.describe(now)
            );
        }
    }
}
