//! Making a connection as good as new.

use super::connection::Connection;
use super::dialect::Dialect;
use super::request::Sql;
use super::sqlx;
use super::state::State;

impl Connection {
    /// What rolls back whatever is open.
    pub(crate) fn rollback_script(&self) -> &'static str {
        match (self.state, self.dialect()) {
            // A write that was interrupted has rolled back the whole transaction, and a plain ROLLBACK would be refused.
            // The savepoint begins one if there is none.
            (State::Failed { .. } | State::Unknown, Dialect::Sqlite) => {
                "SAVEPOINT wharf_end; ROLLBACK"
            }
            _ => "ROLLBACK",
        }
    }

    /// Whether all that is to be undone is what Wharf itself has begun or set.
    pub(crate) fn is_known(&self) -> bool {
        let is_known = matches!(
            self.state,
            State::Clean | State::InTransaction { .. } | State::Failed { .. }
        );
        is_known && !self.bypassed
    }

    /// What undoes what Wharf itself has begun and set, in one message.
    fn undoing(&self) -> Sql {
        let rollback = self.rollback_script();
        match self.settings.is_empty() {
            true => rollback.into(),
            false => format!("{rollback}; {}", self.settings.taking_back()).into(),
        }
    }

    /// The program says that what it did leaves the connection clean.
    pub(crate) fn vouch(&mut self) {
        self.state = State::Clean;
        self.settings.clear();
        self.bypassed = false;
    }

    /// Makes a connection as good as new, or says that it can't be: then it must be closed.
    ///
    /// What Wharf itself has begun or set takes one round trip. Where anything may have been done, PostgreSQL
    /// can discard it all. On MariaDB that takes a message that sqlx doesn't send, and SQLite has no such thing: those are
    /// closed, unless told to `keep` the connection, since closing it would lose a database in memory.
    ///
    /// # Cancel safety
    /// Dropped in between, the state is unknown.
    pub(crate) async fn reset(&mut self, keep: bool) -> bool {
        let is_known = self.is_known();
        let is_idle = !matches!(self.state, State::InFlight { .. }) && !self.is_given_up;
        let undoing = self.undoing();
        self.state = State::Unknown;
        let reset = match self.dialect() {
            _ if !is_idle => return false,
            Dialect::Sqlite if keep => self.clear().await,
            _ if is_known => self.tell(undoing).await,
            Dialect::Postgres => self.discard().await,
            _ => return false,
        };
        if reset.is_ok() {
            self.vouch();
        }
        reset.is_ok()
    }

    /// Ends what may be open on a connection that is kept, where anything may have been done to its tables.
    async fn clear(&mut self) -> Result<(), sqlx::Error> {
        self.tell("SAVEPOINT wharf_end; ROLLBACK").await?;
        self.forget_statements().await
    }

    /// Discards all that a session of PostgreSQL can hold, and what sqlx has prepared in it.
    async fn discard(&mut self) -> Result<(), sqlx::Error> {
        // Each on its own: several in one message would be a transaction, in which nothing can be discarded.
        self.tell("ROLLBACK").await?;
        self.tell("DISCARD ALL").await?;
        self.forget_statements().await
    }
}
