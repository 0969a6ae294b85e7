//! A stream of rows on a unit of work, which holds the connection until it ends.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::OwnedMutexGuard;

use super::carrier::Carrier;
use super::core::{Core, ended};
use super::hooks::{self, Fate};
use crate::driver::{By, FromRow, Hold, Request, RowStream, Wire, row_channel};
use crate::error::{Error, ErrorKind, Result};
use crate::policy::time_limit::Deadline;
use crate::session::{Busy, Slot};
use crate::transaction::{Action, LevelId};

/// What a stream on a unit of work holds.
#[derive(Debug)]
pub(crate) struct StreamHold {
    // Dropped before the connection is anybody else's.
    _busy: Option<Busy>,
    carrier: OwnedMutexGuard<Carrier>,
    core: Arc<Core>,
    deadline: Option<Deadline>,
}

impl Hold for StreamHold {
    fn wire(&mut self) -> Option<&mut Wire> {
        self.carrier.lease.as_mut()?.wire()
    }

    fn stop(&mut self) {
        if let Some(lease) = &self.carrier.lease {
            lease.ask_to_stop(Duration::ZERO);
        }
    }

    fn stop_at(&mut self, deadline: Instant) -> bool {
        let lease = self.carrier.lease.as_ref();
        lease.is_some_and(|lease| lease.stop_at(deadline))
    }

    fn explain(&self, error: Error) -> Error {
        match &self.deadline {
            Some(deadline) => self.core.begin.explain(deadline, error),
            None => error,
        }
    }

    fn given_up(&mut self, error: &Error) {
        // What it did is unknown, and may still be found out to have gone well.
        self.core.stack().doom_all(&error.to_shared());
    }

    fn ended(&mut self, problem: Option<&Error>) {
        if let Some(error) = problem {
            self.core.note(error);
        }
        let (_, undone) = self.core.stack().answered(problem.map(Error::to_shared));
        hooks::run(undone, Fate::RolledBack);
    }
}

impl Drop for StreamHold {
    fn drop(&mut self) {
        if let (Some(_), Some(lease)) = (&self.deadline, &self.carrier.lease) {
            // Its rest is read, however long that takes: stopping it would doom the unit.
            lease.let_run();
        }
        // What is left of its rows is read by whoever comes next, who also tells the stack how it ended.
        self.core.is_streaming.store(false, Ordering::Relaxed);
    }
}

impl Core {
    /// Whether no stream holds the connection: waiting for one that the caller holds would be for ever.
    pub(super) fn check_streams(&self) -> Result<()> {
        if self.is_streaming.load(Ordering::Relaxed) {
            let message =
                "a stream on this unit of work is open; read it to its end or drop it first";
            return Err(Error::new(ErrorKind::UnitOfWorkSuspended, message));
        }
        Ok(())
    }

    /// Starts a stream of rows, which holds the connection until it ends.
    pub(super) async fn stream<T: FromRow>(
        self: Arc<Self>,
        level: LevelId,
        mut request: Request,
        by: By,
    ) -> Result<RowStream<T, StreamHold>> {
        let charge = self.admit(level, &request)?;
        let mut carrier = self.ready(level).await?;
        let (sender, receiver) = row_channel();
        let Some(lease) = &mut carrier.lease else {
            return Err(ended());
        };
        request.sender = Some(sender);
        lease.start(request)?;
        charge.sent();
        drop(charge);
        self.stack().sent(Action::Stream { level });
        self.is_streaming.store(true, Ordering::Relaxed);
        let deadline = self.statement_deadline();
        let hold = StreamHold {
            _busy: carrier.slot.as_ref().map(Slot::busy),
            carrier,
            core: self,
            deadline,
        };
        Ok(RowStream::new(
            hold,
            receiver,
            by,
            deadline.map(|deadline| deadline.at),
        ))
    }
}
