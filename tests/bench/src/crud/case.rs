//! What is measured.

/// One thing that each peer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// One row by its id, by as many tasks at once.
    Find { tasks: u64 },
    /// [`BULK`] new rows.
    Insert,
    /// All columns of [`BULK`] rows.
    Update,
    /// Two rows read and written in a transaction.
    Transfer,
    /// [`ROWS`] rows, in the order of their ids.
    Rows,
}

/// Rows in the table.
pub(crate) const ROWS: i64 = 10_000;
/// Rows of a bulk write.
pub(crate) const BULK: i64 = 1_000;

impl Case {
    pub(crate) const ALL: &[Self] = &[
        Self::Find { tasks: 1 },
        Self::Find { tasks: 16 },
        Self::Insert,
        Self::Update,
        Self::Transfer,
        Self::Rows,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Find { tasks: 1 } => "find-1",
            Self::Find { .. } => "find-16",
            Self::Insert => "insert-1000",
            Self::Update => "update-1000",
            Self::Transfer => "transfer",
            Self::Rows => "rows-10000",
        }
    }

    pub(crate) fn tasks(self) -> u64 {
        match self {
            Self::Find { tasks } => tasks,
            _ => 1,
        }
    }
}
