//! Pure algorithms: no clock, no randomness, no I/O; what they need to know is an argument.

pub(crate) mod backoff;
pub(crate) mod balance;
pub(crate) mod breaker;
pub(crate) mod budget;
pub(crate) mod codel;
pub(crate) mod elastic;
pub(crate) mod freshness;
pub(crate) mod hedge;
pub(crate) mod histogram;
pub(crate) mod latency;
pub(crate) mod rate;
pub(crate) mod rendezvous;
pub(crate) mod time_limit;
pub(crate) mod usage;
