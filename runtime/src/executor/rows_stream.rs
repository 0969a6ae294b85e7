//! Rows, one after the other, while the rest is still coming.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_util::{Stream, StreamExt};

use super::{On, Target};
use crate::database::Database;
use crate::driver::{By, FromRow, Hold, Request, RowStream, Wire, row_channel};
use crate::error::{Error, Result};
use crate::policy::time_limit::Deadline;
use crate::pool::Lease;
use crate::routing::Route;
use crate::session::{Session, Slot, explain};
use crate::topology::{Access, NodeId};
use crate::unit_of_work::Handle;

impl Target<'_> {
    /// Starts a stream of rows.
    async fn stream<T: FromRow + Send + 'static>(
        self,
        mut request: Request,
        by: By,
    ) -> Result<Running<T>> {
        if let Some(unit) = self.unit() {
            return Ok(Box::pin(unit.stream(request, by).await?));
        }
        let access = Access::of(request.operation.writes);
        let admitted = self.admit(&request).await?;
        let mut berth = self.route().lease(access, &admitted.options).await?;
        let (sender, receiver) = row_channel();
        request.sender = Some(sender);
        berth.lease.start(request)?;
        admitted.charge.sent();
        let (route, node) = (self.route().clone(), berth.member.id);
        let deadline = self.deadline();
        let hold = StreamHold {
            lease: berth.lease,
            _slot: admitted.slot,
            written: (access == Access::Write).then(|| (route.clone(), node)),
            limit: deadline.map(|deadline| (deadline, self.session().cloned())),
        };
        let rows = RowStream::new(hold, receiver, by, deadline.map(|deadline| deadline.at));
        // A statement sees one state, so what the first row shows is as late as it gets.
        let mut unseen = Some(node);
        Ok(Box::pin(rows.inspect(move |_| {
            if let Some(node) = unseen.take() {
                route.saw(node);
            }
        })))
    }

    /// What keeps this target alive without borrowing it.
    fn to_owned(self) -> Owned {
        let on = match self.on {
            On::Database(database) => OwnedOn::Database(database.clone()),
            On::Session(session) => OwnedOn::Session(session.clone()),
            On::Unit(unit) => OwnedOn::Unit(unit.clone()),
        };
        let caller = self.caller;
        Owned { on, caller }
    }
}

/// A target that borrows nothing, for streams, which outlive the call that made them.
struct Owned {
    on: OwnedOn,
    caller: &'static Location<'static>,
}

enum OwnedOn {
    Database(Database),
    Session(Session),
    Unit(Handle),
}

impl Owned {
    fn target(&self) -> Target<'_> {
        let on = match &self.on {
            OwnedOn::Database(database) => On::Database(database),
            OwnedOn::Session(session) => On::Session(session),
            OwnedOn::Unit(unit) => On::Unit(unit),
        };
        let caller = self.caller;
        Target { on, caller }
    }
}

/// What a stream outside of any unit holds.
struct StreamHold {
    lease: Lease<'static>,
    _slot: Option<Slot>,
    /// Where it may have changed something, for those who read next.
    written: Option<(Route, NodeId)>,
    /// When it must have ended, and whose session's limits apply.
    limit: Option<(Deadline, Option<Session>)>,
}

impl Drop for StreamHold {
    fn drop(&mut self) {
        if let Some((route, node)) = &self.written {
            route.committed(*node, None);
        }
    }
}

impl Hold for StreamHold {
    fn wire(&mut self) -> Option<&mut Wire> {
        self.lease.wire()
    }

    fn stop(&mut self) {
        self.lease.ask_to_stop(Duration::ZERO);
    }

    fn stop_at(&mut self, deadline: Instant) -> bool {
        self.lease.stop_at(deadline)
    }

    fn explain(&self, error: Error) -> Error {
        match &self.limit {
            Some((deadline, session)) => explain(session.as_ref(), deadline, error),
            None => error,
        }
    }
}

type Running<T> = Pin<Box<dyn Stream<Item = Result<T>> + Send>>;
type Starting<T> = Pin<Box<dyn Future<Output = Result<Running<T>>> + Send>>;

/// Rows, one after the other, while the rest is still coming.
///
/// Holds a connection from its first poll to its end. Dropped early it gives the connection back at once; the pool has
/// the server stop what is left.
#[must_use = "a stream does nothing until it is polled"]
pub struct RowsStream<T> {
    stage: Stage<T>,
}

enum Stage<T> {
    /// -> `Running` when the request is out; -> `Ended` when that failed.
    Starting(Starting<T>),
    /// -> `Ended` after the last row.
    Running(Running<T>),
    Ended,
}

impl<T: FromRow + Send + 'static> RowsStream<T> {
    /// A stream that sends its request when first polled.
    pub(crate) fn new(target: Target<'_>, request: Result<Request>, by: By) -> Self {
        let owned = target.to_owned();
        let starting = async move { owned.target().stream(request?, by).await };
        Self {
            stage: Stage::Starting(Box::pin(starting)),
        }
    }
}

impl<T> Stream for RowsStream<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match &mut self.stage {
                Stage::Starting(starting) => match ready!(starting.as_mut().poll(cx)) {
                    Ok(running) => self.stage = Stage::Running(running),
                    Err(error) => {
                        self.stage = Stage::Ended;
                        return Poll::Ready(Some(Err(error)));
                    }
                },
                Stage::Running(rows) => {
                    let row = ready!(rows.as_mut().poll_next(cx));
                    if row.is_none() {
                        self.stage = Stage::Ended;
                    }
                    return Poll::Ready(row);
                }
                Stage::Ended => return Poll::Ready(None),
            }
        }
    }
}

impl<T> std::fmt::Debug for RowsStream<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.stage {
            Stage::Starting(_) => "RowsStream(starting)",
            Stage::Running(_) => "RowsStream(running)",
            Stage::Ended => "RowsStream(ended)",
        })
    }
}
