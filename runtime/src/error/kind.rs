//! The kinds of error, and what each leaves behind.

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The row that was asked for isn't there.
    NotFound,
    /// More than one row where exactly one was asked for.
    NotUnique,
    /// The row's version moved on since it was read.
    Stale,
    /// A constraint of the database was violated; see [`Error::constraint`](crate::Error::constraint).
    Constraint,
    /// Two transactions can't both be serialized; the engine undid this one.
    Serialization,
    /// Two transactions waited for each other; the engine undid this one.
    Deadlock,
    /// A lock wasn't to be had in time.
    Busy,
    /// No connection came free within the acquire timeout.
    PoolTimeout,
    /// Too many callers wait for a connection already, or all have been waiting for too long: the pool turned this one away.
    PoolOverloaded,
    /// The caller waits for a connection that it holds itself.
    PoolSelfDeadlock,
    /// The database has been closed.
    PoolClosed,
    /// A limit of the session or of the server stands in the way; see [`Error::limit_exceeded`](crate::Error::limit_exceeded).
    LimitExceeded,
    /// The unit of work can't be used while a nested one, or a stream on it, is open.
    UnitOfWorkSuspended,
    /// The unit of work has already been committed or rolled back.
    UnitOfWorkEnded,
    /// The unit of work was rolled back although its commit was asked for; see [`Error::cause`](crate::Error::cause).
    RolledBack,
    /// The answer to a commit was lost: it may or may not have been applied.
    CommitUnknown,
    /// A nested unit of work asks for something that the one around it doesn't have.
    TransactionConflict,
    /// A write where only reading is possible.
    ReadOnly,
    /// The connection broke.
    ConnectionLost,
    /// No connection could be opened.
    Connect,
    /// There is no node that takes writes, or none that may serve this read; see [`Database::topology`](crate::Database::topology).
    NoPrimary,
    /// Two nodes take writes, and neither is provably the newer one: nothing is written until one of them stops.
    SplitBrain,
    /// What the caller wrote or read before is gone: a failover lost it.
    CausalityLost,
    /// A node, or a token, belongs to another cluster or to another engine.
    ForeignCluster,
    /// A causal token can't be read.
    InvalidToken,
    /// A key of an exactly-once call was used before, with other arguments.
    AlreadyUsed,
    /// The server refused the name or the password.
    Authentication,
    /// Somebody cancelled the statement.
    Cancelled,
    /// A deadline passed.
    Timeout,
    /// The database doesn't know the table, the column or the function, or knows it with another type.
    Schema,
    /// The SQL isn't well-formed, or isn't allowed.
    Syntax,
    /// The login isn't allowed to do this.
    Privilege,
    /// A value couldn't be given to the database.
    Encode,
    /// A value of the database doesn't fit the Rust type.
    Decode,
    /// An argument is out of range or malformed.
    InvalidArgument,
    /// A URL or a setting is wrong.
    Configuration,
    /// The engine can't do this.
    Unsupported,
    /// The database file or the server is damaged.
    Corrupt,
    /// Anything else that the database said.
    Database,
}

/// What is known about the effect of a call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing reached the database, or what reached it changed nothing.
    NotSent,
    /// The database undid it, or will: nothing of it stays.
    RolledBack,
    /// It may or may not have been applied.
    Unknown,
}
