//! One connection to a server: it sends a request, gathers the whole answer, and keeps account of its state.

use std::sync::Arc;

use super::answer::{Answer, Rows};
use super::arguments::Arguments;
use super::dialect::Dialect;
use super::failure::{given_up, is_outdated, translate};
use super::interrupt::Interrupt;
#[cfg(feature = "postgres")]
use super::postgres;
use super::request::{Command, Request, Sql};
use super::setting::Settings;
use super::sqlx::{self, Either, Executor as _};
use super::state::{Ending, State};
use super::statements::{Lookup, StatementCounts, Statements};
use crate::error::{Error, Result};

/// One connection to a server.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(super) socket: Socket,
    pub(super) state: State,
    /// What Wharf has set in it and not yet taken back.
    pub(super) settings: Settings,
    /// Which statement is out, for who wants to stop it.
    pub(super) interrupt: Arc<Interrupt>,
    pub(super) statements: Statements,
    /// What a cancel names: a process of PostgreSQL, a thread of MariaDB; 0 on SQLite.
    pub(crate) process: u64,
    /// MariaDB can say `INSERT … RETURNING`, MySQL can't.
    pub(crate) has_returning: bool,
    /// Whether SQL went past Wharf since the transaction began, so that a swallowed error can't be ruled out.
    pub(crate) bypassed: bool,
    /// A cancel may still hit it, whatever it does: nothing is sent on it any more.
    pub(super) is_given_up: bool,
}

/// A socket that has just been opened, and what is known about it.
pub(super) struct Opened {
    pub(super) socket: Socket,
    pub(super) process: u64,
    pub(super) has_returning: bool,
    pub(super) interrupt: Arc<Interrupt>,
    pub(super) statement_cache: usize,
}

#[derive(Debug)]
pub(super) enum Socket {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgConnection),
    #[cfg(feature = "mysql")]
    MySql(sqlx::MySqlConnection),
}

/// Runs one request on a connection of one engine; the three differ in types alone.
macro_rules! run_on {
    ($connection:expr, $request:expr, $database:ty, $engine:ident, $last_id:expr) => {{
        let mut rows = Vec::new();
        let (mut affected, mut returned, mut last_id) = (0, 0, None);
        let (mut parts, commits_after) = (0, $request.commits_after);
        let is_script = $request.command == Command::Script;
        // Ends here, or the future would have room for the parts as long as it waits for the answer.
        let (mut results, sender) = {
            let request = $request.into_parts();
            let sql = request.sql.into_sqlx();
            let results = match request.arguments {
                Some(Arguments::$engine(arguments)) => {
                    $connection.fetch_many(sqlx::query_with::<$database, _>(sql, arguments).persistent(request.persistent))
                }
                // The simple protocol: the only way to send several statements, or BEGIN, in one message.
                _ => $connection.fetch_many(sqlx::raw_sql(sql)),
            };
            (results, request.sender)
        };
        let ending = loop {
            match futures_util::TryStreamExt::try_next(&mut results).await {
                Ok(Some(Either::Left(done))) => {
                    parts += 1;
                    affected += done.rows_affected();
                    last_id = $last_id(&done);
                }
                Ok(Some(Either::Right(row))) => {
                    rows.push(row);
                    returned += 1;
                    if let Some(sender) = &sender
                        && sender.is_due(rows.len())
                    {
                        // On the heap, once for a batch: every answer would have to have room for it.
                        Box::pin(sender.send(Rows::$engine(std::mem::take(&mut rows)))).await;
                    }
                }
                // Each statement says that it has ended, but for a text without any. The thread of an SQLite connection that
                // died says nothing, and looks like the end of the rows.
                Ok(None) if parts == 0 && !is_script => break Err(sqlx::Error::WorkerCrashed),
                Ok(None) => break Ok(true),
                // The server has said that it has committed: what is lost is the answer to the question behind it.
                Err(_) if commits_after.is_some_and(|commit| parts >= commit) => break Ok(false),
                Err(error) => break Err(error),
            }
        };
        drop(results);
        if let Some(sender) = sender
            && !rows.is_empty()
        {
            Box::pin(sender.send(Rows::$engine(std::mem::take(&mut rows)))).await;
        }
        ending.map(|is_whole| Answer { rows: Rows::$engine(rows), affected, returned, last_id, is_whole })
    }};
}

