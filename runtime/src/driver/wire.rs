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
use crate::error::{Error, ErrorKind, Result};

type Exchange = Pin<Box<dyn Future<Output = (Box<Connection>, Result<Answer>)> + Send>>;

/// A connection with at most one exchange on it.
pub(crate) struct Wire {
    /// `None` while an exchange has it.
    connection: Option<Box<Connection>>,
    exchange: Option<(Command, Exchange)>,
    /// What a cancel names, known while an exchange has the connection.
    process: u64,
}

/// How an exchange ended that its caller had abandoned.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) done: bool,
}

impl Wire {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            process: connection.process,
            connection: Some(Box::new(connection)),
            exchange: None,
        }
    }

    /// Sends a request and waits for its whole answer. What was abandoned must be settled first.
    ///
    /// # Cancel safety
    /// Dropped in between, the exchange stays on the wire: see [`Wire::settle`].
    pub(crate) async fn exchange(&mut self, request: Request) -> Result<Answer> {
        self.start(request)?;
        poll_fn(|cx| self.poll_exchange(cx)).await.1
    }

    /// Puts a request on the wire without waiting for anything.
    pub(crate) fn start(&mut self, request: Request) -> Result<()> {
        let Some(mut connection) = self.connection.take() else {
            return Err(Error::new(
                ErrorKind::ConnectionLost,
                "the connection is in use or gone",
            ));
        };
        let command = request.command;
        connection.sent(command);
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
        Some(Settled {
            done: answer.is_ok(),
        })
    }

    /// Which request is out, if any.
    pub(crate) fn in_flight(&self) -> Option<Command> {
        self.exchange.as_ref().map(|(command, _)| *command)
    }

    /// What a cancel names.
    pub(crate) fn process(&self) -> u64 {
        self.process
    }

    /// The connection, unless an exchange has it.
    pub(crate) fn connection(&mut self) -> Option<&mut Connection> {
        self.connection.as_deref_mut()
    }

    pub(crate) fn into_connection(self) -> Option<Box<Connection>> {
        self.connection
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
