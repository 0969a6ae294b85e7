//! Connections to one node: who holds them, who waits for one, when to open and to retire them. Sends no SQL of its own
//! but what makes a connection clean again.
//!
//! Terms: a *slot* is room for one connection; a *lease* is a borrowed connection; a *unit* is a partition's right to one
//! connection, and who has none is *parked*; a connection that comes back in any state but clean is in *quarantine* until it
//! is clean or closed.
//!
//! A checkout and a clean return meet in [`slots`] and [`units`], where nobody locks more than one slot. All other decisions are
//! made by [`state`], which is pure; [`core`] holds both together and wakes who waits; `shared` lends and takes back;
//! `keeper` is the one task of a pool, which opens, cleans, stops and closes.

mod acquire;
mod age;
mod caller;
mod closing;
mod config;
mod core;
mod desk;
mod flow;
mod holder;
mod idle;
mod keeper;
mod leaks;
mod lease;
mod line;
mod partition;
mod priority;
mod quarantine;
mod queue;
mod refusal;
mod rooms;
mod severing;
mod shared;
mod site;
mod slot;
mod slots;
mod state;
mod stats;
mod sync;
mod tally;
mod units;
mod waiter;
mod waiting;

pub(crate) use acquire::{AcquireOptions, Purpose};
pub(crate) use caller::Caller;
pub use closing::CloseReport;
pub use config::{HookError, HookFuture, PoolConfig, Recycling, Shedding, Sizing};
pub(crate) use holder::Reclaim;
pub(crate) use lease::{Lease, Waiting};
pub use partition::{Affinity, PartitionKey, PartitionKind, PartitionLimits};
pub use priority::Priority;
pub use refusal::CloseReason;
pub(crate) use shared::Pool;
pub(crate) use site::Runner;
pub use site::Site;
pub use state::Position;
pub use stats::{PartitionStats, Percentiles, PoolStats};
