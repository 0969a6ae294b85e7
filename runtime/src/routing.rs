//! Which node serves a call.

mod config;

pub use config::{Consistency, Routing, Strategy};
