//! What is measured.

/// One thing that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// Borrowing and giving back while connections are free.
    Checkout { tasks: u64 },
    /// The same by [`TASKS`] tasks with half as many connections.
    ScarceCheckout,
    /// [`WAITERS`] who wait are served.
    Waiters,
    /// One row by its id, by as many tasks at once, on PostgreSQL.
    Find { tasks: u64 },
    /// What a connection of Wharf's takes.
    Memory,
    /// How long Wharf takes to lend a free connection.
    Latency,
    /// How long the connection of a dropped query can't be used.
    Cancel,
}

/// Tasks where there are many.
const TASKS: u64 = 64;
/// Those who wait at once.
pub(crate) const WAITERS: u32 = 10_000;
/// Connections where a case says nothing else: what Wharf and sqlx have by default.
pub(crate) const CONNECTIONS: u32 = 10;

impl Case {
    const ALL: &[Self] = &[
        Self::Checkout { tasks: 1 },
        Self::Checkout { tasks: TASKS },
        Self::ScarceCheckout,
        Self::Waiters,
        Self::Find { tasks: 8 },
        Self::Find { tasks: 16 },
        Self::Find { tasks: TASKS },
        Self::Memory,
        Self::Latency,
        Self::Cancel,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Checkout { tasks: 1 } => "checkout-1",
            Self::Checkout { .. } => "checkout-64",
            Self::ScarceCheckout => "checkout-64-scarce",
            Self::Waiters => "10000-waiters",
            Self::Find { tasks: 8 } => "find-8",
            Self::Find { tasks: 16 } => "find-16",
            Self::Find { .. } => "find-64",
            Self::Memory => "memory-per-connection",
            Self::Latency => "checkout-ns",
            Self::Cancel => "cancel-ms",
        }
    }

    pub(crate) fn tasks(self) -> u64 {
        match self {
            Self::Checkout { tasks } | Self::Find { tasks } => tasks,
            Self::ScarceCheckout => TASKS,
            Self::Waiters | Self::Memory | Self::Latency | Self::Cancel => 1,
        }
    }

    pub(crate) fn connections(self) -> u32 {
        match self {
            // One for each task, so that nobody ever waits.
            Self::Checkout { tasks: TASKS } => TASKS as u32,
            Self::ScarceCheckout => TASKS as u32 / 2,
            _ => CONNECTIONS,
        }
    }

    pub(crate) fn needs_server(self) -> bool {
        matches!(self, Self::Find { .. } | Self::Memory | Self::Cancel)
    }
}

/// The cases of these names, in their own order; all if none is named.
pub(crate) fn chosen(names: &[String]) -> Result<Vec<Case>, String> {
    let is_known = |name: &&String| Case::ALL.iter().any(|case| case.name() == *name);
    if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
        let known: Vec<_> = Case::ALL.iter().map(|case| case.name()).collect();
        return Err(format!(
            "`{unknown}` is no case; there are {}",
            known.join(", ")
        ));
    }
    let is_wanted = |case: &&Case| names.is_empty() || names.iter().any(|name| name == case.name());
    Ok(Case::ALL.iter().filter(is_wanted).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_has_a_name_of_its_own() {
        for case in Case::ALL {
            assert_eq!(chosen(&[case.name().to_owned()]), Ok(vec![*case]));
        }
    }

    #[test]
    fn all_cases_are_wanted_unless_one_is_named() {
        assert_eq!(chosen(&[]).as_deref(), Ok(Case::ALL));
        let unknown = chosen(&["checkout-2".to_owned()]).expect_err("there is no such case");
        assert!(unknown.starts_with("`checkout-2` is no case; there are checkout-1, "));
    }

    #[test]
    fn nobody_waits_but_where_connections_are_scarce() {
        for case in [Case::Checkout { tasks: 1 }, Case::Checkout { tasks: TASKS }] {
            assert!(u64::from(case.connections()) >= case.tasks(), "{case:?}");
        }
        assert!(u64::from(Case::ScarceCheckout.connections()) < Case::ScarceCheckout.tasks());
    }
}
