//! What a transaction is asked for, and what is open in it. Sends nothing: `unit_of_work/` does.

mod guard;
mod options;
mod stack;

pub use guard::{CommitOutcome, guard_migration};
pub(crate) use guard::{Entry, EntryRow, GuardRow, explain_guard, guard_sql};
pub(crate) use options::CommitSql;
pub use options::{Isolation, Propagation, TransactionOptions};
pub(crate) use stack::{Action, LevelId, Refusal, Stack};
