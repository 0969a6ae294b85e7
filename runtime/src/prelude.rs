//! What most programs need: `use wharf::prelude::*;`

pub use std::time::Duration;

pub use futures_util::{Stream, StreamExt as _, TryStreamExt as _};

#[cfg(feature = "json")]
pub use crate::Json;
pub use crate::{
    Consistency, Cursor, Database, Dialect, Entity, Error, ErrorKind, Executor, Isolation, Limits,
    NodeConfig, Outcome, Page, PartitionKey, PartitionKind, PartitionLimits, PoolConfig, Priority,
    Propagation, ReadOnly, ReadWrite, Receipt, Result, Routing, Row, Savepoint, Session, Slice,
    TransactionOptions, UnitOfWork, Value, WriteExecutor, repository, transactional,
};
