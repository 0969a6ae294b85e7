//! Runs a law on an engine: a fresh database, a runtime, a guard against hanging, and a look at what is left behind.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use wharf::{Database, Error, ErrorKind, PoolConfig, Result};
pub(crate) use wharf_tests::eventually;
use wharf_tests::server::Server;

/// A hundred times what the slowest law takes. It fails a test that hangs and decides nothing else.
const HANG_LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    /// SQLite without a file.
    Memory,
    Postgres,
    MariaDb,
}

/// A database of one test, empty at first.
pub(crate) struct Place {
    pub(crate) engine: Engine,
    pub(crate) url: String,
    directory: Option<PathBuf>,
}

impl Place {
    pub(crate) fn new(engine: Engine) -> Self {
        let (url, directory) = match engine {
            Engine::Postgres => (Server::postgres().database(), None),
            Engine::MariaDb => (Server::mariadb().database(), None),
            Engine::Memory => ("sqlite::memory:".to_owned(), None),
            Engine::Sqlite => {
                static FILES: AtomicU32 = AtomicU32::new(0);
                let number = FILES.fetch_add(1, Ordering::Relaxed);
                let name = format!("wharf-it-{}-{number}", std::process::id());
                let directory = std::env::temp_dir().join(name);
                std::fs::create_dir_all(&directory).expect("create a directory for the file");
                (
                    format!("sqlite://{}/test.db", directory.display()),
                    Some(directory),
                )
            }
        };
        Self {
            engine,
            url,
            directory,
        }
    }

    /// A new database on a server of the test's own.
    pub(crate) fn on(server: &Server) -> Self {
        let url = server.database();
        let engine = if url.starts_with("postgres") {
            Engine::Postgres
        } else {
            Engine::MariaDb
        };
        Self::at(engine, url)
    }

    /// A database that is there already.
    pub(crate) fn at(engine: Engine, url: String) -> Self {
        Self {
            engine,
            url,
            directory: None,
        }
    }

    /// Another pool on the same database.
    pub(crate) async fn open(&self, pool: PoolConfig) -> Result<Database> {
        Self::open_at(&self.url, pool).await
    }

    /// A pool on any database.
    pub(crate) async fn open_at(url: &str, pool: PoolConfig) -> Result<Database> {
        Database::builder().primary(url).pool(pool).connect().await
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(directory) = &self.directory {
            // A directory that stays behind breaks nothing.
            let _ = std::fs::remove_dir_all(directory);
        }
    }
}

/// Runs a law. Closing at its end waits for every connection, so one that was lost shows as a hang.
pub(crate) fn run(engine: Engine, law: impl AsyncFnOnce(&Database, &Place) -> Result<()>) {
    run_on(Builder::new_multi_thread().worker_threads(2), engine, law);
}

/// The same, with all tasks on this thread: for what a thread can listen to.
pub(crate) fn run_in_one_thread(
    engine: Engine,
    law: impl AsyncFnOnce(&Database, &Place) -> Result<()>,
) {
    run_on(&mut Builder::new_current_thread(), engine, law);
}

fn run_on(
    runtime: &mut Builder,
    engine: Engine,
    law: impl AsyncFnOnce(&Database, &Place) -> Result<()>,
) {
    let place = Place::new(engine);
    start(runtime).block_on(async {
        let pool = PoolConfig::new().close_timeout(2 * HANG_LIMIT);
        let db = place.open(pool).await.expect("open the database");
        hold_to(law(&db, &place)).await;
        timeout(HANG_LIMIT, db.close())
            .await
            .expect("every connection has come back");
    });
}

/// Runs a law that needs a server of its own, to kill or to freeze.
pub(crate) fn run_with(mut server: Server, law: impl AsyncFnOnce(&mut Server) -> Result<()>) {
    let runtime = start(Builder::new_multi_thread().worker_threads(2));
    runtime.block_on(hold_to(law(&mut server)));
}

fn start(runtime: &mut Builder) -> Runtime {
    runtime.enable_all().build().expect("start a runtime")
}

async fn hold_to(law: impl Future<Output = Result<()>>) {
    timeout(HANG_LIMIT, law)
        .await
        .expect("the law hangs")
        .expect("the law holds");
}

/// The error of a call that must fail in this way.
#[track_caller]
pub(crate) fn refused<T: Debug>(result: Result<T>, kind: ErrorKind) -> Error {
    let error = result.expect_err("this can't succeed");
    assert_eq!(error.kind(), kind, "{error:?}");
    error
}

/// The same, and the error says all of this.
#[track_caller]
pub(crate) fn refused_saying<T: Debug>(
    result: Result<T>,
    kind: ErrorKind,
    words: &[&str],
) -> Error {
    let error = refused(result, kind);
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "`{word}` is missing from: {text}");
    }
    error
}

/// Makes each law a test per engine: `sqlite::name`, `postgres::name`, `mariadb::name`.
macro_rules! on_all_engines {
    ($($(#[$attribute:meta])* async fn $name:ident $params:tt $body:block)+) => {
        $(on_all_engines! { @law $(#[$attribute])* $name $params $body })+
        on_all_engines! { @engine sqlite Sqlite $($name $params)+ }
        on_all_engines! { @engine postgres Postgres $($name $params)+ }
        on_all_engines! { @engine mariadb MariaDb $($name $params)+ }
    };
    (@law $(#[$attribute:meta])* $name:ident ($($param:ident: &$type:ty),+) $body:block) => {
        $(#[$attribute])*
        async fn $name($($param: &$type),+) -> wharf::Result<()> {
            $body
            Ok(())
        }
    };
    (@engine $module:ident $engine:ident $($name:ident $params:tt)+) => {
        mod $module {
            $(
                #[test]
                fn $name() {
                    let law = async |db: &_, place: &_| on_all_engines!(@call $name $params db place).await;
                    crate::harness::run(crate::harness::Engine::$engine, law);
                }
            )+
        }
    };
    (@call $name:ident ($_db:ident: &$_database:ty) $db:ident $place:ident) => {{
        let _: &crate::harness::Place = $place;
        super::$name($db)
    }};
    (@call $name:ident ($_db:ident: &$_database:ty, $_place:ident: &$_type:ty) $db:ident $place:ident) => {
        super::$name($db, $place)
    };
}

/// The same for those engines that are servers.
macro_rules! on_servers {
    ($($(#[$attribute:meta])* async fn $name:ident $params:tt $body:block)+) => {
        $(on_all_engines! { @law $(#[$attribute])* $name $params $body })+
        on_all_engines! { @engine postgres Postgres $($name $params)+ }
        on_all_engines! { @engine mariadb MariaDb $($name $params)+ }
    };
}

/// Makes each law a test on a server of its own, to kill or to freeze: `own_postgres::name`, `own_mariadb::name`.
macro_rules! on_own_servers {
    ($($name:ident)+) => {
        on_own_servers! { @engine own_postgres start_postgres $($name)+ }
        on_own_servers! { @engine own_mariadb start_mariadb $($name)+ }
    };
    (@engine $module:ident $start:ident $($name:ident)+) => {
        mod $module {
            $(
                #[test]
                fn $name() {
                    crate::harness::run_with(wharf_tests::server::Server::$start(), super::$name);
                }
            )+
        }
    };
}
