//! From a URL to a connection.

use std::sync::Arc;

use super::connection::{Connection, Opened, Socket};
use super::dialect::Dialect;
use super::interrupt::Interrupt;
#[cfg(feature = "mysql")]
use super::mysql;
#[cfg(feature = "postgres")]
use super::postgres;
#[cfg(feature = "sqlite")]
use super::sqlite;
use super::sqlx;
use crate::error::{Error, ErrorKind, Result};

/// How many prepared statements a connection keeps, unless told otherwise: sqlx's own default.
pub(crate) const STATEMENT_CACHE: usize = 100;

/// More than that no connection keeps.
pub(crate) const MOST_STATEMENTS: usize = 10_000;

/// How many a URL says, in sqlx's words.
///
/// # Errors
/// [`ErrorKind::Configuration`] when they are too many.
pub(super) fn statement_cache_in(url: &str) -> Result<usize> {
    let (_, query) = url.split_once('?').unwrap_or_default();
    let said = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == "statement-cache-capacity")
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(STATEMENT_CACHE);
    if said > MOST_STATEMENTS {
        let problem =
            format!("statement-cache-capacity is {said}, and 0 to {MOST_STATEMENTS} is allowed");
        return Err(Error::new(ErrorKind::Configuration, problem));
    }
    Ok(said)
}

/// A database that a URL names.
#[derive(Debug, Clone)]
pub(crate) enum Endpoint {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Endpoint),
    #[cfg(feature = "postgres")]
    Postgres(postgres::Endpoint),
    #[cfg(feature = "mysql")]
    MySql(mysql::Endpoint),
}

/// What a connection is opened for; the same on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Writer,
    Reader,
}

impl Endpoint {
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let Some((scheme, _)) = url.split_once(':') else {
            let problem =
                "the URL has no scheme: one of `sqlite:`, `postgres:` or `mysql:` is expected";
            return Err(Error::new(ErrorKind::Configuration, problem));
        };
        match scheme {
            #[cfg(feature = "sqlite")]
            "sqlite" => sqlite::Endpoint::parse(url).map(Self::Sqlite),
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => postgres::Endpoint::parse(url).map(Self::Postgres),
            #[cfg(feature = "mysql")]
            "mysql" | "mariadb" => {
                let url = format!("mysql:{}", &url[scheme.len() + 1..]);
                mysql::Endpoint::parse(&url).map(Self::MySql)
            }
            #[cfg(not(feature = "sqlite"))]
            "sqlite" => Err(missing_feature(scheme, "sqlite")),
            #[cfg(not(feature = "postgres"))]
            "postgres" | "postgresql" => Err(missing_feature(scheme, "postgres")),
            #[cfg(not(feature = "mysql"))]
            "mysql" | "mariadb" => Err(missing_feature(scheme, "mysql")),
            other => Err(Error::new(
                ErrorKind::Configuration,
                format!(
                    "unknown scheme `{other}:` in the URL: one of `sqlite:`, `postgres:` or `mysql:` is expected"
                ),
            )),
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Dialect::Postgres,
            #[cfg(feature = "mysql")]
            Self::MySql(_) => Dialect::MySql,
        }
    }

    /// Whether closing the last connection would lose the database.
    pub(crate) fn is_in_memory(&self) -> bool {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(endpoint) => endpoint.in_memory,
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => false,
        }
    }

    /// The name that errors use; never contains a password.
    pub(crate) fn name(&self) -> String {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(endpoint) => endpoint.name(),
            #[cfg(feature = "postgres")]
            Self::Postgres(endpoint) => endpoint.name(),
            #[cfg(feature = "mysql")]
            Self::MySql(endpoint) => endpoint.name(),
        }
    }

    /// How many prepared statements each connection keeps; 0: none, for proxies that share connections between
    /// transactions.
    pub(crate) fn statement_cache(self, capacity: usize) -> Self {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(endpoint) => Self::Sqlite(endpoint.statement_cache(capacity)),
            #[cfg(feature = "postgres")]
            Self::Postgres(endpoint) => Self::Postgres(endpoint.statement_cache(capacity)),
            #[cfg(feature = "mysql")]
            Self::MySql(endpoint) => Self::MySql(endpoint.statement_cache(capacity)),
        }
    }

    pub(crate) async fn open(&self, role: Role) -> Result<Connection> {
        let interrupt: Arc<Interrupt> = Arc::default();
        let opened = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(endpoint) => Opened {
                socket: Socket::Sqlite(
                    endpoint
                        .open(role == Role::Reader, interrupt.clone())
                        .await?,
                ),
                process: 0,
                has_returning: true,
                statement_cache: endpoint.statement_cache,
                interrupt,
            },
            #[cfg(feature = "postgres")]
            Self::Postgres(endpoint) => {
                let opened = endpoint.open().await;
                let (connection, process) = opened.map_err(|problem| self.unreachable(problem))?;
                Opened {
                    socket: Socket::Postgres(connection),
                    process,
                    has_returning: true,
                    statement_cache: endpoint.statement_cache,
                    interrupt,
                }
            }
            #[cfg(feature = "mysql")]
            Self::MySql(endpoint) => {
                let opened = endpoint.open().await;
                let (connection, process, has_returning) =
                    opened.map_err(|problem| self.unreachable(problem))?;
                Opened {
                    socket: Socket::MySql(connection),
                    process,
                    has_returning,
                    statement_cache: endpoint.statement_cache,
                    interrupt,
                }
            }
        };
        Ok(Connection::new(opened))
    }

    #[cfg(any(feature = "postgres", feature = "mysql"))]
    fn unreachable(&self, problem: sqlx::Error) -> Error {
        use super::class::{self, Class};
        let class = match &problem {
            #[cfg(feature = "postgres")]
            sqlx::Error::Database(error) if self.dialect() == Dialect::Postgres => error
                .code()
                .map_or(Class::Other, |code| class::postgres(&code)),
            #[cfg(feature = "mysql")]
            sqlx::Error::Database(error) => error
                .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
                .map_or(Class::Other, |error| class::mysql(error.number())),
            _ => Class::Lost,
        };
        let kind = match class {
            Class::Fatal(kind) | Class::Mistake(kind) => kind,
            Class::Limit => ErrorKind::LimitExceeded,
            _ => ErrorKind::Connect,
        };
        let error = Error::new(kind, problem.to_string())
            .attempting(|| format!("connect to {}", self.name()));
        let error = if kind == ErrorKind::Connect {
            error.retryable()
        } else {
            error
        };
        error.with_source(problem)
    }
}

#[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
fn missing_feature(scheme: &str, feature: &str) -> Error {
    Error::new(
        ErrorKind::Configuration,
        format!(
            "the URL's scheme is `{scheme}:`, and Wharf was built without its feature `{feature}`; add `features = [\"{feature}\"]`"
        ),
    )
}
