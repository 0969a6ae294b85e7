//! One node: a server or a file, with the pools that lead to it.

use std::sync::OnceLock;

use crate::driver::{Answer, Dialect, Endpoint, Request, Role};
use crate::error::Result;
use crate::pool::{AcquireOptions, Lease, Pool, PoolConfig};
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
    dialect: Dialect,
    writer: Pool,
    reader: Pool,
    has_returning: OnceLock<bool>,
    traces_text: bool,
}

impl Node {
    pub(crate) fn start(
        endpoint: Endpoint,
        config: PoolConfig,
        traces_text: bool,
        tasks: &TaskGroup,
    ) -> Self {
        let dialect = endpoint.dialect();
        let (writer, reader) = if dialect != Dialect::Sqlite {
            let pool = Pool::start(endpoint, Role::Writer, config, tasks);
            (pool.clone(), pool)
        } else if endpoint.is_in_memory() {
            // Closing the one connection would lose the database.
            let config = config
                .max_connections(1)
                .min_connections(1)
                .idle_timeout(None)
                .max_lifetime(None);
            let pool = Pool::start(endpoint, Role::Writer, config, tasks);
            (pool.clone(), pool)
        } else {
            let one = config
                .clone()
                .max_connections(1)
                .min_connections(config.min_connections.min(1));
            let writer = Pool::start(endpoint.clone(), Role::Writer, one, tasks);
            (writer, Pool::start(endpoint, Role::Reader, config, tasks))
        };
        Self {
            dialect,
            writer,
            reader,
            has_returning: OnceLock::new(),
            traces_text,
        }
    }

    /// Opens the first connections, so that a wrong address or password shows at once.
    pub(crate) async fn warm_up(&self) -> Result<()> {
        // The writer first: it makes the file and sets its journal mode.
        let product = self.writer.warm_up().await?;
        let _ = self.has_returning.set(product.has_returning);
        if !self.is_one_pool() {
            self.reader.warm_up().await?;
        }
        Ok(())
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether `INSERT … RETURNING` is understood: everywhere but on MySQL.
    pub(crate) fn has_returning(&self) -> bool {
        self.has_returning
            .get()
            .copied()
            .unwrap_or(self.dialect != Dialect::MySql)
    }

    /// Whether spans carry the statements' texts.
    pub(crate) fn traces_text(&self) -> bool {
        self.traces_text
    }

    pub(crate) fn pool(&self, access: Access) -> &Pool {
        match access {
            Access::Read => &self.reader,
            Access::Write => &self.writer,
        }
    }

    pub(crate) async fn lease(&self, access: Access, options: AcquireOptions) -> Result<Lease> {
        self.pool(access).acquire(options).await
    }

    /// Runs one request on a connection of its own.
    pub(crate) async fn run(
        &self,
        access: Access,
        options: AcquireOptions,
        request: Request,
    ) -> Result<Answer> {
        let mut lease = self.lease(access, options).await?;
        lease.exchange(request).await
    }

    /// Refuses new callers, waits for what is lent, and closes everything.
    pub(crate) async fn close(&self) {
        if self.is_one_pool() {
            self.writer.close().await;
        } else {
            futures_util::future::join(self.reader.close(), self.writer.close()).await;
        }
    }

    fn is_one_pool(&self) -> bool {
        self.writer.is(&self.reader)
    }
}
