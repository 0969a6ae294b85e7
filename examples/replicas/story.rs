//! The lines that are printed, each with its time.

use std::fmt::Display;
use std::time::Instant;

/// Everybody who tells something has a copy.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    began: Instant,
}

impl Story {
    pub(crate) fn begin() -> Self {
        Self {
            began: Instant::now(),
        }
    }

    pub(crate) fn tell(&self, what: impl Display) {
        println!("{:7.3} s  {what}", self.began.elapsed().as_secs_f64());
    }
}
