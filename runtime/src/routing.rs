//! Which node serves a call.

mod choice;
mod config;

pub use config::{Consistency, Routing, Strategy};
