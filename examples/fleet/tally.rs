//! What the agents counted and measured.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use wharf::prelude::*;

use crate::bank::BankError;

/// An hour; what takes longer counts as that.
const LONGEST_MICROS: u64 = 3_600_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Transfer,
    LookUp,
    Page,
    Report,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Transfer, Self::LookUp, Self::Page, Self::Report];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::LookUp => "look-up",
            Self::Page => "page",
            Self::Report => "report",
        }
    }
}

/// What the agents counted and measured.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Microseconds of each kind's operations, in the order of [`Kind::ALL`].
    latencies: [Histogram<u64>; 4],
    pub(crate) transfers_committed: u64,
    pub(crate) audits_kept: u64,
    pub(crate) audits_refused: u64,
    pub(crate) insufficient: u64,
    /// Transfers that were run again as often as allowed, and still lost.
    pub(crate) gave_up: u64,
    /// Futures that were dropped in the middle.
    pub(crate) dropped: u64,
    /// Calls that failed since their connection broke.
    pub(crate) lost: u64,
    /// Commits whose answer was lost.
    pub(crate) unknown: u64,
    /// Transfers that were dropped, or whose commit's answer was lost: they may have been made or not.
    pub(crate) transfers_undecided: u64,
    /// Refusals, by the limit's name.
    pub(crate) refused: BTreeMap<&'static str, u64>,
    /// Whatever should not have happened, and how often it did.
    pub(crate) problems: BTreeMap<String, u64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            latencies: std::array::from_fn(|_| {
                Histogram::new_with_bounds(1, LONGEST_MICROS, 2).expect("such bounds are allowed")
            }),
            transfers_committed: 0,
            audits_kept: 0,
            audits_refused: 0,
            insufficient: 0,
            gave_up: 0,
            dropped: 0,
            lost: 0,
            unknown: 0,
            transfers_undecided: 0,
            refused: BTreeMap::new(),
            problems: BTreeMap::new(),
        }
    }
}

impl Tally {
    /// Notes one operation. What was refused or went wrong took no time worth measuring.
    pub(crate) fn record(&mut self, kind: Kind, took: Duration, result: Result<(), BankError>) {
        let error = match result {
            Ok(()) => return self.measure(kind, took),
            Err(BankError::Insufficient) => {
                self.insufficient += 1;
                return self.measure(kind, took);
            }
            Err(BankError::Database(error)) => error,
            Err(problem) => return self.problem(problem.to_string()),
        };
        if let Some(limit) = error.limit_exceeded() {
            *self.refused.entry(limit.limit).or_default() += 1;
        } else if error.kind() == ErrorKind::CommitUnknown {
            self.unknown += 1;
            self.transfers_undecided += u64::from(kind == Kind::Transfer);
        } else if error.is_retryable() && kind == Kind::Transfer {
            self.gave_up += 1;
        } else if is_lost(&error) || error.cause().is_some_and(is_lost) {
            self.lost += 1;
        } else {
            self.problem(error.to_string());
        }
    }

    /// Notes one operation that was dropped in the middle.
    pub(crate) fn record_dropped(&mut self, kind: Kind) {
        self.dropped += 1;
        self.transfers_undecided += u64::from(kind == Kind::Transfer);
    }

    fn measure(&mut self, kind: Kind, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.latencies[kind as usize].saturating_record(micros);
    }

    fn problem(&mut self, text: String) {
        *self.problems.entry(text).or_default() += 1;
    }

    pub(crate) fn latencies(&self, kind: Kind) -> &Histogram<u64> {
        &self.latencies[kind as usize]
    }

    pub(crate) fn is_as_expected(&self) -> bool {
        self.problems.is_empty() && self.transfers_committed > 0
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (own, others) in self.latencies.iter_mut().zip(&other.latencies) {
            own.add(others)
                .expect("all histograms have the same bounds");
        }
        self.transfers_committed += other.transfers_committed;
        self.audits_kept += other.audits_kept;
        self.audits_refused += other.audits_refused;
        self.insufficient += other.insufficient;
        self.gave_up += other.gave_up;
        self.dropped += other.dropped;
        self.lost += other.lost;
        self.unknown += other.unknown;
        self.transfers_undecided += other.transfers_undecided;
        for (limit, count) in other.refused {
            *self.refused.entry(limit).or_default() += count;
        }
        for (problem, count) in other.problems {
            *self.problems.entry(problem).or_default() += count;
        }
    }
}

/// Whether a connection broke, or none could be had.
fn is_lost(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::Connect)
}
