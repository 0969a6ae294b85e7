//! How long a stream may take.
//!
//! At the deadline whoever reads it has it stopped on the server; asks again, since a stop that comes too early does
//! nothing; and gives up in the end, since a server may not answer. The pool does it where nobody reads on.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use super::hold::Hold;
use crate::error::{Error, ErrorKind, Outcome};

/// The first pause before a server is asked again; then twice as long, and so on.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// How long the stream's end is waited for when the server has been asked.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// How long a stream may take.
#[derive(Debug)]
pub(super) struct StreamLimit {
    deadline: Instant,
    /// When to ask again.
    alarm: Pin<Box<Sleep>>,
    pause: Duration,
    /// When the server was first asked to stop it.
    asked_at: Option<Instant>,
    /// Whether the pool knows the deadline.
    is_known: bool,
}

impl StreamLimit {
    pub(super) fn new(deadline: Instant) -> Self {
        Self {
            deadline,
            alarm: Box::pin(tokio::time::sleep_until(deadline.into())),
            pause: FIRST_PAUSE,
            asked_at: None,
            is_known: false,
        }
    }

    /// Looks at the time, while the exchange is out; ready with what is said when the server didn't stop it in time.
    pub(super) fn poll(&mut self, holder: &mut impl Hold, cx: &mut Context<'_>) -> Poll<Error> {
        if !self.is_known {
            self.is_known = holder.stop_at(self.deadline);
        }
        loop {
            ready!(self.alarm.as_mut().poll(cx));
            let now = Instant::now();
            // Nobody may have looked for long after the deadline.
            let asked_at = *self.asked_at.get_or_insert(now);
            if now >= asked_at + STOP_LIMIT {
                let wire = holder.wire();
                let outcome = wire.map_or(Outcome::RolledBack, |wire| wire.outcome_unread());
                let error = timed_out("given up").with_outcome(outcome);
                return Poll::Ready(holder.explain(error));
            }
            holder.stop();
            self.alarm.as_mut().reset((now + self.pause).into());
            self.pause *= 2;
        }
    }

    /// What is said of an exchange that failed: that its time was up, if that was the reason.
    pub(super) fn explain(&self, error: Error, holder: &impl Hold) -> Error {
        if error.kind() != ErrorKind::Cancelled || Instant::now() < self.deadline {
            return error;
        }
        holder.explain(timed_out("stopped").with_outcome(error.outcome()))
    }
}

fn timed_out(how: &str) -> Error {
    let message = format!("the statement's time is up: {how} while its rows were read");
    Error::new(ErrorKind::Timeout, message)
}
