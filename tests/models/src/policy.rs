//! The policies that the pool's state asks, as the runtime has them.

#[path = "../../../runtime/src/policy/codel.rs"]
pub(crate) mod codel;
#[path = "../../../runtime/src/policy/elastic.rs"]
pub(crate) mod elastic;
#[path = "../../../runtime/src/policy/histogram.rs"]
pub(crate) mod histogram;
