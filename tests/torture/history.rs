//! What the workers were told, and what they have seen that must not be.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use wharf::{CommitId, Error, ErrorKind, Result};

use crate::checker::{Harm, Violation};

/// What a call was to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Transfer,
    Append,
    Note { id: i64, value: i64 },
}

/// What is known of the effect of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Wharf said that it was applied.
    Acked,
    /// Wharf said that nothing was applied.
    Failed,
    /// Wharf couldn't say. -> Acked or Failed when it is asked later.
    Unknown,
    /// Nobody was told: its future was dropped, or a write without a guard lost its answer.
    Open,
}

/// One call of a worker.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    /// Its own, and part of what it writes.
    pub(crate) number: i64,
    pub(crate) work: Work,
    pub(crate) fate: Fate,
    /// By which it can be asked about.
    pub(crate) commit: Option<CommitId>,
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
}

/// A call that is under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun {
    pub(crate) number: i64,
    at: Instant,
}

/// All workers write to one.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// How many calls have begun: the first one is 1.
    numbers: AtomicI64,
    commits: AtomicU64,
    reads: AtomicU64,
    cuts: AtomicU64,
    /// How often somebody was told that a failover has lost what they had seen.
    told_lost: AtomicU64,
    log: Mutex<Log>,
}

#[derive(Debug, Default)]
struct Log {
    calls: Vec<Call>,
    violations: Vec<Violation>,
    /// How often each kind of error was told.
    errors: BTreeMap<String, u64>,
}

impl History {
    pub(crate) fn begin(&self) -> Begun {
        Begun {
            number: self.numbers.fetch_add(1, Ordering::Relaxed) + 1,
            at: Instant::now(),
        }
    }

    /// The number of a call that has begun lately.
    pub(crate) fn last_number(&self) -> i64 {
        self.numbers.load(Ordering::Relaxed)
    }

    /// Notes what a call was told; `None`: it was dropped. Whether it was applied.
    pub(crate) fn end(&self, begun: Begun, work: Work, result: Option<&Result<()>>) -> bool {
        let fate = match result {
            None => Fate::Open,
            Some(Ok(())) => Fate::Acked,
            Some(Err(error)) if error.kind() == ErrorKind::CommitUnknown => Fate::Unknown,
            Some(Err(_)) => Fate::Failed,
        };
        let error = result.and_then(|result| result.as_ref().err());
        self.note(begun, work, fate, error)
    }

    /// The same for a write outside of a unit of work: nobody can be asked whether it was applied.
    pub(crate) fn end_unguarded(&self, begun: Begun, work: Work, result: &Result<u64>) -> bool {
        let fate = match result {
            Ok(_) => Fate::Acked,
            Err(_) => Fate::Open,
        };
        self.note(begun, work, fate, result.as_ref().err())
    }

    fn note(&self, begun: Begun, work: Work, fate: Fate, error: Option<&Error>) -> bool {
        if let Some(error) = error {
            self.told(error);
        }
        let is_acked = fate == Fate::Acked;
        self.log().calls.push(Call {
            number: begun.number,
            work,
            fate,
            commit: error.and_then(Error::commit_id),
            began: begun.at,
            ended: Instant::now(),
        });
        self.commits
            .fetch_add(u64::from(is_acked), Ordering::Relaxed);
        is_acked
    }

    /// Counts a read that was answered.
    pub(crate) fn read(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an error that somebody was told.
    pub(crate) fn told(&self, error: &Error) {
        if error.kind() == ErrorKind::CausalityLost {
            self.told_lost.fetch_add(1, Ordering::Relaxed);
        }
        let mut kind = format!("{:?}", error.kind());
        if let Some(cause) = error.cause() {
            kind = format!("{kind} by {:?}", cause.kind());
        }
        let mut log = self.log();
        let count = log.errors.entry(kind).or_default();
        *count += 1;
        if *count == 1 {
            eprintln!("torture: first of its kind: {error}");
        }
    }

    pub(crate) fn violated(&self, harm: Harm, evidence: String) {
        self.log().violations.push(Violation { harm, evidence });
    }

    /// Counts a commit that was cut off.
    pub(crate) fn cut(&self) {
        self.cuts.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }

    /// How many writes were acknowledged.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// How many writes were acknowledged and reads answered.
    pub(crate) fn operations(&self) -> u64 {
        self.commits() + self.reads.load(Ordering::Relaxed)
    }

    pub(crate) fn told_lost(&self) -> u64 {
        self.told_lost.load(Ordering::Relaxed)
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.log().calls.clone()
    }

    /// What workers have seen that must not be.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        self.log().violations.clone()
    }

    pub(crate) fn errors(&self) -> BTreeMap<String, u64> {
        self.log().errors.clone()
    }

    /// What became of a call, now that somebody could be asked.
    pub(crate) fn settle(&self, number: i64, fate: Fate) {
        let mut log = self.log();
        if let Some(call) = log.calls.iter_mut().find(|call| call.number == number) {
            call.fate = fate;
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // Every change is one push or one assignment.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
