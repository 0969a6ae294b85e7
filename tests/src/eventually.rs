//! Waiting for what nobody can be told of: how a pool or a server stands.

use std::time::{Duration, Instant};

use wharf::Result;

/// Many times what anybody waits for; less than what a test may take, so that it fails with what it waited for.
const LIMIT: Duration = Duration::from_secs(45);
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

/// Waits until something is so.
///
/// # Panics
/// When it isn't after 45 s, saying what was waited for.
///
/// # Cancel safety
/// Dropping it drops the look that is under way.
pub async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + LIMIT;
    while !is_so().await? {
        assert!(Instant::now() < deadline, "it never came about: {what}");
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    Ok(())
}