impl Connection {
    pub(super) fn new(opened: Opened) -> Self {
        Self {
            socket: opened.socket,
            state: State::Clean,
            settings: Settings::default(),
            interrupt: opened.interrupt,
            statements: Statements::new(opened.statement_cache),
            process: opened.process,
            has_returning: opened.has_returning,
            bypassed: false,
            is_given_up: false,
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self.socket {
            #[cfg(feature = "sqlite")]
            Socket::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Socket::Postgres(_) => Dialect::Postgres,
            #[cfg(feature = "mysql")]
            Socket::MySql(_) => Dialect::MySql,
        }
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// Whether the next borrower may have it as it is.
    pub(crate) fn is_clean(&self) -> bool {
        self.state.is_clean() && self.settings.is_empty()
    }

    /// Somebody else will talk to the server through this connection.
    pub(crate) fn bypass(&mut self) {
        self.bypassed = true;
    }

    /// From here on nothing is known of it, until it is closed or reset.
    pub(crate) fn forget(&mut self) {
        self.state = State::Unknown;
        self.bypassed = true;
    }

    /// Notes that a request is about to go out. Called before the first poll of [`Connection::run`], so that there is no
    /// moment at which bytes are out and the state doesn't say so.
    pub(super) fn sent(&mut self, request: &Request) {
        let command = request.command;
        if let Some(setting) = request.sets {
            self.settings.note(setting);
        }
        self.state = self.state.sent(command);
        self.bypassed |= command == Command::Script;
        if command.may_be_stopped() {
            self.interrupt.begin();
        } else if command.decides() {
            self.interrupt.begin_deciding();
        }
    }

    /// Sends a request and gathers its whole answer, or sends its rows on as they come. If somebody has it stopped
    /// meanwhile, it hasn't ended before nothing of that is left over: see `stop`.
    ///
    /// Takes and returns the connection, so that the exchange can outlive whoever asked for it.
    pub(super) async fn run(mut self: Box<Self>, request: Request) -> (Box<Self>, Result<Answer>) {
        let (command, writes, sets) = (request.command, request.operation.writes, request.sets);
        let in_transaction = self.state.is_out_in_transaction();
        if self.is_given_up {
            self.interrupt.end();
            self.state = self.state.answered(Ending::Lost);
            return (self, Err(given_up()));
        }
        let (mut answer, mut ending) = match self.send(request).await {
            Ok(answer) if answer.is_whole => (Ok(answer), Ending::Done),
            // Nobody knows what that did to the connection.
            Ok(answer) => (Ok(answer), Ending::Lost),
            Err(problem) => {
                let (error, ending) = translate(problem, command, writes, in_transaction);
                (Err(error), ending)
            }
        };
        if let Some(cancelled) = self.interrupt.end()
            && ending != Ending::Lost
        {
            self.is_given_up = cancelled.await.is_err();
            let in_transaction = in_transaction || command == Command::Begin;
            let barrier = match self.is_given_up {
                true => Err((given_up(), Ending::Lost)),
                false => self.barrier(in_transaction).await,
            };
            // Outside of a transaction the answer is final. Inside of one it went down with what failed after it.
            if let Err((error, failed)) = barrier {
                if in_transaction && answer.is_ok() {
                    answer = Err(error);
                }
                if in_transaction || failed == Ending::Lost {
                    ending = failed;
                }
            }
        }
        self.state = self.state.answered(ending);
        if let Some(setting) = sets
            && ending == Ending::Done
        {
            self.settings.strike(setting);
        }
        if self.state == State::Clean && self.bypassed {
            // What was set for the session outlives the transaction.
            self.state = State::Unknown;
        }
        (self, answer)
    }

    /// One round trip that takes what is left of a cancel, and how that ended.
    async fn barrier(&mut self, in_transaction: bool) -> Result<(), (Error, Ending)> {
        let barrier = self.tell("SELECT 1").await;
        barrier.map_err(|problem| translate(problem, Command::Ping, false, in_transaction))
    }

    /// Sends a text and forgets what is answered.
    pub(super) async fn tell(&mut self, sql: impl Into<Sql>) -> Result<(), sqlx::Error> {
        let sql = sqlx::raw_sql(sql.into().into_sqlx());
        match &mut self.socket {
            #[cfg(feature = "sqlite")]
            Socket::Sqlite(connection) => sql.execute(connection).await.map(drop),
            #[cfg(feature = "postgres")]
            Socket::Postgres(connection) => sql.execute(connection).await.map(drop),
            #[cfg(feature = "mysql")]
            Socket::MySql(connection) => sql.execute(connection).await.map(drop),
        }
    }

    async fn send(&mut self, mut request: Request) -> Result<Answer, sqlx::Error> {
        request.persistent &= self.statements.are_kept();
        let lookup = match request.arguments {
            Some(_) if request.persistent => self.statements.look_up(request.sql.as_str()),
            _ => Lookup::Hit,
        };
        let is_wrapped = self.needs_transaction(&request);
        if is_wrapped {
            Box::pin(self.tell("BEGIN")).await?;
        }
        let before = match lookup {
            Lookup::Miss(_) => self.prepared(),
            Lookup::Hit => 0,
        };
        let alters = request.operation.ddl && self.dialect() == Dialect::Sqlite;
        let answer = match &mut self.socket {
            #[cfg(feature = "sqlite")]
            Socket::Sqlite(connection) => {
                run_on!(
                    connection,
                    request,
                    sqlx::Sqlite,
                    Sqlite,
                    |done: &sqlx::sqlite::SqliteQueryResult| { Some(done.last_insert_rowid()) }
                )
            }
            #[cfg(feature = "postgres")]
            Socket::Postgres(connection) if request.is_one_row => {
                postgres::one_row(connection, request).await
            }
            #[cfg(feature = "postgres")]
            Socket::Postgres(connection) => {
                run_on!(
                    connection,
                    request,
                    sqlx::Postgres,
                    Postgres,
                    |_: &sqlx::postgres::PgQueryResult| None
                )
            }
            #[cfg(feature = "mysql")]
            Socket::MySql(connection) => {
                run_on!(
                    connection,
                    request,
                    sqlx::MySql,
                    MySql,
                    |done: &sqlx::mysql::MySqlQueryResult| {
                        i64::try_from(done.last_insert_id()).ok()
                    }
                )
            }
        };
        let answer = match is_wrapped {
            true => Box::pin(self.end_transaction(answer)).await,
            false => answer,
        };
        // One that failed may have failed before it was prepared.
        if let Lookup::Miss(hash) = lookup
            && (answer.is_ok() || self.prepared() > before)
        {
            self.statements.prepared(hash);
        }
        if alters || answer.as_ref().is_err_and(is_outdated) {
            Box::pin(self.forget_statements()).await?;
        }
        answer
    }

    /// Lets go of what is prepared. A statement that was prepared before its table was altered is refused by PostgreSQL from
    /// then on, and kills the thread of an SQLite connection, where sqlx knows its columns from before.
    pub(super) async fn forget_statements(&mut self) -> Result<(), sqlx::Error> {
        use sqlx::Connection as _;
        self.statements.clear();
        match &mut self.socket {
            #[cfg(feature = "sqlite")]
            Socket::Sqlite(connection) => connection.clear_cached_statements().await,
            #[cfg(feature = "postgres")]
            Socket::Postgres(connection) => connection.clear_cached_statements().await,
            #[cfg(feature = "mysql")]
            Socket::MySql(connection) => connection.clear_cached_statements().await,
        }
    }

    /// Ends the transaction around a lone statement, as the statement ended.
    async fn end_transaction<T>(
        &mut self,
        ended: Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        let end = if ended.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let Err(problem) = self.tell(end).await else {
            return ended;
        };
        // It may be open still, and whoever stopped this may have hit its end.
        self.bypassed = true;
        // What the server said no to was not applied, whatever becomes of the rest.
        ended.and(Err(problem))
    }

    /// Whether a statement needs a transaction around it. sqlx prepares one that isn't kept, and runs it, in two messages. A
    /// proxy that pools by transaction may send the second one to a process that knows nothing of the first one, or has
    /// prepared somebody else's statement.
    fn needs_transaction(&self, request: &Request) -> bool {
        request.arguments.is_some()
            && !self.statements.are_kept()
            && self.dialect() == Dialect::Postgres
            && !self.state.is_out_in_transaction()
    }

    /// How many prepared statements sqlx keeps.
    pub(super) fn prepared(&self) -> usize {
        use sqlx::Connection as _;
        match &self.socket {
            #[cfg(feature = "sqlite")]
            Socket::Sqlite(connection) => connection.cached_statements_size(),
            #[cfg(feature = "postgres")]
            Socket::Postgres(connection) => connection.cached_statements_size(),
            #[cfg(feature = "mysql")]
            Socket::MySql(connection) => connection.cached_statements_size(),
        }
    }

    /// How often its statements were found prepared.
    pub(super) fn statements(&self) -> &Arc<StatementCounts> {
        self.statements.counts()
    }

    /// Says good-bye to the server.
    pub(crate) async fn close(self: Box<Self>) {
        use sqlx::Connection as _;
        // A server that doesn't answer a good-bye finds out when the socket closes.
        let _ = match self.socket {
            #[cfg(feature = "sqlite")]
            Socket::Sqlite(connection) => connection.close().await,
            #[cfg(feature = "postgres")]
            Socket::Postgres(connection) => connection.close().await,
            #[cfg(feature = "mysql")]
            Socket::MySql(connection) => connection.close().await,
        };
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests;
