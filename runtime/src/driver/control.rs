//! The reserved connection to a server, over which what runs on the others is stopped.
//!
//! It stays open between uses: a cancel must not queue behind what it cancels, and must work when the server takes no
//! more connections. SQLite needs none: everything here does nothing there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::connect::{Endpoint, Role};
use super::dialect::Dialect;
use super::request::{Command, Request};
use super::wire::Wire;
use crate::error::{Error, ErrorKind, Outcome, Result};

/// How long opening, asking or closing may take. A server that doesn't answer a cancel in that time answers nobody.
const STEP_LIMIT: Duration = Duration::from_secs(2);

/// After which time without a use it is asked whether it is still there, and how long that may take. A firewall may have
/// forgotten it: then a cancel would be neither on its way nor known not to be, and the statement be out of reach.
const CHECK_AFTER: Duration = Duration::from_secs(5);
const CHECK_LIMIT: Duration = Duration::from_millis(500);

/// The reserved connection to one server.
#[derive(Debug)]
pub(crate) struct Control {
    endpoint: Endpoint,
    /// `None` before the first use, after it broke, and while it is in use: what was dropped half-way is never used again.
    wire: Option<Wire>,
    /// When it last answered.
    answered_at: Instant,
}

/// The reserved connection, used by one at a time; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct SharedControl(Arc<Mutex<Control>>);

impl SharedControl {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self(Arc::new(Mutex::new(Control::new(endpoint))))
    }

    /// Opens it ahead of its first use.
    pub(crate) async fn open(&self) -> Result<()> {
        self.0.lock().await.open().await
    }

    /// The same, unless somebody is at it.
    pub(crate) async fn reserve(&self) -> Result<()> {
        match self.0.try_lock() {
            Ok(mut control) => control.open().await,
            Err(_) => Ok(()),
        }
    }

    /// See [`Control::cancel`].
    pub(crate) async fn cancel(&self, process: u64) -> Result<()> {
        self.0.lock().await.cancel(process).await
    }

    /// See [`Control::terminate`].
    pub(crate) async fn terminate(&self, process: u64) -> Result<()> {
        self.0.lock().await.terminate(process).await
    }

    /// Drops it without a good-bye, for a server that says nothing any more. A later use opens it again.
    pub(crate) async fn abandon(&self) {
        self.0.lock().await.wire = None;
    }

    /// Closes it. A later use opens it again.
    pub(crate) async fn close(&self) {
        self.0.lock().await.close().await;
    }
}

impl Control {
    fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            wire: None,
            answered_at: Instant::now(),
        }
    }

    async fn open(&mut self) -> Result<()> {
        if self.wire.is_none() && self.endpoint.dialect() != Dialect::Sqlite {
            let opening = self.endpoint.open(Role::Writer);
            let opened = tokio::time::timeout(STEP_LIMIT, opening).await;
            self.wire = Some(Wire::new(
                opened.unwrap_or_else(|_| Err(silent(Outcome::NotSent)))?,
            ));
            self.answered_at = Instant::now();
        }
        Ok(())
    }

    /// Lets go of it when it has idled and doesn't answer.
    async fn check(&mut self) {
        let has_idled = self.answered_at.elapsed() >= CHECK_AFTER;
        let Some(mut wire) = self.wire.take_if(|_| has_idled) else {
            return;
        };
        let ping = Request::control(Command::Ping, "SELECT 1", "ping");
        let answer = tokio::time::timeout(CHECK_LIMIT, wire.exchange(ping)).await;
        if let Ok(Ok(_)) = answer {
            self.wire = Some(wire);
        }
    }

    /// Has the server stop what a process does now. One that does nothing, or is gone, is fine.
    ///
    /// # Errors
    /// With the outcome `Unknown` when the server may still do it; with any other it never will.
    async fn cancel(&mut self, process: u64) -> Result<()> {
        self.ask(match self.endpoint.dialect() {
            Dialect::Sqlite => return Ok(()),
            Dialect::Postgres => format!("SELECT pg_cancel_backend({process})"),
            Dialect::MySql => format!("KILL QUERY {process}"),
        })
        .await
    }

    /// Has the server end a process. One that is gone is fine.
    ///
    /// # Errors
    /// As [`Control::cancel`].
    async fn terminate(&mut self, process: u64) -> Result<()> {
        self.ask(match self.endpoint.dialect() {
            Dialect::Sqlite => return Ok(()),
            Dialect::Postgres => format!("SELECT pg_terminate_backend({process})"),
            Dialect::MySql => format!("KILL CONNECTION {process}"),
        })
        .await
    }

    /// Sends one text. A connection that turns out to be broken, as one that idled for hours may be, is replaced once.
    async fn ask(&mut self, sql: String) -> Result<()> {
        self.check().await;
        let was_open = self.wire.is_some();
        match self.ask_once(sql.clone()).await {
            // Its session has ended: either it did what it was told before that, or it never will.
            Err(error) if was_open && error.kind() == ErrorKind::ConnectionLost => {
                self.ask_once(sql).await
            }
            answer => answer,
        }
    }

    async fn ask_once(&mut self, sql: String) -> Result<()> {
        self.open().await?;
        let Some(mut wire) = self.wire.take() else {
            return Ok(());
        };
        let asking = wire.exchange(Request::control(Command::Statement, sql, "cancel"));
        let answer = tokio::time::timeout(STEP_LIMIT, asking)
            .await
            .unwrap_or_else(|_| Err(silent(Outcome::Unknown)));
        if wire.is_clean() {
            self.wire = Some(wire);
            self.answered_at = Instant::now();
        }
        match answer {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            answer => answer.map(drop),
        }
    }

    async fn close(&mut self) {
        if let Some(connection) = self.wire.take().and_then(Wire::into_connection) {
            let _ = tokio::time::timeout(STEP_LIMIT, connection.close()).await;
        }
    }
}

fn silent(outcome: Outcome) -> Error {
    let message = format!("the server didn't answer within {STEP_LIMIT:?}");
    Error::new(ErrorKind::Connect, message)
        .attempting(|| "use the control connection".into())
        .with_outcome(outcome)
}
