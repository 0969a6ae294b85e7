//! One connection to a server: it sends a request, gathers the whole answer, and keeps account of its state.

use super::answer::{Answer, Rows};
use super::arguments::Arguments;
use super::class::Class;
use super::dialect::Dialect;
use super::request::{Command, Request, Sql};
use super::sqlx::{self, AssertSqlSafe, Either, Executor as _, SqlSafeStr as _, SqlStr};
use super::state::{Ending, State};
use crate::error::{Error, ErrorKind, Outcome, Result};

/// One connection to a server.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(super) socket: Socket,
    state: State,
    /// What a cancel names: a process of PostgreSQL, a thread of MariaDB; 0 on SQLite.
    pub(crate) process: u64,
    /// MariaDB can say `INSERT … RETURNING`, MySQL can't.
    pub(crate) has_returning: bool,
    /// Whether SQL went past Wharf since the transaction began, so that a swallowed error can't be ruled out.
    pub(crate) bypassed: bool,
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
    ($connection:expr, $request:expr, $sender:expr, $database:ty, $engine:ident, $last_id:expr) => {{
        let sql = sql_str($request.sql);
        let mut rows = Vec::new();
        let (mut affected, mut returned, mut last_id) = (0, 0, None);
        let mut results = match $request.arguments {
            Some(Arguments::$engine(arguments)) => {
                $connection.fetch_many(sqlx::query_with::<$database, _>(sql, arguments).persistent($request.persistent))
            }
            // The simple protocol: the only way to send several statements, or BEGIN, in one message.
            _ => $connection.fetch_many(sqlx::raw_sql(sql)),
        };
        let ending = loop {
            match futures_util::TryStreamExt::try_next(&mut results).await {
                Ok(Some(Either::Left(done))) => {
                    affected += done.rows_affected();
                    last_id = $last_id(&done);
                }
                Ok(Some(Either::Right(row))) => {
                    rows.push(row);
                    returned += 1;
                    if let Some(sender) = $sender
                        && sender.is_due(rows.len())
                    {
                        sender.send(Rows::$engine(std::mem::take(&mut rows))).await;
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        drop(results);
        if let Some(sender) = $sender {
            sender.send(Rows::$engine(std::mem::take(&mut rows))).await;
        }
        ending.map(|()| Answer { rows: Rows::$engine(rows), affected, returned, last_id })
    }};
}

impl Connection {
    pub(super) fn new(socket: Socket, process: u64, has_returning: bool) -> Self {
        Self {
            socket,
            state: State::Clean,
            process,
            has_returning,
            bypassed: false,
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
    pub(super) fn sent(&mut self, command: Command) {
        self.state = self.state.sent(command);
        self.bypassed |= command == Command::Script;
    }

    /// Sends a request and gathers its whole answer, or sends its rows on as they come.
    ///
    /// Takes and returns the connection, so that the exchange can outlive whoever asked for it.
    pub(super) async fn run(
        mut self: Box<Self>,
        mut request: Request,
    ) -> (Box<Self>, Result<Answer>) {
        let (command, operation) = (request.command, request.operation);
        let sender = request.sender.take();
        let sender = sender.as_ref();
        let answer = match &mut self.socket {
            #[cfg(feature = "sqlite")]
            Socket::Sqlite(connection) => {
                run_on!(
                    connection,
                    request,
                    sender,
                    sqlx::Sqlite,
                    Sqlite,
                    |done: &sqlx::sqlite::SqliteQueryResult| { Some(done.last_insert_rowid()) }
                )
            }
            #[cfg(feature = "postgres")]
            Socket::Postgres(connection) => {
                run_on!(
                    connection,
                    request,
                    sender,
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
                    sender,
                    sqlx::MySql,
                    MySql,
                    |done: &sqlx::mysql::MySqlQueryResult| {
                        i64::try_from(done.last_insert_id()).ok()
                    }
                )
            }
        };
        match answer {
            Ok(answer) => {
                self.state = self.state.answered(Ending::Done);
                if self.state == State::Clean && self.bypassed {
                    // What was set for the session outlives the transaction.
                    self.state = State::Unknown;
                }
                (self, Ok(answer))
            }
            Err(problem) => {
                let in_transaction = matches!(self.state, State::InFlight { before, .. } if before != super::state::Base::Clean);
                let (error, ending) = translate(problem, command, operation.writes, in_transaction);
                self.state = self.state.answered(ending);
                (self, Err(error))
            }
        }
    }

    /// Makes a connection as good as new, or says that it can't be: then it must be closed.
    ///
    /// `keep` is the only reason to reuse a connection of which nothing is known: closing it would lose a database in memory.
    pub(crate) fn reset_script(&self, keep: bool) -> Option<&'static str> {
        match (self.state, self.dialect()) {
            (State::InTransaction { .. } | State::Failed { .. }, _) if !self.bypassed => {
                Some("ROLLBACK")
            }
            (State::Unknown, Dialect::Sqlite) if keep => Some("ROLLBACK"),
            _ => None,
        }
    }

    /// Declares a connection clean after a reset; `ROLLBACK` outside of a transaction is refused by SQLite and means the same.
    pub(crate) fn reset_done(&mut self) {
        self.state = State::Clean;
        self.bypassed = false;
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

/// The one door through which text that isn't `'static` reaches sqlx: Wharf made it, or its caller vouches for it.
fn sql_str(sql: Sql) -> SqlStr {
    match sql {
        Sql::Static(text) => text.into_sql_str(),
        Sql::Shared(text) => AssertSqlSafe(text).into_sql_str(),
    }
}

/// What sqlx's error means, and how the request ended.
fn translate(
    problem: sqlx::Error,
    command: Command,
    writes: bool,
    in_transaction: bool,
) -> (Error, Ending) {
    let sqlx::Error::Database(database) = &problem else {
        return match problem {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::WorkerCrashed => (
                lost(command, writes, in_transaction).with_source(problem),
                Ending::Lost,
            ),
            problem => {
                let error = Error::new(ErrorKind::Database, problem.to_string())
                    .with_outcome(Outcome::RolledBack);
                (error.with_source(problem), Ending::Lost)
            }
        };
    };
    let (class, constraint) = explain(database.as_ref());
    let code = database.code().map(std::borrow::Cow::into_owned);
    let message = database.message().to_owned();
    if class == Class::Lost {
        return (
            lost(command, writes, in_transaction).with_source(problem),
            Ending::Lost,
        );
    }
    let mut error = match class {
        Class::Retryable(kind) => Error::new(kind, message).retryable(),
        Class::Constraint(_) => Error::new(ErrorKind::Constraint, message),
        Class::Cancelled => Error::new(ErrorKind::Cancelled, message),
        Class::Timeout => Error::new(ErrorKind::Timeout, message),
        Class::ReadOnly => Error::new(ErrorKind::ReadOnly, message),
        Class::Poisoned => Error::new(ErrorKind::RolledBack, message),
        Class::Fatal(kind) | Class::Mistake(kind) => Error::new(kind, message),
        Class::Limit => Error::new(ErrorKind::LimitExceeded, message).retryable(),
        Class::Lost | Class::Other => Error::new(ErrorKind::Database, message),
    }
    .with_outcome(Outcome::RolledBack);
    if let Some(constraint) = constraint {
        error = error.with_constraint(constraint);
    }
    if let Some(code) = code {
        error = error.with_code(code);
    }
    // MariaDB interrupts a commit without saying whether it happened.
    if command == Command::Commit && class == Class::Cancelled {
        error = commit_unknown();
    }
    (error.with_source(problem), Ending::Refused)
}

fn lost(command: Command, writes: bool, in_transaction: bool) -> Error {
    if command == Command::Commit {
        return commit_unknown();
    }
    let outcome = match (in_transaction, writes) {
        (true, _) => Outcome::RolledBack,
        // A lone write is its own commit.
        (false, true) => Outcome::Unknown,
        (false, false) => Outcome::NotSent,
    };
    let error = Error::new(
        ErrorKind::ConnectionLost,
        "the connection broke before the answer was there",
    );
    let error = error.with_outcome(outcome);
    if outcome == Outcome::Unknown {
        error
    } else {
        error.retryable()
    }
}

/// A commit whose answer never came.
pub(crate) fn commit_unknown() -> Error {
    Error::new(
        ErrorKind::CommitUnknown,
        "the answer was lost: it may or may not have been applied",
    )
    .attempting(|| "commit".into())
    .with_outcome(Outcome::Unknown)
}

fn explain(error: &dyn sqlx::error::DatabaseError) -> (Class, Option<crate::error::Constraint>) {
    #[cfg(feature = "sqlite")]
    if let Some(error) = error.try_downcast_ref::<sqlx::sqlite::SqliteError>() {
        return super::sqlite::explain(error);
    }
    #[cfg(feature = "postgres")]
    if let Some(error) = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        return super::postgres::explain(error);
    }
    #[cfg(feature = "mysql")]
    if let Some(error) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return super::mysql::explain(error);
    }
    let _ = error;
    (Class::Other, None)
}
