//! PostgreSQL: how to reach it, how values are bound, and what its errors say.

use std::borrow::Cow;

use super::answer::{Answer, Rows};
use super::arguments::{Arguments, refused};
use super::class::{self, Class};
use super::connect::statement_cache_in;
use super::kind::Kind;
use super::param::Param;
use super::request::Request;
use super::sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgDatabaseError};
use super::sqlx::{
    self, Arguments as _, ConnectOptions as _, Connection as _, Encode, Executor as _, Postgres,
    Type,
};
use crate::error::{Constraint, Error, ErrorKind, Result};

/// A server and a database on it.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(super) statement_cache: usize,
    options: PgConnectOptions,
}

impl Endpoint {
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let options = url.parse::<PgConnectOptions>().map_err(|problem| {
            Error::new(
                ErrorKind::Configuration,
                format!("the URL of PostgreSQL: {problem}"),
            )
        })?;
        let endpoint = Self {
            statement_cache: 0,
            options: options.disable_statement_logging(),
        };
        Ok(endpoint.statement_cache(statement_cache_in(url)?))
    }

    pub(super) fn statement_cache(self, capacity: usize) -> Self {
        Self {
            statement_cache: capacity,
            options: self.options.statement_cache_capacity(capacity),
        }
    }

    /// Opens a connection and asks for the process that serves it, which is what a cancel names.
    pub(crate) async fn open(&self) -> sqlx::Result<(PgConnection, u64)> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        // In one message: behind a proxy that pools by transaction, a second one may reach another process.
        let row = sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(&mut connection);
        let pid: i32 = sqlx::Row::try_get(&row.await?, 0)?;
        Ok((connection, u64::from(pid.unsigned_abs())))
    }

    pub(crate) fn name(&self) -> String {
        format!(
            "postgres://{}:{}",
            self.options.get_host(),
            self.options.get_port()
        )
    }
}

/// Runs a statement that answers with one row at most. sqlx reads that answer to its end as well, but without the stream in
/// a stream that any number of rows takes: a find takes an eighth fewer of the client's instructions.
pub(super) async fn one_row(
    connection: &mut PgConnection,
    request: Request,
) -> sqlx::Result<Answer> {
    // Ends here, or the future would have room for the parts as long as it waits for the answer.
    let row = {
        let request = request.into_parts();
        let arguments = match request.arguments {
            Some(Arguments::Postgres(arguments)) => arguments,
            _ => PgArguments::default(),
        };
        let query = sqlx::query_with::<Postgres, _>(request.sql.into_sqlx(), arguments);
        connection.fetch_optional(query.persistent(request.persistent))
    };
    let row = row.await?;
    Ok(Answer {
        affected: 0,
        returned: u64::from(row.is_some()),
        last_id: None,
        is_whole: true,
        rows: Rows::PostgresRow(row),
    })
}

