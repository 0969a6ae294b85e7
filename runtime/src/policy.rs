//! Pure algorithms: no clock, no randomness, no I/O; what they need to know is an argument.

pub(crate) mod backoff;
