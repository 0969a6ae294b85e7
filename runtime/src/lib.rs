//! Typed repositories and unit-of-work transactions for SQLite, PostgreSQL and MariaDB.
//!
//! Annotate a structure and get a repository; annotate a method and get a transaction. See the README for a tour, and
//! `docs/guide` for each subject.
//!
//! | to | see |
//! |---|---|
//! | open a database | [`Database`], [`PoolConfig`] |
//! | describe what is stored | [`derive@Entity`], [`derive@Row`], [`derive@Value`] |
//! | query | [`macro@repository`], [`Select`], [`Column`] |
//! | run a transaction | [`macro@transactional`], [`UnitOfWork`], [`Database::transaction`] |
//! | have it applied once, though answers get lost | [`Database::install_guard`], [`Database::resolve`] |
//! | give a client an identity and limits | [`Session`], [`Limits`] |
//! | find out what went wrong | [`Error`], [`ErrorKind`], [`Outcome`] |

#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(
        dead_code,
        unused_imports,
        unused_variables,
        unused_mut,
        reason = "what serves an engine that isn't compiled in"
    )
)]

#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
compile_error!(
    "wharf has no engine to talk to: enable at least one of the features `sqlite`, `postgres` and `mysql`"
);

#[doc(hidden)]
#[path = "__private.rs"]
pub mod __private;
mod clock;
mod database;
mod driver;
mod entity;
mod error;
mod executor;
mod mechanism;
mod policy;
mod pool;
pub mod prelude;
mod query;
mod repository;
mod routing;
mod session;
mod task_group;
mod telemetry;
mod topology;
mod transaction;
mod transactional;
mod unit_of_work;

pub use wharf_macros::{Entity, Row, Value, repository, transactional};

pub use database::{Database, DatabaseBuilder, RawLease};
#[cfg(feature = "json")]
pub use driver::Json;
pub use driver::{Cell, Dialect, FromRow, Kind, Operand, Param, RawConnection, Row, Value, sqlx};
pub use entity::{Column, ColumnDef, Entity, Id, Moment, Table};
pub use error::{
    CommitId, Constraint, ConstraintKind, Error, ErrorKind, LimitExceeded, Outcome, Result,
};
pub use executor::{Executor, RowsStream, WriteExecutor};
pub use policy::breaker::{BreakerConfig, BreakerState, BreakerWindow};
pub use policy::hedge::Hedge;
pub use policy::usage::HourlyUsage;
pub use pool::{
    Affinity, CloseReason, CloseReport, HookError, HookFuture, PartitionKey, PartitionKind,
    PartitionLimits, PartitionStats, Percentiles, PoolConfig, PoolStats, Position, Priority,
    Recycling, Shedding, Sizing,
};
pub use query::{Cursor, Filter, Order};
pub use repository::{MAX_PAGE_SIZE, Page, Repository, Select, Slice};
pub use routing::{Consistency, Explanation, Routing, RoutingStats, Strategy};
pub use session::{Limits, Remaining, Session, SessionBuilder, Usage};
pub use topology::{
    BreakerCommand, CausalToken, DeclaredRole, HealthConfig, NodeConfig, NodeId, NodeSnapshot,
    NodeState, Role, TopologySnapshot,
};
pub use transaction::{CommitOutcome, Isolation, Propagation, TransactionOptions, guard_migration};
pub use unit_of_work::{
    AsyncUnit, Mode, RawUnit, ReadOnly, ReadWrite, Receipt, Savepoint, UnitOfWork,
};

/// The programs in the README and in the guide, each of which must compile and run.
#[cfg(all(doctest, feature = "json"))]
mod doctests {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../../docs/guide/README.md")]
    struct Guide;
    #[doc = include_str!("../../docs/guide/entities.md")]
    struct Entities;
    #[doc = include_str!("../../docs/guide/repositories.md")]
    struct Repositories;
    #[doc = include_str!("../../docs/guide/transactions.md")]
    struct Transactions;
    #[doc = include_str!("../../docs/guide/exactly-once.md")]
    struct ExactlyOnce;
    #[doc = include_str!("../../docs/guide/sessions.md")]
    struct Sessions;
    #[doc = include_str!("../../docs/guide/pool.md")]
    struct Pool;
    #[doc = include_str!("../../docs/guide/routing.md")]
    struct Routing;
    #[doc = include_str!("../../docs/guide/failover.md")]
    struct Failover;
}
