//! A borrowed connection, which comes back when dropped.

use std::backtrace::Backtrace;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::config::Hook;
use super::holder::{Holder, Reclaim};
use super::quarantine::{self, CANCEL_AFTER, ping};
use super::refusal::CloseReason;
use super::shared::{Pool, Shared};
use super::slot::{Anchor, Loan, Slot};
use super::slots::SlotGuard;
use crate::clock::Time;
use crate::driver::{
    Answer, Command, Connection, Request, Settled, Stop, Wire, commit_unknown, stop,
};
use crate::error::{Error, ErrorKind, Outcome, Result};

/// How long a statement that was told to stop may take to do so. Then the connection is left to the quarantine.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// A borrowed connection, which comes back when dropped: to the next in line if it is clean, else to quarantine.
///
/// It borrows its pool as well, for the length of a call; who keeps it for longer [`detach`](Self::detach)es it.
#[derive(Debug)]
pub(crate) struct Lease<'p> {
    way: Way<'p>,
    /// `None` only while it is being given back.
    loan: Option<Box<Loan>>,
}

/// The way back to the pool.
#[derive(Debug)]
enum Way<'p> {
    Borrowed(&'p Pool),
    Own(Arc<Anchor>),
}

impl Way<'_> {
    fn shared(&self) -> &Shared {
        match self {
            Self::Borrowed(pool) => pool.shared(),
            Self::Own(anchor) => &anchor.0,
        }
    }
}

impl<'p> Lease<'p> {
    pub(super) fn new(pool: &'p Pool, loan: Box<Loan>) -> Self {
        Self {
            way: Way::Borrowed(pool),
            loan: Some(loan),
        }
    }

