//! sqlx's own connection, outside of any unit of work.

#[cfg(feature = "migrate")]
use crate::driver::Migrator;
use crate::driver::RawConnection;
use crate::error::{Error, ErrorKind, Result};
use crate::pool::Lease;

/// A connection that [`Database::raw`](crate::Database::raw) lent; it ends with this.
#[derive(Debug)]
pub struct RawLease {
    lease: Lease<'static>,
}

impl RawLease {
    pub(super) fn new(lease: Lease<'static>) -> Self {
        Self { lease }
    }

    /// sqlx's own connection.
    ///
    /// # Errors
    /// [`ErrorKind::ConnectionLost`] when the connection is gone.
    pub fn connection(&mut self) -> Result<RawConnection<'_>> {
        match self.lease.connection() {
            Some(connection) => {
                connection.forget();
                Ok(RawConnection::new(connection))
            }
            None => Err(Error::new(
                ErrorKind::ConnectionLost,
                "the connection is gone",
            )),
        }
    }

    #[cfg(feature = "migrate")]
    pub(super) async fn migrate(mut self, migrator: &Migrator) -> Result<()> {
        let mut connection = self.connection()?;
        connection.migrate(migrator).await
    }
}
