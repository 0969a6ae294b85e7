//! A connection with at most one exchange on it.
//!
//! An exchange that has begun is never dropped half-way: its future lives here and not in the future of whoever asked
//! for it. A caller that goes away abandons it, and whoever uses the wire next finishes it first. So no protocol is ever
//! left in the middle of a message, which MariaDB's prepare, for one, would not survive.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::answer::Answer;
use super::connection::Connection;
use super::request::{Command, Request};
use super::statements::StatementCounts;
use super::stop::Stopper;
use crate::error::{Error, ErrorKind, Result};

type Exchange = Pin<Box<dyn Future<Output = (Box<Connection>, Result<Answer>)> + Send>>;

/// A connection with at most one exchange on it.
pub(crate) struct Wire {
    /// `None` while an exchange has it.
    connection: Option<Box<Connection>>,
    exchange: Option<(Command, Exchange)>,
    /// Whether somebody reads, or read, the rows as they come.
    is_streaming: bool,
    stopper: Stopper,
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
        let Some(mut connection) = self.connection.take() else {
            return Err(Error::new(
                ErrorKind::ConnectionLost,
                "the connection is in use or gone",
            ));
        };
        let command = request.command;
        connection.sent(command);
        self.is_streaming = false;
        self.exchange = Some((command, Box::pin(connection.run(request))));
        Ok(())
    }

    /// Drives the exchange on the wire, if there is one.
    pub(crate) fn poll_exchange(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<(Command, Result<Answer>)> {
        let Some((command, exchange)) = &mut self.exchange else {
            return Poll::Ready((
                Command::Ping,
                Err(Error::new(ErrorKind::ConnectionLost, "nothing was asked")),
            ));
        };
        let command = *command;
        let (connection, answer) = ready!(exchange.as_mut().poll(cx));
        self.exchange = None;
        self.connection = Some(connection);
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

    /// Which request is out, if any.
    pub(crate) fn in_flight(&self) -> Option<Command> {
        self.exchange.as_ref().map(|(command, _)| *command)
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

    /// The connection, unless an exchange has it.
    pub(crate) fn connection(&mut self) -> Option<&mut Connection> {
        self.connection.as_deref_mut()
    }

    pub(crate) fn into_connection(self) -> Option<Box<Connection>> {
        self.connection
    }

    /// How often its statements were found prepared; `None` while an exchange has the connection.
    pub(crate) fn statements(&self) -> Option<StatementCounts> {
        self.connection
            .as_ref()
            .map(|connection| connection.statements())
    }

    /// Whether the next borrower may have it as it is.
    pub(crate) fn is_clean(&self) -> bool {
        self.connection
            .as_ref()
            .is_some_and(|connection| connection.state().is_clean())
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
