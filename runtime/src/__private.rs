//! The only door for generated code. Nothing here is for people, and anything here may change.

use std::fmt::Display;
pub use std::future::Future;

use crate::database::Database;
pub use crate::driver::Element;
#[cfg(feature = "json")]
pub use crate::driver::Json;
pub use crate::driver::{By, Cell, FromRow, Kind, Param, Row, ToParam, Value};
pub use crate::entity::{Column, ColumnDef, Entity, Table};
pub use crate::error::{Error, Result};
pub use crate::executor::{Executor, RowsStream, WriteExecutor, target};
pub use crate::mechanism::Mechanism;
#[cfg(feature = "test-switches")]
pub use crate::mechanism::switch_off;
pub use crate::pool::Site;
use crate::pool::{AcquireOptions, Lease, Purpose};
pub use crate::query::{
    Cursor, Derived, DerivedOrder, Effect, Filter, Op, Piece, StatementCache, Template, Term, Texts,
};
pub use crate::repository::{Page, Repository, Select, Slice, crud, derived, template};
use crate::topology::Access;
pub use crate::transaction::{Isolation, Propagation, TransactionOptions};
pub use crate::transactional::Runner;
pub use crate::unit_of_work::{ReadOnly, ReadWrite, UnitOfWork};

/// A borrowed connection on which nothing is run: what the benches measure.
#[derive(Debug)]
pub struct Checkout<'p>(#[expect(dead_code, reason = "held for its drop")] Lease<'p>);

/// Borrows a connection as a lone read does on a database of one node: from its pool, for as long as that is borrowed.
///
/// # Errors
/// As any call that needs a connection; [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) with more nodes,
/// where a read is routed first.
pub async fn checkout(database: &Database) -> Result<Checkout<'_>> {
    let Some(only) = database.route().router().only() else {
        let message = "only a database of one node has one pool to borrow from".to_owned();
        return Err(Error::new(crate::ErrorKind::Configuration, message));
    };
    let options = AcquireOptions::new(Site::named("checkout"), Purpose::Statement);
    let lease = only.node.pool(Access::Read).acquire(&options).await?;
    Ok(Checkout(lease))
}

/// Cuts a database off from its server, as the topology does when that froze or vanished.
pub fn sever(database: &Database, why: &str) {
    for member in &database.route().router().cluster().picture().members {
        member.node.sever(why);
    }
}

/// About how many callers have a connection or wait for one.
pub fn in_use(database: &Database) -> u32 {
    let picture = database.route().router().cluster().picture();
    picture
        .members
        .iter()
        .map(|member| member.node.in_use())
        .sum()
}

/// Ids as given, as the ids that they stand for.
pub fn ids<E: Entity, I: Into<E::Id> + Clone>(ids: &[I]) -> Vec<E::Id> {
    ids.iter().cloned().map(Into::into).collect()
}

/// A structure on its way into a JSON column.
///
/// # Errors
/// When it can't be written as JSON.
#[cfg(feature = "json")]
pub fn json_param<T: serde::Serialize>(value: &T) -> Result<Param<'static>> {
    crate::driver::json_param(value)
}

/// A stored text or number that is no variant of an enum.
pub fn unknown_variant(name: &str, value: &dyn Display) -> Error {
    Error::new(
        crate::ErrorKind::Decode,
        format!("holds `{value}`, which is no variant of `{name}`"),
    )
}
