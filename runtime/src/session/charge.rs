//! An operation of a session, counted before it is sent, so that the last one that is allowed isn't run twice.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Session;

/// An operation that was counted. It is given back when this is dropped, unless it was sent.
#[derive(Debug, Default)]
pub(crate) struct Charge<'s> {
    /// `None` where nothing is counted.
    session: Option<&'s Session>,
    is_sent: AtomicBool,
}

impl<'s> Charge<'s> {
    pub(super) fn of(session: &'s Session) -> Self {
        Self {
            session: Some(session),
            is_sent: AtomicBool::new(false),
        }
    }

    /// It goes out, and counts.
    pub(crate) fn sent(&self) {
        self.is_sent.store(true, Ordering::Relaxed);
    }
}

impl Drop for Charge<'_> {
    fn drop(&mut self) {
        if let Some(session) = self.session
            && !*self.is_sent.get_mut()
        {
            session.refund_operation();
        }
    }
}
