//! Which node serves a call: the primary, or a replica that knows enough. Sends nothing.
//!
//! Terms: *wishes* are what a caller says about its reads; a *route* is the way of all calls of one handle; a *trip* is one
//! call on its way, which makes *stops*.

mod causality;
mod changes;
mod choice;
mod config;
mod explanation;
mod guarding;
mod lineup;
mod refusal;
mod route;
mod router;
mod settlement;
mod stats;
mod stop;
mod trip;

pub use config::{Consistency, Routing, Strategy};
pub use explanation::Explanation;
pub(crate) use guarding::Guarding;
pub(crate) use route::{Berth, Route};
pub(crate) use router::Router;
pub use stats::RoutingStats;
pub(crate) use stop::Stop;
pub(crate) use trip::{Doing, Trip};
