//! What the tests of Wharf stand on: real servers, faults on the wire, and futures that are dropped half-way.

mod address;
pub mod bouncer;
pub mod cancel;
pub mod cluster;

mod directory;
mod eventually;
mod mariadb;
mod postgres;
mod process;
mod programs;
pub mod proxy;
pub mod server;
mod supervisor;

pub use eventually::eventually;