pub(super) fn encode(params: &[Param<'_>]) -> Result<PgArguments> {
    let mut arguments = PgArguments::default();
    for param in params {
        bind(&mut arguments, param)?;
    }
    Ok(arguments)
}

fn bind(arguments: &mut PgArguments, param: &Param<'_>) -> Result<()> {
    let added = match param {
        Param::Null(kind) => return bind_null(arguments, *kind),
        Param::Bool(value) => arguments.add(*value),
        Param::I16(value) => arguments.add(*value),
        Param::I32(value) => arguments.add(*value),
        Param::I64(value) => arguments.add(*value),
        Param::F32(value) => arguments.add(*value),
        Param::F64(value) => arguments.add(*value),
        Param::Text(value) => {
            if value.contains('\0') {
                return Err(Error::new(
                    ErrorKind::Encode,
                    "a text with a NUL character can't be stored by PostgreSQL",
                ));
            }
            arguments.add(value.as_ref())
        }
        Param::Bytes(value) => arguments.add(value.as_ref()),
        #[cfg(feature = "json")]
        Param::Json(value) => arguments.add(sqlx::types::Json(raw_json(value)?)),
        #[cfg(not(feature = "json"))]
        Param::Json(_) => return Err(no_json()),
        Param::Array(kind, values) => return bind_array(arguments, *kind, values),
        #[cfg(feature = "uuid")]
        Param::Uuid(value) => arguments.add(*value),
        #[cfg(feature = "rust_decimal")]
        Param::Decimal(value) => arguments.add(*value),
        #[cfg(feature = "chrono")]
        Param::ChronoTimestamp(value) => arguments.add(*value),
        #[cfg(feature = "chrono")]
        Param::ChronoDateTime(value) => arguments.add(*value),
        #[cfg(feature = "chrono")]
        Param::ChronoDate(value) => arguments.add(*value),
        #[cfg(feature = "chrono")]
        Param::ChronoTime(value) => arguments.add(*value),
        #[cfg(feature = "time")]
        Param::TimeTimestamp(value) => arguments.add(*value),
        #[cfg(feature = "time")]
        Param::TimeDateTime(value) => arguments.add(*value),
        #[cfg(feature = "time")]
        Param::TimeDate(value) => arguments.add(*value),
        #[cfg(feature = "time")]
        Param::TimeTime(value) => arguments.add(*value),
    };
    added.map_err(refused)
}

#[cfg(feature = "json")]
fn raw_json(text: &str) -> Result<&serde_json::value::RawValue> {
    serde_json::from_str(text).map_err(refused)
}

#[cfg(not(feature = "json"))]
fn no_json() -> Error {
    Error::new(
        ErrorKind::Configuration,
        "JSON columns need Wharf's feature `json`",
    )
}

/// NULL has a type on PostgreSQL, and must be the column's: a statement is prepared for the types it first saw.
fn bind_null(arguments: &mut PgArguments, kind: Kind) -> Result<()> {
    match kind {
        #[cfg(feature = "json")]
        Kind::Json => arguments
            .add(None::<sqlx::types::Json<()>>)
            .map_err(refused),
        Kind::Array(element) => of_kind(*element, &[], NullArray(arguments)),
        kind => of_kind(kind, &[], Null(arguments)),
    }
}

/// An array with one type for all its elements, NULLs among them.
fn bind_array(arguments: &mut PgArguments, kind: Kind, values: &[Param<'_>]) -> Result<()> {
    of_kind(kind, values, Elements(arguments))
}

/// Something to do with the values of one kind, once their Rust type is known.
trait WithType {
    fn with<T>(self, values: Vec<Option<T>>) -> Result<()>
    where
        T: for<'q> Encode<'q, Postgres> + Type<Postgres> + sqlx::postgres::PgHasArrayType;
}

struct Null<'a>(&'a mut PgArguments);
struct NullArray<'a>(&'a mut PgArguments);
struct Elements<'a>(&'a mut PgArguments);

macro_rules! with_type {
    ($($action:ident: $values:ident => $argument:expr;)+) => {$(
        impl WithType for $action<'_> {
            fn with<T>(self, $values: Vec<Option<T>>) -> Result<()>
            where
                T: for<'q> Encode<'q, Postgres> + Type<Postgres> + sqlx::postgres::PgHasArrayType,
            {
                self.0.add($argument).map_err(refused)
            }
        }
    )+};
}

with_type! {
    Null: _values => None::<T>;
    NullArray: _values => None::<Vec<T>>;
    Elements: values => values;
}

