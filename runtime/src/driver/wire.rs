//! A connection with at most one exchange on it.
//!
//! An exchange that has begun is never dropped half-way: its future lives here and not in the future of whoever asked
//! for it. A caller that goes away abandons it, and whoever uses the wire next finishes it first. So no protocol is ever
//! left in the middle of a message, which MariaDB's prepare, for one, would not survive.
//!
//! The one exception: a wire that is severed, since its server says nothing any more, drops its exchange, and with it the
//! connection.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::answer::Answer;
use super::connection::Connection;
use super::failure::{severed, severed_before};
use super::request::{Command, Request};
use super::state::State;
use super::statements::StatementCounts;
use super::stop::Stopper;
use crate::error::{Error, ErrorKind, Outcome, Result};

type Ended = (Box<Connection>, Result<Answer>);

/// A request that is out.
struct Exchange {
    command: Command,
    writes: bool,
    in_transaction: bool,
    answer: Pin<Box<dyn Future<Output = Ended> + Send>>,
}

/// A connection with at most one exchange on it.
pub(crate) struct Wire {
    /// `None` while an exchange has it, and when it went down with one that was severed.
    connection: Option<Box<Connection>>,
    exchange: Option<Exchange>,
    /// Whether somebody reads, or read, the rows as they come.
    is_streaming: bool,
    stopper: Stopper,
    statements: Arc<StatementCounts>,
}

/// How an exchange ended that its caller had abandoned.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) answer: Result<Answer>,
}

impl Wire {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            stopper: Stopper {
                interrupt: connection.interrupt.clone(),
                process: connection.process,
            },
            statements: connection.statements().clone(),
            connection: Some(Box::new(connection)),
            exchange: None,
            is_streaming: false,
        }
    }

    /// Sends a request and waits for its whole answer. What was abandoned must be settled first.
    ///
    /// # Cancel safety
    /// Dropped in between, the exchange stays on the wire: see [`Wire::settle`].
    pub(crate) async fn exchange(&mut self, request: Request) -> Result<Answer> {
        self.put(request)?;
        poll_fn(|cx| self.poll_exchange(cx)).await.1
    }

    /// Starts a stream: puts a request on the wire without waiting for anything.
    pub(crate) fn start(&mut self, request: Request) -> Result<()> {
        self.put(request)?;
        self.is_streaming = true;
        Ok(())
    }

    fn put(&mut self, request: Request) -> Result<()> {
        let connection = self.connection.take();
        if let Some(why) = self.stopper.interrupt.severed() {
            let in_transaction =
                connection.is_none_or(|connection| connection.state() != State::Clean);
            return Err(severed_before(why, in_transaction));
        }
        let Some(mut connection) = connection else {
            return Err(Error::new(
                ErrorKind::ConnectionLost,
                "the connection is in use or gone",
            ));
        };
        let (command, writes) = (request.command, request.operation.writes);
        connection.sent(&request);
        self.is_streaming = false;
        self.exchange = Some(Exchange {
            command,
            writes,
            in_transaction: connection.state().is_out_in_transaction(),
            answer: Box::pin(connection.run(request)),
        });
        Ok(())
    }

    /// Drives the exchange on the wire, if there is one.
    pub(crate) fn poll_exchange(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<(Command, Result<Answer>)> {
        let Some(out) = &mut self.exchange else {
            return Poll::Ready((
                Command::Ping,
                Err(Error::new(ErrorKind::ConnectionLost, "nothing was asked")),
            ));
        };
        let command = out.command;
        let interrupt = &self.stopper.interrupt;
        let answer = match out.answer.as_mut().poll(cx) {
            Poll::Ready((connection, answer)) => match (answer, interrupt.severed()) {
                // SQLite stops what runs on a severed connection, and may say so before anybody looks. It goes down all
                // the same.
                (Err(error), Some(why)) if error.kind() == ErrorKind::Cancelled => {
                    Err(severed(why, command, out.writes, out.in_transaction))
                }
                (answer, _) => {
                    self.connection = Some(connection);
                    answer
                }
            },
            Poll::Pending => {
                let why = ready!(interrupt.poll_severed(cx));
                Err(severed(why, command, out.writes, out.in_transaction))
            }
        };
        self.exchange = None;
        Poll::Ready((command, answer))
    }

    /// Finishes what a former caller abandoned.
    ///
    /// # Cancel safety
    /// Safe: the exchange stays on the wire until it has ended.
    pub(crate) async fn settle(&mut self) -> Option<Settled> {
        self.exchange.as_ref()?;
        let (_, answer) = poll_fn(|cx| self.poll_exchange(cx)).await;
        Some(Settled { answer })
    }

    /// What is known of the request that is out, if its answer is never read. A lone write is its own commit, and may
    /// still happen.
    pub(crate) fn outcome_unread(&self) -> Outcome {
        match &self.exchange {
            Some(out) if out.writes && !out.in_transaction => Outcome::Unknown,
            _ => Outcome::RolledBack,
        }
    }

    /// Which request is out, if any.
    pub(crate) fn in_flight(&self) -> Option<Command> {
        self.exchange.as_ref().map(|out| out.command)
    }

    /// Whether the request that is out is one whose rows are handed over as they come.
    pub(crate) fn is_streaming(&self) -> bool {
        self.is_streaming && self.exchange.is_some()
    }

    /// Stops what runs on this wire, and outlives it.
    pub(crate) fn stopper(&self) -> &Stopper {
        &self.stopper
    }

    /// What a cancel names.
    pub(crate) fn process(&self) -> u64 {
        self.stopper.process
    }

    /// Whether it was cut off from its server. Then it is dropped, without a good-bye.
    pub(crate) fn is_severed(&self) -> bool {
        self.stopper.interrupt.severed().is_some()
    }

    /// The connection, unless an exchange has it or it was severed.
    pub(crate) fn connection(&mut self) -> Option<&mut Connection> {
        if self.is_severed() {
            return None;
        }
        self.connection.as_deref_mut()
    }

    pub(crate) fn into_connection(self) -> Option<Box<Connection>> {
        self.connection
    }

    /// How often its statements were found prepared.
    pub(crate) fn statements(&self) -> &Arc<StatementCounts> {
        &self.statements
    }

    /// Whether the next borrower may have it as it is.
    pub(crate) fn is_clean(&self) -> bool {
        self.connection
            .as_ref()
            .is_some_and(|connection| connection.is_clean())
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field(
                "state",
                &self
                    .connection
                    .as_ref()
                    .map(|connection| connection.state()),
            )
            .field("in_flight", &self.in_flight())
            .finish()
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests;
