//! SQLite: how to open it, how values are bound, and what its errors say.

use std::sync::Arc;
use std::time::Duration;

use super::arguments::refused;
#[cfg(feature = "rust_decimal")]
use super::arguments::unsupported;
use super::class::{self, Class};
use super::connect::STATEMENT_CACHE;
#[cfg(feature = "rust_decimal")]
use super::dialect::Dialect;
use super::interrupt::Interrupt;
use super::param::Param;
use super::sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteError, SqliteJournalMode,
    SqliteSynchronous,
};
use super::sqlx::{self, Arguments as _, ConnectOptions as _, Connection as _};
use crate::error::{Constraint, ConstraintKind, Error, ErrorKind, Result};

/// How long a statement waits for another process's lock before it is [`ErrorKind::Busy`].
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Read straight from the page cache: a point read is a sixth faster.
const MMAP_BYTES: &str = "268435456";
/// How many operations of SQLite's machine pass between two looks at whether to stop: some ten microseconds' worth.
const OPERATIONS_PER_LOOK: i32 = 1_000;

/// A database file, or one in memory.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    options: SqliteConnectOptions,
    pub(super) statement_cache: usize,
    pub(crate) in_memory: bool,
}

impl Endpoint {
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let rest = url.strip_prefix("sqlite:").unwrap_or(url);
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let in_memory = path == ":memory:"
            || path.is_empty()
            || query.split('&').any(|pair| pair == "mode=memory");
        if query.split('&').any(|pair| pair == "cache=shared") {
            let problem = "`cache=shared` waits forever on a lock; leave it out, Wharf shares the connection itself";
            return Err(Error::new(ErrorKind::Configuration, problem));
        }
        let options = if in_memory {
            SqliteConnectOptions::new().in_memory(true)
        } else {
            url.parse::<SqliteConnectOptions>()
                .map_err(|problem| {
                    Error::new(
                        ErrorKind::Configuration,
                        format!("the URL of SQLite: {problem}"),
                    )
                })?
                .create_if_missing(
                    !query
                        .split('&')
                        .any(|pair| pair == "mode=rw" || pair == "mode=ro"),
                )
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal)
                .pragma("mmap_size", MMAP_BYTES)
        };
        let options = options
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            // As on PostgreSQL: `LIKE 'a%'` doesn't match `A`.
            .pragma("case_sensitive_like", "ON")
            .disable_statement_logging();
        let endpoint = Self {
            options,
            statement_cache: 0,
            in_memory,
        };
        Ok(endpoint.statement_cache(STATEMENT_CACHE))
    }

    pub(super) fn statement_cache(self, capacity: usize) -> Self {
        Self {
            options: self.options.statement_cache_capacity(capacity),
            statement_cache: capacity,
            ..self
        }
    }

    /// Opens a connection whose statements look at `interrupt` as they run.
    pub(super) async fn open(
        &self,
        read_only: bool,
        interrupt: Arc<Interrupt>,
    ) -> Result<SqliteConnection> {
        let options = if read_only {
            // A reader can't set the journal mode; the writer, opened first, has.
            self.options
                .clone()
                .read_only(true)
                .create_if_missing(false)
        } else {
            self.options.clone()
        };
        let opened = async {
            let mut connection = SqliteConnection::connect_with(&options).await?;
            connection
                .lock_handle()
                .await?
                .set_progress_handler(OPERATIONS_PER_LOOK, move || !interrupt.is_stopping());
            Ok::<_, sqlx::Error>(connection)
        };
        opened.await.map_err(|problem| {
            Error::new(
                ErrorKind::Connect,
                format!("open {}: {problem}", self.name()),
            )
            .with_source(problem)
        })
    }

    pub(crate) fn name(&self) -> String {
        if self.in_memory {
            "sqlite in memory".to_owned()
        } else {
            self.options.get_filename().display().to_string()
        }
    }
}

pub(super) fn encode(params: &[Param<'_>]) -> Result<SqliteArguments> {
    let mut arguments = SqliteArguments::default();
    for param in params {
        bind(&mut arguments, param)?;
    }
    Ok(arguments)
}

fn bind(arguments: &mut SqliteArguments, param: &Param<'_>) -> Result<()> {
    let added = match param {
        Param::Null(_) => arguments.add(None::<i64>),
        Param::Bool(value) => arguments.add(*value),
        Param::I16(value) => arguments.add(i64::from(*value)),
        Param::I32(value) => arguments.add(*value),
        Param::I64(value) => arguments.add(*value),
        Param::F32(value) => arguments.add(*value),
        Param::F64(value) => arguments.add(*value),
        Param::Text(value) | Param::Json(value) => arguments.add(value.as_ref()),
        Param::Bytes(value) => arguments.add(value.as_ref()),
        // For `json_each`.
        Param::Array(_, values) => arguments.add(super::json_text(values)?),
        #[cfg(feature = "uuid")]
        Param::Uuid(value) => arguments.add(*value),
        #[cfg(feature = "rust_decimal")]
        Param::Decimal(_) => return Err(no_decimals()),
        #[cfg(any(feature = "chrono", feature = "time"))]
        other => arguments.add(super::json::time_text(other).unwrap_or_default()),
    };
    added.map_err(refused)
}

#[cfg(feature = "rust_decimal")]
pub(super) fn no_decimals() -> Error {
    unsupported(
        "exact decimal numbers",
        Dialect::Sqlite,
        "store the smallest unit in an `i64`",
    )
}

/// What an error of SQLite means, and which constraint it names.
pub(super) fn explain(error: &SqliteError) -> (Class, Option<Constraint>) {
    use super::sqlx::error::DatabaseError as _;
    let code = error.code().and_then(|code| code.parse().ok()).unwrap_or(0);
    let class = class::sqlite(code, error.message());
    let constraint = match class {
        // "UNIQUE constraint failed: accounts.owner"; a foreign key isn't named at all.
        Class::Constraint(kind) => {
            let name = error
                .message()
                .split_once("failed: ")
                .map(|(_, name)| name.to_owned());
            Some(Constraint {
                kind,
                name: if kind == ConstraintKind::ForeignKey {
                    None
                } else {
                    name
                },
            })
        }
        _ => None,
    };
    (class, constraint)
}
