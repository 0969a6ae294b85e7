//! What went wrong on a connection, said in our words.

use super::class::Class;
use super::request::Command;
use super::sqlx;
use super::state::Ending;
use crate::error::{Error, ErrorKind, Outcome};

const BROKE: &str = "the connection broke before the answer was there";

/// What sqlx's error means, and how the request ended.
pub(super) fn translate(
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
                lost(BROKE, command, writes, in_transaction).with_source(problem),
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
            lost(BROKE, command, writes, in_transaction).with_source(problem),
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
    if command == Command::Commit && matches!(class, Class::Cancelled | Class::Timeout) {
        error = commit_unknown();
    }
    (error.with_source(problem), Ending::Refused)
}

/// A request whose connection was severed before its answer was there.
pub(super) fn severed(why: &str, command: Command, writes: bool, in_transaction: bool) -> Error {
    let how = format!("the connection was severed before the answer was there: {why}");
    if command == Command::Commit {
        return commit_unknown().with_source(how);
    }
    lost(how, command, writes, in_transaction)
}

/// A request that came after its connection was severed, and wasn't sent. What was open before is rolled back by the server.
pub(super) fn severed_before(why: &str, in_transaction: bool) -> Error {
    let outcome = if in_transaction {
        Outcome::RolledBack
    } else {
        Outcome::NotSent
    };
    let how = format!("the connection was severed: {why}");
    Error::new(ErrorKind::ConnectionLost, how)
        .with_outcome(outcome)
        .retryable()
}

fn lost(how: impl Into<String>, command: Command, writes: bool, in_transaction: bool) -> Error {
    if command == Command::Commit {
        return commit_unknown();
    }
    let outcome = match (in_transaction, writes) {
        (true, _) => Outcome::RolledBack,
        // Whatever was begun ends with its connection.
        _ if command == Command::Begin => Outcome::RolledBack,
        // A lone write is its own commit.
        (false, true) => Outcome::Unknown,
        (false, false) => Outcome::NotSent,
    };
    let error = Error::new(ErrorKind::ConnectionLost, how).with_outcome(outcome);
    if outcome == Outcome::Unknown {
        error
    } else {
        error.retryable()
    }
}

/// Whether a statement was refused since its table has been altered after it was prepared.
pub(super) fn is_outdated(problem: &sqlx::Error) -> bool {
    #[cfg(feature = "postgres")]
    if let sqlx::Error::Database(error) = problem
        && let Some(error) = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
    {
        return super::postgres::is_outdated(error);
    }
    let _ = problem;
    false
}

/// A connection that a cancel may still hit.
pub(super) fn given_up() -> Error {
    let message = "the connection was given up: a cancel that was sent on it has not been answered";
    Error::new(ErrorKind::ConnectionLost, message)
        .with_outcome(Outcome::RolledBack)
        .retryable()
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
