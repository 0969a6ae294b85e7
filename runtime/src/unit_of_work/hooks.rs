//! What is to be done once the outcome is known.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

type Callback = Box<dyn FnOnce() + Send>;

/// Something to do after the commit, or after the rollback.
pub(super) enum Hook {
    OnCommit(Callback),
    OnRollback(Callback),
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::OnCommit(_) => "OnCommit",
            Self::OnRollback(_) => "OnRollback",
        })
    }
}

/// What became of the work that the hooks belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Committed,
    RolledBack,
}

/// Runs the hooks that a fate calls for, in the order in which they were added, and forgets the others.
///
/// One that panics doesn't keep the rest from running; its panic goes on afterwards.
pub(super) fn run(hooks: Vec<Hook>, fate: Fate) {
    let mut panic = None;
    for hook in hooks {
        let callback = match (hook, fate) {
            (Hook::OnCommit(callback), Fate::Committed)
            | (Hook::OnRollback(callback), Fate::RolledBack) => callback,
            _ => continue,
        };
        if let Err(payload) = catch_unwind(AssertUnwindSafe(callback)) {
            panic.get_or_insert(payload);
        }
    }
    if let Some(payload) = panic
        && !std::thread::panicking()
    {
        resume_unwind(payload);
    }
}
