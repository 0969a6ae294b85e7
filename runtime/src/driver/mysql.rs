//! MariaDB and MySQL: how to reach them, how values are bound, and what their errors say.

use super::arguments::refused;
use super::class::{self, Class};
use super::connect::statement_cache_in;
use super::param::Param;
use super::sqlx::mysql::{
    MySqlArguments, MySqlConnectOptions, MySqlConnection, MySqlDatabaseError,
};
use super::sqlx::{self, Arguments as _, ConnectOptions as _, Connection as _};
use crate::error::{Constraint, Error, ErrorKind, Result};

/// A server and a database on it.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(super) statement_cache: usize,
    options: MySqlConnectOptions,
}

impl Endpoint {
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let options = url.parse::<MySqlConnectOptions>().map_err(|problem| {
            Error::new(
                ErrorKind::Configuration,
                format!("the URL of MariaDB: {problem}"),
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

    /// Opens a connection and asks for the thread that serves it, which is what a cancel names, and for the product.
    pub(crate) async fn open(&self) -> sqlx::Result<(MySqlConnection, u64, bool)> {
        let mut connection = MySqlConnection::connect_with(&self.options).await?;
        let (thread, version): (u64, String) = sqlx::query_as("SELECT connection_id(), version()")
            .persistent(false)
            .fetch_one(&mut connection)
            .await?;
        Ok((connection, thread, version.contains("MariaDB")))
    }

    pub(crate) fn name(&self) -> String {
        format!(
            "mysql://{}:{}",
            self.options.get_host(),
            self.options.get_port()
        )
    }
}

pub(super) fn encode(params: &[Param<'_>]) -> Result<MySqlArguments> {
    let mut arguments = MySqlArguments::default();
    for param in params {
        bind(&mut arguments, param)?;
    }
    Ok(arguments)
}

fn bind(arguments: &mut MySqlArguments, param: &Param<'_>) -> Result<()> {
    let added = match param {
        Param::Null(_) => arguments.add(None::<i64>),
        Param::Bool(value) => arguments.add(*value),
        Param::I16(value) => arguments.add(*value),
        Param::I32(value) => arguments.add(*value),
        Param::I64(value) => arguments.add(*value),
        Param::F32(value) => arguments.add(*value),
        Param::F64(value) => arguments.add(*value),
        Param::Text(value) | Param::Json(value) => arguments.add(value.as_ref()),
        Param::Bytes(value) => arguments.add(value.as_ref()),
        // For `JSON_TABLE`.
        Param::Array(_, values) => arguments.add(super::json_text(values)?),
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

/// What an error of MariaDB means, and which constraint it names.
pub(super) fn explain(error: &MySqlDatabaseError) -> (Class, Option<Constraint>) {
    let class = class::mysql(error.number());
    let constraint = match class {
        Class::Constraint(kind) => Some(Constraint {
            kind,
            name: constraint_name(error.message()),
        }),
        _ => None,
    };
    (class, constraint)
}

/// The name that MariaDB puts into its text: after `for key`, `CONSTRAINT` or `Column`.
fn constraint_name(message: &str) -> Option<String> {
    let (mark, quote) = [
        ("for key '", '\''),
        ("CONSTRAINT `", '`'),
        ("Column '", '\''),
        ("Field '", '\''),
    ]
    .into_iter()
    .find(|(mark, _)| message.contains(mark))?;
    // The last one: a duplicate value, quoted before it, may contain anything.
    let (_, rest) = message.rsplit_once(mark)?;
    rest.split(quote).next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::constraint_name;

    #[test]
    fn constraints_are_found_in_the_text() {
        let cases = [
            (
                "Duplicate entry 'it's for key 'x'' for key 'accounts_owner_key'",
                Some("accounts_owner_key"),
            ),
            (
                "Cannot add or update a child row: a foreign key constraint fails (`db`.`o`, CONSTRAINT `o_fk` FOREIGN KEY (`c`))",
                Some("o_fk"),
            ),
            ("Column 'owner' cannot be null", Some("owner")),
            (
                "CONSTRAINT `positive` failed for `db`.`accounts`",
                Some("positive"),
            ),
            ("something else", None),
        ];
        for (message, name) in cases {
            assert_eq!(constraint_name(message).as_deref(), name, "{message}");
        }
    }
}
