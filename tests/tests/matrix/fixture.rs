//! One database with one connection, an observer beside it, and optionally a proxy between them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::Connection as _;
use wharf::__private::{Mechanism, switch_off};
use wharf::DatabaseBuilder;
use wharf::prelude::*;
use wharf_tests::proxy::Proxy;
use wharf_tests::server::Server;

use crate::bank::{Account, Accounts, Marker, Markers};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
    MariaDb,
}

/// The balances of accounts 1 to 4.
pub type Balances = [i64; 4];

pub struct Fixture {
    pub engine: Engine,
    pub db: Database,
    pub proxy: Option<Proxy>,
    /// Where the observer looks, past the proxy.
    url: String,
    file: Option<PathBuf>,
    next_marker: std::sync::atomic::AtomicI64,
}

/// Does without what `WHARF_WITHOUT` names, so that it can be seen that the matrix fails then.
fn obey_switches() {
    let mechanism = match std::env::var("WHARF_WITHOUT").as_deref() {
        Ok("state") => Mechanism::State,
        Ok("guard") => Mechanism::Guard,
        Ok(other) => panic!("WHARF_WITHOUT is `state` or `guard`, and not `{other}`"),
        Err(_) => return,
    };
    switch_off(mechanism);
}

impl Fixture {
    pub async fn direct(engine: Engine) -> Self {
        let (url, file) = match engine {
            Engine::Sqlite => {
                static FILES: AtomicU32 = AtomicU32::new(0);
                let number = FILES.fetch_add(1, Ordering::Relaxed);
                let name = format!("wharf-matrix-{}-{number}.db", std::process::id());
                let file = std::env::temp_dir().join(name);
                (format!("sqlite://{}", file.display()), Some(file))
            }
            Engine::Postgres => (Server::postgres().database(), None),
            Engine::MariaDb => (Server::mariadb().database(), None),
        };
        Self::open(engine, builder(&url, pool()), url, None, file).await
    }

    pub async fn proxied(engine: Engine) -> Self {
        Self::through_proxy(engine, |url| builder(&url, pool())).await
    }

    /// An SQLite file whose commits are guarded.
    pub async fn guarded_file() -> Self {
        let fixture = Self::direct(Engine::Sqlite).await;
        fixture.db.install_guard().await.expect("the guard");
        fixture
    }

    /// A server behind a proxy, where each commit leaves a row, and each message carries its text.
    pub async fn guarded(engine: Engine) -> Self {
        let fixture = Self::through_proxy(engine, |url| {
            builder(&url, pool().statement_cache(0)).guard_commits(true)
        });
        fixture.await
    }

    async fn through_proxy(engine: Engine, build: impl FnOnce(String) -> DatabaseBuilder) -> Self {
        let server = if engine == Engine::Postgres {
            Server::postgres()
        } else {
            Server::mariadb()
        };
        let proxy = Proxy::start(server.address()).await;
        let url = server.database();
        let through = url.replace(&server.address().to_string(), &proxy.address().to_string());
        Self::open(engine, build(through), url, Some(proxy), None).await
    }

    async fn open(
        engine: Engine,
        builder: DatabaseBuilder,
        url: String,
        proxy: Option<Proxy>,
        file: Option<PathBuf>,
    ) -> Self {
        obey_switches();
        let db = builder.connect().await.expect("the database opens");
        if proxy.is_some() {
            db.install_guard().await.expect("the guard");
        }
        db.create_table::<Account>().await.expect("accounts");
        db.create_table::<Marker>().await.expect("markers");
        let accounts = [1, 2, 3, 4].map(|id| Account { id, balance: 0 });
        Accounts::insert_many(&db, &accounts)
            .await
            .expect("four accounts");
        Self {
            engine,
            db,
            proxy,
            url,
            file,
            next_marker: 1.into(),
        }
    }

    /// Has the server end every connection of the database under test.
    pub async fn kill_connections(&self) {
        if self.engine == Engine::Postgres {
            self.observe(
                "SELECT pg_terminate_backend(pid)::int::bigint FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            .await;
            return;
        }
        let others = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist \
                      WHERE db = DATABASE() AND id <> CONNECTION_ID()";
        for thread in self.observe(others).await {
            self.observe(&format!("KILL {thread}")).await;
        }
    }

    /// Takes the guard's table out of sight.
    pub async fn hide_guard(&self) {
        self.observe("ALTER TABLE wharf_outcome RENAME TO wharf_hidden")
            .await;
    }

    /// Puts the guard's table back.
    pub async fn show_guard(&self) {
        self.observe("ALTER TABLE wharf_hidden RENAME TO wharf_outcome")
            .await;
    }

    /// Sets every balance to 0, behind Wharf's back.
    pub async fn reset(&self) {
        self.observe("UPDATE accounts SET balance = 0").await;
    }

    /// What everybody sees.
    pub async fn balances(&self) -> Balances {
        let rows = self
            .observe("SELECT balance FROM accounts ORDER BY id")
            .await;
        rows.try_into().expect("four accounts")
    }

    /// What the next borrower does on its own must be there for everybody at once.
    pub async fn next_borrower_is_clean(&self, at: &str) {
        let id = self.next_marker.fetch_add(1, Ordering::Relaxed);
        let inserted = Markers::insert(&self.db, &Marker { id }).await;
        assert!(
            inserted.is_ok(),
            "matrix violation: the next call fails after {at}: {inserted:?}"
        );
        let seen = self
            .observe(&format!("SELECT id FROM markers WHERE id = {id}"))
            .await;
        assert_eq!(
            seen,
            [id],
            "matrix violation: the next borrower's write is invisible after {at}"
        );
    }

    async fn observe(&self, sql: &str) -> Vec<i64> {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        match self.engine {
            Engine::Sqlite => {
                let mut observer = sqlx::SqliteConnection::connect(&self.url)
                    .await
                    .expect("an observer");
                sqlx::query_scalar(sql)
                    .fetch_all(&mut observer)
                    .await
                    .expect("an observation")
            }
            Engine::Postgres => {
                let mut observer = sqlx::PgConnection::connect(&self.url)
                    .await
                    .expect("an observer");
                sqlx::query_scalar(sql)
                    .fetch_all(&mut observer)
                    .await
                    .expect("an observation")
            }
            Engine::MariaDb => {
                let mut observer = sqlx::MySqlConnection::connect(&self.url)
                    .await
                    .expect("an observer");
                sqlx::query_scalar(sql)
                    .fetch_all(&mut observer)
                    .await
                    .expect("an observation")
            }
        }
    }

    pub async fn close(self) {
        self.db.close().await;
        if let Some(file) = self.file {
            for end in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{}{end}", file.display()));
            }
        }
    }
}

/// One connection, which is waited for.
fn pool() -> PoolConfig {
    PoolConfig::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(20))
}

fn builder(url: &str, pool: PoolConfig) -> DatabaseBuilder {
    Database::builder().primary(url).pool(pool)
}