fn of_kind(kind: Kind, values: &[Param<'_>], action: impl WithType) -> Result<()> {
    macro_rules! pick {
        ($variant:ident as $type:ty) => {
            pick!($variant as $type, |value: &$type| *value)
        };
        ($variant:ident as $type:ty, $view:expr) => {{
            let mut picked: Vec<Option<$type>> = Vec::with_capacity(values.len());
            for value in values {
                picked.push(match value {
                    Param::Null(_) => None,
                    Param::$variant(value) => Some($view(value)),
                    other => return Err(mixed(kind, other)),
                });
            }
            action.with(picked)
        }};
    }
    // Of two features that serve the same kind, the values tell which one is meant.
    match kind {
        Kind::Bool => pick!(Bool as bool),
        Kind::I16 => pick!(I16 as i16),
        Kind::I32 => pick!(I32 as i32),
        Kind::I64 => pick!(I64 as i64),
        Kind::F32 => pick!(F32 as f32),
        Kind::F64 => pick!(F64 as f64),
        Kind::Text => pick!(Text as &str, Cow::as_ref),
        Kind::Bytes => pick!(Bytes as &[u8], Cow::as_ref),
        #[cfg(feature = "json")]
        Kind::Json => {
            let parse = |value: &Param<'_>| match value {
                Param::Null(_) => Ok(None),
                Param::Json(text) => serde_json::from_str(text)
                    .map(|json| Some(sqlx::types::Json(json)))
                    .map_err(refused),
                other => Err(mixed(kind, other)),
            };
            action.with::<sqlx::types::Json<serde_json::Value>>(
                values.iter().map(parse).collect::<Result<_>>()?,
            )
        }
        #[cfg(feature = "uuid")]
        Kind::Uuid => pick!(Uuid as uuid::Uuid),
        #[cfg(feature = "rust_decimal")]
        Kind::Decimal => pick!(Decimal as rust_decimal::Decimal),
        #[cfg(feature = "chrono")]
        Kind::Timestamp if !has_time_crate(values) => {
            pick!(ChronoTimestamp as chrono::DateTime<chrono::Utc>)
        }
        #[cfg(feature = "chrono")]
        Kind::DateTime if !has_time_crate(values) => {
            pick!(ChronoDateTime as chrono::NaiveDateTime)
        }
        #[cfg(feature = "chrono")]
        Kind::Date if !has_time_crate(values) => pick!(ChronoDate as chrono::NaiveDate),
        #[cfg(feature = "chrono")]
        Kind::Time if !has_time_crate(values) => pick!(ChronoTime as chrono::NaiveTime),
        #[cfg(feature = "time")]
        Kind::Timestamp => pick!(TimeTimestamp as time::OffsetDateTime),
        #[cfg(feature = "time")]
        Kind::DateTime => pick!(TimeDateTime as time::PrimitiveDateTime),
        #[cfg(feature = "time")]
        Kind::Date => pick!(TimeDate as time::Date),
        #[cfg(feature = "time")]
        Kind::Time => pick!(TimeTime as time::Time),
        kind => Err(Error::new(
            ErrorKind::Configuration,
            format!("{} needs a feature of Wharf's", kind.name()),
        )),
    }
}

#[cfg(feature = "chrono")]
fn has_time_crate(values: &[Param<'_>]) -> bool {
    #[cfg(feature = "time")]
    {
        values.iter().any(|value| {
            matches!(
                value,
                Param::TimeTimestamp(_)
                    | Param::TimeDateTime(_)
                    | Param::TimeDate(_)
                    | Param::TimeTime(_)
            )
        })
    }
    #[cfg(not(feature = "time"))]
    {
        let _ = values;
        false
    }
}

fn mixed(kind: Kind, other: &Param<'_>) -> Error {
    Error::new(
        ErrorKind::Encode,
        format!("a list of {} holds {}", kind.name(), other.kind().name()),
    )
}

/// What an error of PostgreSQL means, and which constraint it names.
pub(super) fn explain(error: &PgDatabaseError) -> (Class, Option<Constraint>) {
    let class = match is_outdated(error) {
        // It is prepared anew then.
        true => Class::Retryable(ErrorKind::Schema),
        false => class::postgres(error.code()),
    };
    let constraint = match class {
        Class::Constraint(kind) => {
            let name = error.constraint().map(str::to_owned);
            let column = || Some(format!("{}.{}", error.table()?, error.column()?));
            Some(Constraint {
                kind,
                name: name.or_else(column),
            })
        }
        _ => None,
    };
    (class, constraint)
}

/// Whether a statement was refused since its table has been altered after it was prepared. By the name of the function
/// that says so: the code is that of anything that isn't supported, and the text depends on the server's language.
pub(super) fn is_outdated(error: &PgDatabaseError) -> bool {
    error.code() == "0A000" && error.routine() == Some("RevalidateCachedQuery")
}
