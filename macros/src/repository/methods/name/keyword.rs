//! The suffixes of a condition: how a field is compared.

/// How a field is compared; the names are those of the runtime's `Op`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Op {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    In,
    NotIn,
    Like,
    StartsWith,
    EndsWith,
    Contains,
    Between,
    IsNull,
    IsNotNull,
    IsTrue,
    IsFalse,
}

/// Each suffix, in words.
const SUFFIXES: [(&[&str], Op); 16] = [
    (&["ne"], Op::Ne),
    (&["gt"], Op::Gt),
    (&["gte"], Op::Gte),
    (&["lt"], Op::Lt),
    (&["lte"], Op::Lte),
    (&["in"], Op::In),
    (&["not", "in"], Op::NotIn),
    (&["like"], Op::Like),
    (&["starts", "with"], Op::StartsWith),
    (&["ends", "with"], Op::EndsWith),
    (&["contains"], Op::Contains),
    (&["between"], Op::Between),
    (&["is", "null"], Op::IsNull),
    (&["is", "not", "null"], Op::IsNotNull),
    (&["is", "true"], Op::IsTrue),
    (&["is", "false"], Op::IsFalse),
];

impl Op {
    /// The suffixes that words end with, the longest first; each leaves at least one word for the field.
    pub(super) fn suffixes_of<'a>(words: &'a [&'a str]) -> Vec<(&'a [&'a str], Self)> {
        let mut found: Vec<_> = SUFFIXES
            .iter()
            .filter_map(|(suffix, op)| {
                let field = words.strip_suffix(*suffix)?;
                (!field.is_empty()).then_some((field, *op))
            })
            .collect();
        found.sort_by_key(|(field, _)| field.len());
        found
    }

    /// Its suffix, with the `_` before it.
    pub(in super::super) fn suffix(self) -> String {
        SUFFIXES
            .iter()
            .find(|(_, op)| *op == self)
            .map(|(words, _)| format!("_{}", words.join("_")))
            .unwrap_or_default()
    }

    /// The name of its variant.
    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Self::Eq => "Eq",
            Self::Ne => "Ne",
            Self::Gt => "Gt",
            Self::Gte => "Gte",
            Self::Lt => "Lt",
            Self::Lte => "Lte",
            Self::In => "In",
            Self::NotIn => "NotIn",
            Self::Like => "Like",
            Self::StartsWith => "StartsWith",
            Self::EndsWith => "EndsWith",
            Self::Contains => "Contains",
            Self::Between => "Between",
            Self::IsNull => "IsNull",
            Self::IsNotNull => "IsNotNull",
            Self::IsTrue => "IsTrue",
            Self::IsFalse => "IsFalse",
        }
    }

    /// How many arguments it takes.
    pub(in super::super) fn arity(self) -> usize {
        match self {
            Self::IsNull | Self::IsNotNull | Self::IsTrue | Self::IsFalse => 0,
            Self::Between => 2,
            _ => 1,
        }
    }

    /// Whether its argument is a list.
    pub(in super::super) fn takes_list(self) -> bool {
        matches!(self, Self::In | Self::NotIn)
    }

    /// Whether only texts compare so.
    pub(in super::super) fn compares_text(self) -> bool {
        matches!(
            self,
            Self::Like | Self::StartsWith | Self::EndsWith | Self::Contains
        )
    }

    /// Whether it can ignore upper and lower case.
    pub(super) fn may_ignore_case(self) -> bool {
        self.compares_text() || matches!(self, Self::Eq | Self::Ne)
    }
}
