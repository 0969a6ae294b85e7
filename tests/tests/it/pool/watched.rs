//! A database of a test's own, and a look at it from outside: which connections lead to it.

use wharf::prelude::*;
use wharf_tests::server::Server;

use crate::entities::Account;
use crate::harness::{Engine, Place, eventually};

/// A database that is looked at from outside. Its onlooker is connected to another one of the same server.
pub(super) struct Watched {
    place: Place,
    onlooker: Database,
}

#[repository(Account)]
struct Processes;

#[repository]
impl Processes {
    #[query(
        postgres = "SELECT CAST(pid AS bigint) FROM pg_stat_activity WHERE datname = :database",
        mysql = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist WHERE db = :database"
    )]
    async fn of(db: &impl Executor, database: &str) -> Result<Vec<i64>>;
}

impl Watched {
    /// A new database on the server of all tests, or in a file.
    pub(super) async fn new(engine: Engine) -> Result<Self> {
        let onlooker = match engine {
            Engine::Sqlite | Engine::Memory => "sqlite::memory:".to_owned(),
            Engine::Postgres | Engine::MariaDb => Place::new(engine).url.clone(),
        };
        Self::at(Place::new(engine), onlooker).await
    }

    /// A new database on a server of the test's own.
    pub(super) async fn on(server: &Server) -> Result<Self> {
        Self::at(Place::on(server), server.database()).await
    }

    /// A database anywhere, and the URL of another one for the onlooker.
    pub(super) async fn at(place: Place, onlooker: String) -> Result<Self> {
        // It asks whether its connection is still there: the server may have been restarted.
        let pool = PoolConfig::new().check_after_idle(Duration::ZERO);
        let onlooker = Place::open_at(&onlooker, pool).await?;
        Ok(Self { place, onlooker })
    }

    pub(super) async fn open(&self, pool: PoolConfig) -> Result<Database> {
        self.place.open(pool).await
    }

    /// How many connections lead to it: on a server by its own account, to a file by the descriptors of this process.
    pub(super) async fn connections(&self) -> Result<usize> {
        if self.place.engine != Engine::Sqlite {
            return Ok(self.processes().await?.len());
        }
        let file = self.place.url.trim_start_matches("sqlite://");
        let descriptors = std::fs::read_dir("/proc/self/fd").expect("list the descriptors");
        let targets = descriptors
            .flatten()
            .filter_map(|entry| std::fs::read_link(entry.path()).ok());
        // The journal, which every connection opens too, has another name.
        Ok(targets.filter(|target| target.as_os_str() == file).count())
    }

    /// Returns when no connection leads to it any more.
    pub(super) async fn is_let_go(&self) -> Result<()> {
        eventually("no connection leads there", async || {
            Ok(self.connections().await? == 0)
        })
        .await
    }

    /// The connections that lead to it, as the server calls them.
    pub(super) async fn processes(&self) -> Result<Vec<i64>> {
        Processes::of(&self.onlooker, self.name()).await
    }

    /// Ends all connections on the server.
    pub(super) async fn end_all(&self) -> Result<()> {
        for process in self.processes().await? {
            let ended = match self.place.engine {
                Engine::Postgres => format!("SELECT pg_terminate_backend({process})"),
                _ => format!("KILL {process}"),
            };
            // It may have ended by itself meanwhile.
            let _ = self.onlooker.execute(ended).await;
        }
        Ok(())
    }

    /// Runs a statement on another connection.
    pub(super) async fn execute(&self, sql: &str) -> Result<()> {
        self.onlooker.execute(sql).await
    }

    pub(super) async fn close(self) {
        self.onlooker.close().await;
    }

    /// What the server calls it.
    pub(super) fn name(&self) -> &str {
        self.place.url.rsplit('/').next().unwrap_or_default()
    }
}
