//! What the functions of a repository do. Makes no text: see `query/`.

mod bulk;
pub mod crud;
pub mod derived;
mod page;
mod select;
mod stored;
pub mod template;

pub use page::{MAX_PAGE_SIZE, Page, Slice};
pub use select::Select;

use crate::entity::Entity;

/// A structure that `#[repository(Entity)]` made the repository of an entity.
pub trait Repository {
    /// What it stores.
    type Entity: Entity;
}
