//! Connections to one node: who holds them, who waits for one, when to open and to retire them. Sends no SQL of its own
//! but what makes a connection clean again.
//!
//! Terms: a *slot* is room for one connection; a *lease* is a borrowed connection; a connection that comes back in any
//! state but clean is in *quarantine* until it is clean or closed.
//!
//! All decisions are made by [`state`], which is pure; `shared` holds it behind one lock together with the connections;
//! `keeper` is the one task of a pool, which opens, cleans and closes.

mod config;
mod holder;
mod keeper;
mod lease;
mod shared;
mod state;
mod waiting;

pub use config::PoolConfig;
pub(crate) use holder::Runner;
pub use holder::Site;
pub(crate) use lease::Lease;
pub(crate) use shared::{AcquireOptions, Pool, Purpose};
