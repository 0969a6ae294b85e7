//! Named savepoints.

use std::fmt;
use std::sync::{Arc, Weak};

use super::core::Core;

/// A place in a unit of work to which it can go back; made by [`UnitOfWork::savepoint`](crate::UnitOfWork::savepoint).
#[derive(Clone)]
pub struct Savepoint {
    pub(super) name: Arc<str>,
    pub(super) number: u32,
    pub(super) core: Weak<Core>,
}

impl Savepoint {
    /// The name it was given.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Savepoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Savepoint")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
