//! What a transaction is asked for, and what is open in it. Sends nothing: `unit_of_work/` does.

mod options;
mod stack;

pub use options::{Isolation, Propagation, TransactionOptions};
pub(crate) use stack::{Action, LevelId, Refusal, Stack};
