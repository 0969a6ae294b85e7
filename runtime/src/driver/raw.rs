//! sqlx's own connection, for what Wharf lacks.

use super::connection::{Connection, Socket};
use super::sqlx;

/// sqlx's own connection, lent by [`UnitOfWork::raw`](crate::UnitOfWork::raw) or [`Database::raw`](crate::Database::raw).
///
/// What is done through it is not seen by Wharf: the state of the connection counts as unknown from here on, and it is
/// not handed to anybody else afterwards.
#[derive(Debug)]
pub struct RawConnection<'a> {
    connection: &'a mut Connection,
}

impl<'a> RawConnection<'a> {
    pub(crate) fn new(connection: &'a mut Connection) -> Self {
        connection.bypass();
        Self { connection }
    }

    /// SQLite's connection; `None` on another engine.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(&mut self) -> Option<&mut sqlx::SqliteConnection> {
        #[allow(irrefutable_let_patterns, reason = "the only engine compiled in")]
        if let Socket::Sqlite(connection) = &mut self.connection.socket {
            Some(connection)
        } else {
            None
        }
    }

    /// PostgreSQL's connection; `None` on another engine.
    #[cfg(feature = "postgres")]
    pub fn postgres(&mut self) -> Option<&mut sqlx::PgConnection> {
        #[allow(irrefutable_let_patterns, reason = "the only engine compiled in")]
        if let Socket::Postgres(connection) = &mut self.connection.socket {
            Some(connection)
        } else {
            None
        }
    }

    /// MariaDB's or MySQL's connection; `None` on another engine.
    #[cfg(feature = "mysql")]
    pub fn mysql(&mut self) -> Option<&mut sqlx::MySqlConnection> {
        #[allow(irrefutable_let_patterns, reason = "the only engine compiled in")]
        if let Socket::MySql(connection) = &mut self.connection.socket {
            Some(connection)
        } else {
            None
        }
    }

    /// Runs migrations on it.
    #[cfg(feature = "migrate")]
    pub(crate) async fn migrate(
        &mut self,
        migrator: &sqlx::migrate::Migrator,
    ) -> crate::Result<()> {
        let run = match &mut self.connection.socket {
            #[cfg(feature = "sqlite")]
            Socket::Sqlite(connection) => migrator.run(connection).await,
            #[cfg(feature = "postgres")]
            Socket::Postgres(connection) => migrator.run(connection).await,
            #[cfg(feature = "mysql")]
            Socket::MySql(connection) => migrator.run(connection).await,
        };
        run.map_err(|problem| {
            crate::Error::new(crate::ErrorKind::Schema, problem.to_string())
                .attempting(|| "migrate".into())
                .with_source(problem)
        })
    }
}
