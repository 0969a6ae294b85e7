//! The fleet's connections as the engine itself sees them, from a connection that is none of them.

use std::time::Instant;

use wharf::prelude::*;

use crate::place::Place;

/// How long the connections get to end what was dropped on them.
const SETTLE_LIMIT: Duration = Duration::from_secs(10);
/// MariaDB looks at its transactions anew only when nobody has asked for a tenth of a second.
const SETTLE_STEP: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub(crate) struct Backends {
    /// On a server a connection of its own, on SQLite the fleet's.
    db: Database,
}

#[repository]
impl Backends {
    // PostgreSQL knows programs by name, and the fleet's has its process in it. MariaDB knows users alone.
    #[query(
        postgres = "SELECT CAST(pid AS BIGINT) FROM pg_stat_activity \
                    WHERE application_name = current_setting('application_name') AND usename = current_user \
                    AND datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
        mysql = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist \
                 WHERE user = substring_index(user(), '@', 1) AND db = database() AND id <> connection_id()"
    )]
    async fn all(db: &impl WriteExecutor) -> Result<Vec<i64>>;

    #[query(
        postgres = "SELECT count(*) FROM pg_stat_activity \
                    WHERE application_name = current_setting('application_name') AND usename = current_user \
                    AND datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL",
        mysql = "SELECT count(*) FROM information_schema.innodb_trx \
                 JOIN information_schema.processlist ON id = trx_mysql_thread_id \
                 WHERE user = substring_index(user(), '@', 1) AND db = database() AND id <> connection_id()"
    )]
    async fn count_open(db: &impl WriteExecutor) -> Result<i64>;

    #[query(postgres = "SELECT pg_terminate_backend(CAST(:id AS INTEGER))")]
    async fn terminate(db: &impl WriteExecutor, id: i64) -> Result<bool>;
}

impl Backends {
    pub(crate) async fn connect(fleet: &Database, place: &Place) -> Result<Self> {
        let db = match fleet.dialect() {
            Dialect::Sqlite => fleet.clone(),
            _ => {
                let one = PoolConfig::new().max_connections(1);
                let described = Database::builder().primary(place.url()).pool(one);
                described.connect().await?
            }
        };
        Ok(Self { db })
    }

    /// The bank, by a way that nobody kills.
    pub(crate) fn db(&self) -> &Database {
        &self.db
    }

    /// The connections that can be killed: none on SQLite, where there is nobody at the other end.
    pub(crate) async fn list(&self) -> Result<Vec<i64>> {
        if self.db.dialect() == Dialect::Sqlite {
            return Ok(Vec::new());
        }
        Self::all(&self.db).await
    }

    /// Kills a connection; whether it was still there.
    pub(crate) async fn kill(&self, id: i64) -> Result<bool> {
        if self.db.dialect() == Dialect::Postgres {
            return Self::terminate(&self.db, id).await;
        }
        match self.db.execute(format!("KILL CONNECTION {id}")).await {
            Ok(()) => Ok(true),
            // No such thread.
            Err(error) if error.kind() == ErrorKind::Database => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Waits until no connection is in a transaction any more; how many are after ten seconds.
    pub(crate) async fn settle(&self) -> Result<u64, Box<dyn std::error::Error>> {
        let started = Instant::now();
        loop {
            let open = self.in_transaction().await?;
            if open == 0 || started.elapsed() > SETTLE_LIMIT {
                return Ok(open);
            }
            tokio::time::sleep(SETTLE_STEP).await;
        }
    }

    async fn in_transaction(&self) -> Result<u64, Box<dyn std::error::Error>> {
        if self.db.dialect() != Dialect::Sqlite {
            return Ok(Self::count_open(&self.db).await?.unsigned_abs());
        }
        // SQLite lists no connections, but it can't empty its log while one of them reads an older state. So here is a new
        // state. The writer is the one that asks: in a transaction of its own it would be refused.
        let write = "UPDATE fleet_accounts SET balance = balance WHERE id = 1";
        let mut raw = self.db.raw().await?;
        let mut connection = raw.connection()?;
        let sqlite = connection.sqlite().ok_or("the writer isn't SQLite's")?;
        wharf::sqlx::query(write).execute(&mut *sqlite).await?;
        let is_busy: bool = wharf::sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(sqlite)
            .await?;
        Ok(u64::from(is_busy))
    }

    pub(crate) async fn close(&self) {
        self.db.close().await;
    }
}
