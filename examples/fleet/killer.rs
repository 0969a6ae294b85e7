//! Kills the fleet's connections at random, behind its back.

use std::ops::RangeInclusive;
use std::time::Instant;

use wharf::prelude::*;

use crate::backends::Backends;

const PAUSE_MS: RangeInclusive<u64> = 100..=500;

/// Kills one connection after the other until the time is up; how many there were.
pub(crate) async fn run(
    backends: &Backends,
    mut random: fastrand::Rng,
    until: Instant,
) -> Result<u64> {
    let mut killed = 0;
    loop {
        let pause = Duration::from_millis(random.u64(PAUSE_MS));
        if Instant::now() + pause >= until {
            return Ok(killed);
        }
        tokio::time::sleep(pause).await;
        if let Some(id) = random.choice(backends.list().await?) {
            killed += u64::from(backends.kill(id).await?);
        }
    }
}
