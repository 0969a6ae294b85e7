//! Where those stand who wait, as a session sees it of its own calls.
#![deny(clippy::disallowed_methods)]

use std::time::Duration;

use super::State;
use crate::clock::Time;
use crate::pool::waiter::CallerId;

/// Where somebody stands who waits for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Position {
    /// How many go first.
    pub ahead: usize,
    /// How long it has waited.
    pub waited: Duration,
    /// How long the rest may take, by how fast the line has been moving; `None` before anybody was served.
    pub expected_wait: Option<Duration>,
    /// Whether it waits for a limit of its partition, and not in the line.
    pub is_parked: bool,
}

impl State {
    /// Places and expected waits of a session's calls.
    pub(crate) fn positions(&self, now: Time, caller: CallerId) -> Vec<Position> {
        let own = self
            .line
            .waiting()
            .filter(|(_, waiter)| waiter.ask.caller == Some(caller));
        let mut positions: Vec<Position> = own
            .map(|(ticket, waiter)| {
                let ahead = self.line.ahead_of(ticket).unwrap_or_default();
                let turns = u32::try_from(ahead + 1).unwrap_or(u32::MAX);
                Position {
                    ahead,
                    waited: now.since(waiter.since),
                    expected_wait: self
                        .drain
                        .map(|drain| Duration::from_nanos((drain * f64::from(turns)) as u64)),
                    is_parked: !waiter.is_in_line(),
                }
            })
            .collect();
        positions.sort_by_key(|position| position.ahead);
        positions
    }
}
