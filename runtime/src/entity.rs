//! What Wharf knows of an entity: its table, its columns, and how it is written and read. Renders no SQL: see `query/`.

mod column;
mod moment;
mod table;

use std::fmt::Debug;
use std::hash::Hash;

pub use column::Column;
pub use moment::Moment;
pub use table::{ColumnDef, Table};

use crate::driver::{Dialect, FromRow, Param, Value};
use crate::error::Result;
use crate::query::StatementCache;

/// A structure that is stored as a row of a table; made by `#[derive(Entity)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no entity",
    note = "add `#[derive(Entity)]` to it"
)]
pub trait Entity: FromRow + Send + Sync + 'static {
    /// The type of the field marked `#[id]`.
    type Id: Id;
    /// One field a column, for filters: `|a| a.balance.gt(100)`.
    type Columns: 'static;

    /// The table and its columns.
    const TABLE: &'static Table;
    /// One field a column.
    const FIELDS: &'static Self::Columns;

    /// The value of the field marked `#[id]`.
    fn id(&self) -> &Self::Id;

    /// The values of all columns, in the table's order.
    ///
    /// # Errors
    /// [`ErrorKind::Encode`](crate::ErrorKind::Encode) when the database can't hold a value.
    fn params(&self) -> Result<Vec<Param<'_>>>;

    #[doc(hidden)]
    fn statements() -> &'static StatementCache;

    /// The statements that create the table and its indexes where they don't exist, for examples and tests.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) when the engine has no column type for a field.
    fn create_table(dialect: Dialect) -> Result<String>
    where
        Self: Sized,
    {
        crate::query::create_table(Self::TABLE, dialect)
    }
}

/// What can identify an entity: any column type that can be compared and hashed.
pub trait Id: Value + Clone + Eq + Hash + Debug + Send + Sync + 'static {}

impl<T: Value + Clone + Eq + Hash + Debug + Send + Sync + 'static> Id for T {}
