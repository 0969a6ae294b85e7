//! One node: a server or a file, with the pools that lead to it.

use std::sync::OnceLock;

use crate::driver::{Dialect, Endpoint, Role};
use crate::error::Result;
use crate::policy::time_limit::TimeLimit;
use crate::pool::{Caller, CloseReport, Pool, PoolConfig, PoolStats, Position, Sizing};
use crate::task_group::TaskGroup;

/// What a connection is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

impl Access {
    pub(crate) fn of(writes: bool) -> Self {
        if writes { Self::Write } else { Self::Read }
    }
}

/// One node, with the pools that lead to it.
///
/// A server has one pool. An SQLite file has two: a single writer, so that writers queue here, in order, instead of
/// failing each other with BUSY, and readers, which a WAL file never makes wait. A database in memory lives on one connection.
#[derive(Debug)]
pub(crate) struct Node {
    writer: Pool,
    reader: Pool,
    has_returning: OnceLock<bool>,
}

/// What the calls on a node go by.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NodeOptions {
    /// Whether spans carry the statements' texts.
    pub(crate) traces_text: bool,
    /// How long each statement may take.
    pub(crate) statement_limit: Option<TimeLimit>,
}

/// The same for a pool that has one connection, whatever was said of several. A guarantee would be one of all there is.
fn of_one(config: PoolConfig) -> PoolConfig {
    PoolConfig {
        max_connections: 1,
        min_connections: config.min_connections.min(1),
        initial_connections: config.initial_connections.min(1),
        sizing: Sizing::Fixed,
        partitions: config.partitions.guaranteeing_nothing(),
        ..config
    }
}

impl Node {
    pub(crate) fn start(
        endpoint: Endpoint,
        config: PoolConfig,
        is_copy: bool,
        tasks: &TaskGroup,
    ) -> Self {
        let dialect = endpoint.dialect();
        let (writer, reader) = if dialect != Dialect::Sqlite {
            let pool = Pool::start(endpoint, Role::Writer, config, tasks);
            (pool.clone(), pool)
        } else if is_copy {
            // A file that somebody else writes.
            let pool = Pool::start(endpoint, Role::Reader, config, tasks);
            (pool.clone(), pool)
        } else if endpoint.is_in_memory() {
            // Closing the one connection would lose the database.
            let config = of_one(config).min_connections(1).initial_connections(1);
            let pool = Pool::start(endpoint, Role::Writer, config, tasks);
            (pool.clone(), pool)
        } else {
            let writer = of_one(config.clone());
            let writer = Pool::start(endpoint.clone(), Role::Writer, writer, tasks);
            (writer, Pool::start(endpoint, Role::Reader, config, tasks))
        };
        Self {
            writer,
            reader,
            has_returning: OnceLock::new(),
        }
    }

    /// Opens the first connections, so that a wrong address or password shows at once.
    pub(crate) async fn warm_up(&self) -> Result<()> {
        // The writer first: it makes the file and sets its journal mode.
        if let Some(product) = self.writer.warm_up().await? {
            let _ = self.has_returning.set(product.has_returning);
        }
        if !self.is_one_pool() {
            self.reader.warm_up().await?;
        }
        Ok(())
    }

    /// Whether `INSERT … RETURNING` is understood: everywhere but on MySQL.
    pub(crate) fn has_returning(&self) -> bool {
        // Before the first connection MariaDB is assumed; MySQL itself says then that it isn't.
        self.has_returning.get().copied().unwrap_or(true)
    }

    /// How it is reached.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        self.writer.endpoint()
    }

    pub(crate) fn pool(&self, access: Access) -> &Pool {
        match access {
            Access::Read => &self.reader,
            Access::Write => &self.writer,
        }
    }

    /// Refuses new callers, waits for what is lent, and closes everything.
    pub(crate) async fn close(&self) -> CloseReport {
        if self.is_one_pool() {
            return self.writer.close().await;
        }
        let (readers, writer) =
            futures_util::future::join(self.reader.close(), self.writer.close()).await;
        readers.and(writer)
    }

    /// How its pools stand: the writer's first.
    pub(crate) fn stats(&self) -> Vec<PoolStats> {
        self.pools().map(Pool::stats).collect()
    }

    /// Has every connection that is open now replaced before its next use.
    pub(crate) fn recycle_connections(&self) {
        self.pools().for_each(Pool::recycle_connections);
    }

    /// Where a caller stands in the lines.
    pub(crate) fn positions(&self, caller: &Caller) -> Vec<Position> {
        self.pools()
            .flat_map(|pool| pool.positions(caller))
            .collect()
    }

    /// Ends what a caller does now.
    pub(crate) fn kill(&self, caller: &Caller, reason: &str) {
        self.pools().for_each(|pool| pool.kill(caller, reason));
    }

    /// Ends at once whatever goes on with it, without a word to it: see [`Pool::sever`].
    pub(crate) fn sever(&self, why: &str) {
        self.pools().for_each(|pool| pool.sever(why));
    }

    /// About how many callers have a connection to it or wait for one.
    pub(crate) fn in_use(&self) -> u32 {
        self.pools().map(Pool::in_use).sum()
    }

    fn pools(&self) -> impl Iterator<Item = &Pool> {
        let reader = (!self.is_one_pool()).then_some(&self.reader);
        std::iter::once(&self.writer).chain(reader)
    }

    fn is_one_pool(&self) -> bool {
        self.writer.is(&self.reader)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Nobody closed it: idle connections end at once, and the others when they come back.
        self.pools().for_each(Pool::abandon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::{PartitionKey, PartitionKind, PartitionLimits};

    #[test]
    fn nothing_is_guaranteed_of_one_connection() {
        let key = PartitionKey::new(PartitionKind::Service, "health");
        let config = PoolConfig::new()
            .partition(key, PartitionLimits::new().guaranteed(2).max_waiters(7))
            .min_connections(3);
        let one = of_one(config);
        assert_eq!((one.max_connections, one.min_connections), (1, 1));
        let limits: Vec<_> = one.partitions.named.values().collect();
        assert_eq!((limits[0].guaranteed, limits[0].max_waiters), (0, Some(7)));
    }
}