    /// The same lease, which keeps its pool alive by itself.
    pub(crate) fn detach(mut self) -> Lease<'static> {
        let anchor = match &self.way {
            Way::Borrowed(pool) => {
                let anchor = self.slot().and_then(|own| own.anchor.clone());
                // The slot of a lease has one.
                anchor.unwrap_or_else(|| Arc::new(Anchor(pool.to_shared())))
            }
            Way::Own(anchor) => anchor.clone(),
        };
        Lease {
            way: Way::Own(anchor),
            loan: self.loan.take(),
        }
    }

    /// Its slot, locked.
    fn slot(&self) -> Option<SlotGuard<'_, Slot>> {
        let loan = self.loan.as_ref()?;
        Some(self.shared().core.slot(loan.slot))
    }

    fn update_holder(&self, with: impl FnOnce(&mut Holder)) {
        if let Some(mut own) = self.slot() {
            own.holder.as_mut().map(with);
        }
    }

    fn shared(&self) -> &Shared {
        self.way.shared()
    }

    /// Says who can give the connection back when it is held for too long, and when that is at the latest.
    pub(crate) fn held_by(&self, unit: Weak<dyn Reclaim>, deadline: Option<Instant>) {
        self.update_holder(|holder| {
            let more = holder.more();
            more.reclaim = Some(unit);
            more.deadline = deadline.map(Time::of);
        });
    }

    /// Says where it was borrowed, call by call.
    pub(super) fn note_backtrace(&self, backtrace: Backtrace) {
        self.update_holder(|holder| holder.more().backtrace = Some(Arc::new(backtrace)));
    }

    /// Notes what is sent, for whoever asks what a connection is doing.
    fn note(&self, request: &Request) {
        let now = Time::coarse();
        if let Some(mut own) = self.slot() {
            own.statement = Some(request.operation.name);
            own.sent_at = now;
        }
    }

    /// Has the connection closed when it comes back.
    pub(crate) fn mark_for_recycling(&mut self, reason: CloseReason) {
        if let Some(loan) = &mut self.loan {
            loan.end = Some(reason);
        }
    }

    /// Lets the program look at the connection; `false` when it doesn't want it.
    pub(super) async fn look(&mut self, hook: &Hook<bool>) -> bool {
        let Some(wire) = self.wire() else {
            return false;
        };
        let answer = quarantine::look(wire, hook).await;
        let is_wanted = matches!(answer, Ok(true));
        if !is_wanted {
            self.mark_for_recycling(CloseReason::HookRefused);
        }
        is_wanted
    }

    /// Sends a request and waits for its whole answer.
    ///
    /// # Cancel safety
    /// The exchange stays on the wire; the next call, or the quarantine, finishes it.
    pub(crate) async fn exchange(&mut self, request: Request) -> Result<Answer> {
        self.note(&request);
        match self.wire() {
            Some(wire) => wire.exchange(request).await,
            None => Err(gone()),
        }
    }

    /// Starts a stream: sends a request without waiting for anything.
    pub(crate) fn start(&mut self, request: Request) -> Result<()> {
        self.note(&request);
        self.wire().ok_or_else(gone)?.start(request)
    }

    /// As [`exchange`](Self::exchange), until a deadline. Past it the statement is stopped on the server, and the connection can be used at once.
    /// One that ends by itself in the same moment keeps its answer. A commit is not stopped: it decides for itself.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] past the deadline; [`ErrorKind::CommitUnknown`] for a commit, which is still on the wire then.
    ///
    /// # Cancel safety
    /// As [`Lease::exchange`].
    pub(crate) async fn exchange_until(
        &mut self,
        request: Request,
        deadline: Option<Instant>,
    ) -> Result<Answer> {
        let Some(deadline) = deadline else {
            return self.exchange(request).await;
        };
        let command = request.command;
        // One that is quick enough would never be stopped in time, and the limit never be felt.
        if command.may_be_stopped() && Instant::now() >= deadline {
            let error = Error::new(
                ErrorKind::Timeout,
                "the statement's time was up before it was sent",
            );
            return Err(error.with_outcome(Outcome::NotSent));
        }
        let began = Instant::now();
        if let Ok(answer) = tokio::time::timeout_at(deadline.into(), self.exchange(request)).await {
            return answer;
        }
        if command == Command::Commit {
            return Err(commit_unknown());
        }
        let stopped = tokio::time::timeout(STOP_LIMIT, self.stop(Duration::ZERO)).await;
        let used = began.elapsed();
        let timed_out = |how: &str| {
            let message = format!("the statement's time is up: {how} after {used:.1?}");
            Error::new(ErrorKind::Timeout, message)
        };
        match stopped {
            Ok(Some(Settled {
                answer: Err(error), ..
            })) if error.kind() == ErrorKind::Cancelled => {
                Err(timed_out("stopped").with_outcome(Outcome::RolledBack))
            }
            Ok(Some(Settled { answer })) => answer,
            _ => {
                let wire = self.wire();
                let outcome = wire.map_or(Outcome::RolledBack, |wire| wire.outcome_unread());
                Err(timed_out("given up").with_outcome(outcome))
            }
        }
    }

    /// Finishes what a former caller abandoned: has it stopped, unless it is a stream that somebody had enough of, whose
    /// rest is read, since stopping it would fail the transaction on PostgreSQL.
    ///
    /// # Cancel safety
    /// Safe: the exchange stays on the wire.
    pub(crate) async fn settle(&mut self) -> Option<Settled> {
        let wire = self.wire()?;
        if wire.is_streaming() {
            wire.settle().await
        } else {
            self.stop(CANCEL_AFTER).await
        }
    }

    /// Has the server stop what runs now, if that still runs after a time.
    pub(crate) fn ask_to_stop(&self, patience: Duration) {
        if let Some(wanted) = self.running() {
            self.shared().ask_to_stop(wanted, patience);
        }
    }

    /// Has the server stop what runs now soon after a deadline, when the pool looks at the time. `false` when nothing runs
    /// that may be stopped.
    pub(crate) fn stop_at(&self, deadline: Instant) -> bool {
        let Some(wanted) = self.running() else {
            return false;
        };
        let deadline = Time::of(deadline);
        self.update_holder(|holder| holder.more().stops = Some((deadline, wanted)));
        true
    }

    /// Takes back what [`stop_at`](Self::stop_at) said.
    pub(crate) fn let_run(&self) {
        self.update_holder(|holder| holder.more().stops = None);
    }

    /// What runs now, if that may be stopped.
    fn running(&self) -> Option<Stop> {
        self.loan.as_ref()?.wire.stopper().running()
    }

    async fn stop(&mut self, patience: Duration) -> Option<Settled> {
        let shared = self.way.shared();
        let ask = |wanted| shared.ask_to_stop(wanted, Duration::ZERO);
        stop(&mut self.loan.as_mut()?.wire, patience, ask).await
    }

    /// Whether a request is out whose answer isn't in.
    pub(crate) fn is_in_flight(&self) -> bool {
        let loan = self.loan.as_ref();
        loan.is_some_and(|loan| loan.wire.in_flight().is_some())
    }

    pub(super) fn is_clean(&self) -> bool {
        let loan = self.loan.as_ref();
        loan.is_some_and(|loan| loan.wire.is_clean())
    }

    pub(crate) fn wire(&mut self) -> Option<&mut Wire> {
        self.loan.as_mut().map(|loan| &mut loan.wire)
    }

    pub(crate) fn connection(&mut self) -> Option<&mut Connection> {
        self.wire()?.connection()
    }

    /// Whether the server is still there.
    pub(super) async fn ping(&mut self) -> bool {
        let is_there = self.exchange(ping()).await.is_ok();
        if !is_there {
            self.mark_for_recycling(CloseReason::ValidationFailed);
        }
        is_there
    }
}

impl Drop for Lease<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(loan) = self.loan.take() {
            self.shared().take_back(loan);
        }
    }
}

/// Somebody waits for an answer on a lease that will outlive the wait. Who leaves before it is there has the statement
/// stopped on the server; whoever uses the lease next finishes it.
#[derive(Debug)]
pub(crate) struct Waiting<'a>(pub(crate) &'a mut Lease<'static>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.ask_to_stop(CANCEL_AFTER);
    }
}

fn gone() -> Error {
    Error::new(
        ErrorKind::ConnectionLost,
        "the connection has been given back",
    )
}
