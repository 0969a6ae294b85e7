//! Units of work: transactions with savepoints, all or nothing at every await.
//!
//! What is open and what is doomed is decided by `transaction::Stack`; `core` sends what follows from it.

mod begin;
mod carrier;
mod core;
mod ending;
mod handle;
mod hooks;
mod mode;
mod raw;
mod reclaim;
mod reference;
mod resolver;
mod savepoint;
mod scope;
mod stream;
mod sweeper;

pub(crate) use begin::Begin;
pub use handle::{Receipt, UnitOfWork};
pub use mode::{Mode, ReadOnly, ReadWrite};
pub use raw::RawUnit;
pub(crate) use reference::Handle;
pub(crate) use resolver::{entries, resolve, since_1970};
pub use savepoint::Savepoint;
pub use scope::AsyncUnit;
pub(crate) use scope::asking;
