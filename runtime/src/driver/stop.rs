//! Stopping a statement, and knowing that nothing of the stop is left over.
//!
//! On a server a cancel hits a process, and not a statement: it may arrive when the statement has just ended and the next
//! one runs. What makes it safe is that there is no next one until
//!
//! 1. the statement's answer is in;
//! 2. the control connection has its answer, so that the signal has been sent and no other will be;
//! 3. a barrier has passed: one round trip that may itself be cancelled, and takes the signal if it was still under way.
//!
//! All three are a part of the exchange (see `Connection::run`), so a wire on which any of them is missing has an exchange
//! on it, and nobody can send anything. When the second one fails, so that nobody knows whether a cancel is still to
//! come, the connection is given up.
//!
//! A cancel can also come too early, between a statement's preparation and its execution, and do nothing. So who waits
//! for a statement to stop asks again, and again, with growing pauses.

use std::sync::Arc;
use std::time::Duration;

use super::control::SharedControl;
use super::interrupt::Interrupt;
use super::wire::{Settled, Wire};
use crate::error::Outcome;

/// The first pause before a server is asked again; then twice as long, and so on.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Stops what runs on one connection. A handle: clones stop the same.
#[derive(Debug, Clone)]
pub(crate) struct Stopper {
    pub(super) interrupt: Arc<Interrupt>,
    /// What a cancel names; 0 on SQLite, which runs in this process and only looks at a flag.
    pub(super) process: u64,
}

/// One statement that is to be stopped.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    stopper: Stopper,
    number: u64,
}

impl Stopper {
    /// What a cancel names; 0 on SQLite.
    pub(crate) fn process(&self) -> u64 {
        self.process
    }

    /// What runs now, if that may be stopped.
    pub(crate) fn running(&self) -> Option<Stop> {
        Some(Stop {
            number: self.interrupt.running()?,
            stopper: self.clone(),
        })
    }

    /// Whether a commit is out, which decides for itself.
    pub(crate) fn is_deciding(&self) -> bool {
        self.interrupt.is_deciding()
    }

    /// Cuts the connection off: whoever waits for an answer on it is told why instead, and its socket closes.
    pub(crate) fn sever(&self, why: &Arc<str>) {
        self.interrupt.sever(why);
    }

    /// Stops a statement, if that is still out. A commit has no number, so it can't be named here.
    ///
    /// # Cancel safety
    /// Dropped in between, it is unknown whether a cancel is still to come, and the connection is given up.
    pub(crate) async fn stop_statement(&self, number: u64, control: &SharedControl) {
        if self.process == 0 {
            self.interrupt.flag(number);
            return;
        }
        let Some(claim) = self.interrupt.claim(number) else {
            return;
        };
        match control.cancel(self.process).await {
            Ok(()) => claim.answered(),
            Err(error) => {
                tracing::warn!(error = %error, process = self.process, "a statement could not be cancelled");
                if error.outcome() != Outcome::Unknown {
                    claim.answered();
                }
            }
        }
    }
}

impl Stop {
    /// Stops the statement; see [`Stopper::stop_statement`].
    pub(crate) async fn carry_out(&self, control: &SharedControl) {
        self.stopper.stop_statement(self.number, control).await;
    }

    /// Stops the statement, and asks again as long as it goes on: a cancel that comes too early does nothing.
    ///
    /// # Cancel safety
    /// As [`Stopper::stop_statement`].
    pub(crate) async fn insist(&self, control: &SharedControl) {
        let mut pause = FIRST_PAUSE;
        loop {
            self.carry_out(control).await;
            tokio::time::sleep(pause).await;
            if self.stopper.interrupt.running() != Some(self.number) {
                return;
            }
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }
}

/// Finishes the exchange on a wire, if there is one: waits for `patience`, then has it stopped by `ask`, which must not
/// be dropped with this, and asks again until the exchange has ended. What may not be stopped is waited for.
///
/// # Cancel safety
/// Safe: the exchange stays on the wire.
pub(crate) async fn stop(
    wire: &mut Wire,
    patience: Duration,
    ask: impl Fn(Stop),
) -> Option<Settled> {
    let mut pause = patience;
    loop {
        if let Ok(settled) = tokio::time::timeout(pause, wire.settle()).await {
            return settled;
        }
        let Some(stop) = wire.stopper().running() else {
            return wire.settle().await;
        };
        ask(stop);
        pause = (2 * pause).clamp(FIRST_PAUSE, LONGEST_PAUSE);
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests;
