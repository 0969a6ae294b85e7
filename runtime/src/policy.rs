//! Pure algorithms: no clock, no randomness, no I/O; what they need to know is an argument.

pub(crate) mod backoff;
#[allow(dead_code, reason = "the pool doesn't shed yet")]
pub(crate) mod codel;
#[allow(dead_code, reason = "the pool has one size yet")]
pub(crate) mod elastic;
#[allow(dead_code, reason = "the pool validates by a constant yet")]
pub(crate) mod freshness;
#[allow(dead_code, reason = "the pool measures nothing yet")]
pub(crate) mod histogram;
#[allow(dead_code, reason = "the pool measures nothing yet")]
pub(crate) mod rate;
#[allow(dead_code, unreachable_pub, reason = "the pool measures nothing yet")]
pub(crate) mod usage;
