//! Who holds the wire of a stream of rows: a connection that was borrowed for it, or a unit of work's.

use std::time::Instant;

use super::wire::Wire;
use crate::error::Error;

/// Who holds the wire of a stream, and gives it back when dropped.
pub(crate) trait Hold {
    fn wire(&mut self) -> Option<&mut Wire>;

    /// Has the server stop what runs now.
    fn stop(&mut self);

    /// Has the server stop what runs now a second after the deadline at the latest, though nobody reads on until then.
    /// `false` when nothing runs that may be stopped.
    fn stop_at(&mut self, deadline: Instant) -> bool;

    /// What is said of a stream that ran into its deadline.
    fn explain(&self, error: Error) -> Error;

    /// The server didn't stop it in time, so how it ends is unknown.
    fn given_up(&mut self, _error: &Error) {}

    /// The exchange has ended, while somebody still read its rows.
    fn ended(&mut self, _problem: Option<&Error>) {}
}
