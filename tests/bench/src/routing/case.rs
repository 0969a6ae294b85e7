//! What is measured.

/// One thing that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// One row by its id: the tax of routing, tokens and breakers.
    Find,
    /// Money from one account to another: the same, and the tax of the guard row.
    Transfer,
    /// CPU time of those who look after the nodes.
    Monitors,
    /// Rows a second with so many replicas.
    Reads,
    /// How soon a primary is missed that is frozen.
    Frozen,
    /// How soon a primary is missed that is killed, and a promoted one found.
    Promotions,
}

impl Case {
    /// In this order, since the last ones change the roles.
    const ALL: &[Self] = &[
        Self::Find,
        Self::Transfer,
        Self::Monitors,
        Self::Reads,
        Self::Frozen,
        Self::Promotions,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::Transfer => "transfer",
            Self::Monitors => "monitors",
            Self::Reads => "reads",
            Self::Frozen => "frozen",
            Self::Promotions => "promotions",
        }
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
        assert_eq!(chosen(&[]).as_deref(), Ok(Case::ALL));
    }
}
