//! What an entity and a row have in common: named fields that are read from columns.

pub(crate) mod attrs;
pub(crate) mod expand;
pub(crate) mod model;

pub(crate) use attrs::ColumnWords;
pub(crate) use model::{Column, named_fields};
