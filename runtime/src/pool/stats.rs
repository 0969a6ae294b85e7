//! What a pool has done and how it stands: one snapshot, for people, for pages and for metrics.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use super::partition::PartitionKind;
use super::priority::Priority;
use super::refusal::CloseReason;
use super::shared::Pool;
use crate::policy::histogram::{HoldHistogram, WaitHistogram};
use crate::policy::usage::HourlyUsage;

/// What a pool has done since it was started, and how it stands now.
///
/// Counters only grow. Durations serialize as seconds and nanoseconds.
#[derive(Debug, Clone, serde::Serialize)]
#[non_exhaustive]
pub struct PoolStats {
    /// Which server or file; never contains a password.
    pub database: String,
    /// How many connections there may be at most.
    pub max_connections: usize,
    /// How many there may be now: less than the maximum only in an elastic pool.
    pub limit: usize,
    /// Connections that nobody uses.
    pub idle: usize,
    /// Connections that somebody uses.
    pub lent: usize,
    /// Connections that are being opened.
    pub opening: usize,
    /// Connections that came back unclean, and are being cleaned.
    pub quarantined: usize,
    /// Connections that are being closed.
    pub closing: usize,
    /// The part of `max_connections` that is lent, from 0 to 1.
    pub utilisation: f64,
    /// Callers that wait, by priority.
    pub waiting: BTreeMap<Priority, usize>,

    /// Checkouts that were served.
    pub acquired: u64,
    /// Checkouts in a second, averaged over the last seconds.
    pub acquired_per_second: f64,
    /// Checkouts that had to wait.
    pub waited: u64,
    /// Checkouts that timed out.
    pub timed_out: u64,
    /// Checkouts that were turned away, because the line was full or had been too long for a while.
    pub refused: u64,
    /// Callers that left the line by themselves.
    pub left: u64,
    /// How long checkouts waited, those that didn't included.
    pub wait: Percentiles,
    /// How long connections were held, to a few milliseconds.
    pub hold: Percentiles,

    /// Connections opened.
    pub opened: u64,
    /// Openings that failed.
    pub open_failures: u64,
    /// Connections closed, by reason.
    pub closed: BTreeMap<CloseReason, u64>,
    /// Checkouts that got a connection that had been used before.
    pub reused: u64,
    /// The part of all checkouts that did, from 0 to 1.
    pub reuse_ratio: f64,
    /// Connections that came back unclean, and were made clean.
    pub cleaned: u64,
    /// Questions to idle connections whether they are still there.
    pub checks: u64,
    /// The part that was answered, from 0 to 1; `None` before the first.
    pub check_pass_rate: Option<f64>,
    /// Connections that were reported as held for too long.
    pub leaked: u64,
    /// Statements that were found prepared on their connection.
    pub statement_hits: u64,
    /// Statements that had to be prepared.
    pub statement_misses: u64,

    /// The partitions with limits.
    pub partitions: Vec<PartitionStats>,
    /// Connections in use by hour of the day, in UTC.
    pub hourly: Vec<HourlyUsage>,
}

/// How one partition stands.
#[derive(Debug, Clone, serde::Serialize)]
#[non_exhaustive]
pub struct PartitionStats {
    /// What its callers have in common.
    pub kind: PartitionKind,
    /// Its name.
    pub name: String,
    /// Connections in use.
    pub in_use: u64,
    /// How many it may use.
    pub max_connections: Option<u32>,
    /// Callers that wait.
    pub waiting: usize,
}

/// How durations are distributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Percentiles {
    /// Half are shorter.
    pub p50: Duration,
    /// 95 of 100 are shorter.
    pub p95: Duration,
    /// 99 of 100 are shorter.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
    /// The mean.
    pub mean: Duration,
    /// How many there were.
    pub count: u64,
}

macro_rules! percentiles {
    ($histogram:expr) => {{
        let histogram = $histogram;
        Percentiles {
            p50: histogram.percentile(50.0),
            p95: histogram.percentile(95.0),
            p99: histogram.percentile(99.0),
            max: histogram.max(),
            mean: histogram.mean(),
            count: histogram.count(),
        }
    }};
}

impl Pool {
    /// About how many callers have a connection or wait for one. Touches no lock.
    pub(crate) fn in_use(&self) -> u32 {
        u32::try_from(self.shared().core.in_use()).unwrap_or(u32::MAX)
    }

    /// How the pool stands.
    pub(crate) fn stats(&self) -> PoolStats {
        let shared = self.shared();
        let (census, counts, partitions) = shared.core.look(|state, idle| {
            let partitions =
                state
                    .rooms()
                    .census()
                    .map(|(partition, in_use, waiting)| PartitionStats {
                        kind: partition.key.kind(),
                        name: partition.key.name().to_owned(),
                        in_use,
                        max_connections: partition.limits.max_connections,
                        waiting,
                    });
            (
                state.census(idle),
                state.counts().clone(),
                partitions.collect(),
            )
        });
        let (mut uses, mut used, mut cleaned, mut leaked) = (0, 0, 0, 0);
        let mut statements = (0, 0);
        let mut holds = HoldHistogram::default();
        let mut waits = WaitHistogram::default();
        for own in shared.core.slots() {
            uses += own.uses();
            used += own.used();
            cleaned += own.totals.cleaned;
            leaked += own.totals.leaks;
            let current = own.statements.as_ref();
            statements.0 += own.totals.statement_hits + current.map_or(0, |current| current.hits());
            statements.1 +=
                own.totals.statement_misses + current.map_or(0, |current| current.misses());
            own.add_holds_to(&mut holds);
            waits.merge(&own.totals.waits);
        }
        let waited = waits.count();
        waits.record_zeros(uses.saturating_sub(waited));
        let (checks, check_pass_rate) = {
            let freshness = shared
                .freshness
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            (
                freshness.passed_total() + freshness.failed_total(),
                freshness.pass_rate(),
            )
        };
        let (rate, hourly) = {
            let trends = shared.trends.lock().unwrap_or_else(PoisonError::into_inner);
            (trends.rate.per_second(), trends.usage.snapshot().to_vec())
        };
        let ratio = |part: u64, whole: u64| {
            if whole == 0 {
                0.0
            } else {
                part as f64 / whole as f64
            }
        };
        PoolStats {
            database: self.endpoint().name(),
            max_connections: census.max,
            limit: census.limit,
            idle: census.idle,
            lent: census.lent,
            opening: census.opening,
            quarantined: census.quarantined,
            closing: census.closing,
            utilisation: ratio(census.lent as u64, census.max as u64),
            waiting: Priority::ALL.into_iter().zip(census.waiting).collect(),
            acquired: uses,
            acquired_per_second: rate,
            waited,
            timed_out: counts.timed_out,
            refused: counts.refused + counts.shed,
            left: counts.left,
            wait: percentiles!(&waits),
            hold: percentiles!(&holds),
            opened: counts.opened,
            open_failures: counts.open_failures,
            closed: CloseReason::ALL
                .into_iter()
                .zip(counts.closed)
                .filter(|(_, closed)| *closed > 0)
                .collect(),
            reused: uses - used,
            reuse_ratio: ratio(uses - used, uses),
            cleaned,
            checks,
            check_pass_rate,
            leaked,
            statement_hits: statements.0,
            statement_misses: statements.1,
            partitions,
            hourly,
        }
    }
}
