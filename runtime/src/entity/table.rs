//! A table and its columns, as constants.

use crate::driver::{Cell, Kind, Param, Value};
use crate::entity::Moment;
use crate::error::Result;

/// A table and its columns.
#[derive(Debug)]
pub struct Table {
    /// The entity's name in the program.
    pub entity: &'static str,
    /// The table's name in the database.
    pub name: &'static str,
    /// The columns, in the order of the entity's fields.
    pub columns: &'static [ColumnDef],
    /// The place of the column that identifies a row.
    pub id: usize,
    /// Whether the database assigns the id.
    pub id_generated: bool,
    /// The place of the version that every update checks and raises.
    pub version: Option<usize>,
    /// The place of the time at which a row was inserted.
    pub created_at: Option<usize>,
    /// The place of the time at which a row was last written.
    pub updated_at: Option<usize>,
}

/// A column.
#[derive(Debug)]
pub struct ColumnDef {
    /// Its name in the database.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may hold NULL.
    pub nullable: bool,
    /// Whether no two rows may hold the same.
    pub unique: bool,
    /// Whether there is an index on it.
    pub indexed: bool,
    /// The table whose id it holds.
    pub references: Option<fn() -> &'static Table>,
    /// What a time column holds when it is written now.
    pub now: Option<fn() -> Param<'static>>,
    /// Reads a value back from its text form.
    pub parse: fn(&str) -> Result<Param<'static>>,
}

impl ColumnDef {
    /// A column that holds values of a type.
    pub const fn new<T: Value>(name: &'static str) -> Self {
        Self {
            name,
            kind: T::KIND,
            nullable: T::NULLABLE,
            unique: false,
            indexed: false,
            references: None,
            now: None,
            parse: parse::<T>,
        }
    }

    /// No two rows may hold the same.
    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// There is an index on it.
    pub const fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }

    /// It holds the id of another table's row.
    pub const fn references(mut self, table: fn() -> &'static Table) -> Self {
        self.references = Some(table);
        self
    }

    /// It holds a time that Wharf sets.
    pub const fn set_to_now<T: Moment>(mut self) -> Self {
        self.now = Some(T::now_param);
        self
    }
}

fn parse<T: Value>(text: &str) -> Result<Param<'static>> {
    T::from_cell(Cell::Text(text))?
        .to_param()
        .map(Param::into_owned)
}

impl Table {
    /// The column that identifies a row.
    pub(crate) fn id_column(&self) -> &'static ColumnDef {
        &self.columns[self.id]
    }

    /// Whether an insert leaves a column to the database.
    pub(crate) fn is_left_to_database(&self, place: usize) -> bool {
        self.id_generated && place == self.id
    }

    /// Whether an update sets a column to the entity's value.
    pub(crate) fn is_updated(&self, place: usize) -> bool {
        place != self.id && Some(place) != self.version && Some(place) != self.created_at
    }
}
