//! From a URL to a connection.

use super::connection::{Connection, Socket};
use super::dialect::Dialect;
#[cfg(feature = "mysql")]
use super::mysql;
#[cfg(feature = "postgres")]
use super::postgres;
#[cfg(feature = "sqlite")]
use super::sqlite;
use super::sqlx;
use crate::error::{Error, ErrorKind, Result};

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

    pub(crate) async fn open(&self, role: Role) -> Result<Connection> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(endpoint) => {
                let connection = endpoint.open(role == Role::Reader).await?;
                Ok(Connection::new(Socket::Sqlite(connection), 0, true))
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(endpoint) => match endpoint.open().await {
                Ok((connection, process)) => {
                    Ok(Connection::new(Socket::Postgres(connection), process, true))
                }
                Err(problem) => Err(self.unreachable(problem)),
            },
            #[cfg(feature = "mysql")]
            Self::MySql(endpoint) => match endpoint.open().await {
                Ok((connection, thread, mariadb)) => {
                    Ok(Connection::new(Socket::MySql(connection), thread, mariadb))
                }
                Err(problem) => Err(self.unreachable(problem)),
            },
        }
    }

    /// Asks the server to stop what a connection is doing.
    pub(crate) async fn cancel(&self, process: u64) -> Result<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Self::Postgres(endpoint) => endpoint
                .cancel(process)
                .await
                .map_err(|problem| self.unreachable(problem)),
            #[cfg(feature = "mysql")]
            Self::MySql(endpoint) => endpoint
                .cancel(process)
                .await
                .map_err(|problem| self.unreachable(problem)),
        }
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
