//! How urgent a caller is.

/// How urgent a caller is, when callers have to wait.
///
/// A more urgent caller overtakes, but by a bounded number of places: nobody waits for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Priority {
    /// Work that nobody waits for: reports, clean-ups.
    Low,
    /// Everything else.
    #[default]
    Normal,
    /// Somebody looks at the screen.
    High,
    /// The rest depends on it: health checks, administration. Never shed.
    Critical,
}

impl Priority {
    pub(crate) const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Critical];

    /// How many places a caller of this priority starts behind a critical one: the number of later critical callers, of
    /// one client, that may overtake it.
    pub(crate) const fn penalty(self) -> u64 {
        match self {
            Self::Critical => 0,
            Self::High => 16,
            Self::Normal => 64,
            Self::Low => 256,
        }
    }
}
