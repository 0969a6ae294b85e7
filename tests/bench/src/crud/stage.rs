//! The database that all peers share: opened, filled, and tidied between two cells.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool,
    SqliteConnection, SqlitePool,
};
use wharf_tests::server::Server;

use super::case::ROWS;
use super::peer::Values;
use crate::Result;
use crate::directory::Directory;

/// The columns after the id.
const COLUMNS: &str =
    "owner TEXT NOT NULL, email TEXT NOT NULL, balance BIGINT NOT NULL, visits INTEGER NOT NULL";
/// As Wharf sets it, so that everybody reads in the same way.
const MMAP_BYTES: &str = "268435456";
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// A file: WAL, `synchronous=NORMAL`.
    Sqlite,
    /// A server over TCP: `synchronous_commit=off`.
    Postgres,
}

impl Engine {
    pub(crate) const ALL: &[Self] = &[Self::Sqlite, Self::Postgres];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// The database that all peers share.
pub(crate) struct Stage {
    url: String,
    attendant: Attendant,
    /// Where the file is; dropped last.
    _directory: Option<Directory>,
}

/// The connection that belongs to no peer.
enum Attendant {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Stage {
    /// Makes a database with the rows that are found, updated and read.
    pub(crate) async fn open(engine: Engine) -> Result<Self> {
        let mut stage = match engine {
            Engine::Sqlite => {
                let directory = Directory::create("sqlite")?;
                let url = format!("sqlite://{}", directory.path().join("bench.db").display());
                let options = url.parse::<SqliteConnectOptions>()?;
                let options = sqlite_options(options).create_if_missing(true);
                let connection = options.connect().await?;
                Self {
                    url,
                    attendant: Attendant::Sqlite(connection),
                    _directory: Some(directory),
                }
            }
            Engine::Postgres => {
                let url = Server::postgres().database();
                let mut connection = PgConnection::connect(&url).await?;
                let setting = "DO $$ BEGIN EXECUTE \
                     format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$";
                connection.execute(setting).await?;
                Self {
                    url,
                    attendant: Attendant::Postgres(connection),
                    _directory: None,
                }
            }
        };
        let id = match engine {
            // The only spelling for which SQLite makes no second index.
            Engine::Sqlite => "INTEGER",
            Engine::Postgres => "BIGINT",
        };
        let table = format!("CREATE TABLE accounts (id {id} PRIMARY KEY, {COLUMNS})");
        stage.execute(&table).await?;
        stage.execute(&filling()).await?;
        Ok(stage)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn engine(&self) -> Engine {
        match self.attendant {
            Attendant::Sqlite(_) => Engine::Sqlite,
            Attendant::Postgres(_) => Engine::Postgres,
        }
    }

    /// What the database says that it is.
    pub(crate) async fn version(&mut self) -> Result<String> {
        let version: String = match &mut self.attendant {
            Attendant::Sqlite(connection) => {
                sqlx::query_scalar("SELECT 'SQLite ' || sqlite_version()")
                    .fetch_one(connection)
                    .await?
            }
            Attendant::Postgres(connection) => {
                sqlx::query_scalar("SELECT 'PostgreSQL ' || current_setting('server_version')")
                    .fetch_one(connection)
                    .await?
            }
        };
        Ok(version)
    }

    /// Takes away what the last cell left, so that the next one starts from the same.
    pub(crate) async fn tidy(&mut self) -> Result<()> {
        let delete = format!("DELETE FROM accounts WHERE id > {ROWS}");
        self.execute(&delete).await?;
        match self.engine() {
            Engine::Sqlite => self.execute("PRAGMA wal_checkpoint(TRUNCATE)").await,
            Engine::Postgres => self.execute("VACUUM (ANALYZE) accounts").await,
        }
    }

    /// sqlx's own pool, which keeps connections as sqlx does by default.
    pub(crate) fn sqlite_pool(&self, connections: u32) -> Result<SqlitePool> {
        let options = sqlite_options(self.url.parse()?);
        let pool = SqlitePoolOptions::new().max_connections(connections);
        Ok(pool.connect_lazy_with(options))
    }

    /// sqlx's own pool, which keeps connections as sqlx does by default.
    pub(crate) fn postgres_pool(&self, connections: u32) -> Result<PgPool> {
        let options = self.url.parse::<PgConnectOptions>()?;
        let pool = PgPoolOptions::new().max_connections(connections);
        Ok(pool.connect_lazy_with(options.disable_statement_logging()))
    }

    async fn execute(&mut self, sql: &str) -> Result<()> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match &mut self.attendant {
            Attendant::Sqlite(connection) => {
                sql.execute(connection).await?;
            }
            Attendant::Postgres(connection) => {
                sql.execute(connection).await?;
            }
        }
        Ok(())
    }
}

fn sqlite_options(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("mmap_size", MMAP_BYTES)
        .disable_statement_logging()
}

fn filling() -> String {
    let row = |id| {
        let Values {
            id,
            owner,
            email,
            balance,
            visits,
        } = Values::new(id, 0);
        format!("({id}, '{owner}', '{email}', {balance}, {visits})")
    };
    let rows: Vec<String> = (1..=ROWS).map(row).collect();
    format!("INSERT INTO accounts VALUES {}", rows.join(", "))
}
