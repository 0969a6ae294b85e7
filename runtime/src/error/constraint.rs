//! Which constraint was violated.

/// A violated constraint, named as the database names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    pub(crate) kind: ConstraintKind,
    pub(crate) name: Option<String>,
}

/// What the constraint demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConstraintKind {
    /// No two rows alike: a primary key or a unique index.
    Unique,
    /// The row that is referred to exists.
    ForeignKey,
    /// A value is there.
    NotNull,
    /// A condition holds.
    Check,
    /// Ranges don't overlap (PostgreSQL).
    Exclusion,
}

impl Constraint {
    /// What the constraint demands.
    pub fn kind(&self) -> ConstraintKind {
        self.kind
    }

    /// The constraint's name on PostgreSQL and MariaDB; on SQLite its columns (`accounts.owner`), or the name of a check.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}
