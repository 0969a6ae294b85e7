//! Where a read would go, said to people.

use std::fmt;

use super::choice::{Choice, Decision};
use crate::topology::View;

/// Where a read would go, and why; from [`Database::explain_read`](crate::Database::explain_read). Displays as one line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The node's name; `None` when the read would wait, or fail.
    pub node: Option<String>,
    /// Why, as one short clause.
    pub because: String,
    /// The nodes that can't serve it, as far as they were looked at, and why not.
    pub rejected: Vec<(String, String)>,
}

impl Explanation {
    pub(super) fn only(name: &str) -> Self {
        Self {
            node: Some(name.to_owned()),
            because: "it is the only node".to_owned(),
            rejected: Vec::new(),
        }
    }

    pub(super) fn nobody(because: &str) -> Self {
        Self {
            node: None,
            because: because.to_owned(),
            rejected: Vec::new(),
        }
    }

    pub(super) fn of(choice: &Choice, view: &View) -> Self {
        let (node, because) = match &choice.decision {
            Decision::Read { node, because } | Decision::Primary { node, because } => {
                (Some(view.name(*node)), because.to_string())
            }
            Decision::Wait { nearest, gap } => (
                None,
                format!(
                    "it waits for {}, which is {gap} behind",
                    view.name(*nearest)
                ),
            ),
            Decision::Nobody(why) => (None, why.to_string()),
        };
        let rejected = choice.rejected.iter();
        Self {
            node,
            because,
            rejected: rejected
                .map(|(id, why)| (view.name(*id), why.to_string()))
                .collect(),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.node.as_deref().unwrap_or("nobody"))?;
        write!(f, ", since {}", self.because)?;
        for (name, why) in &self.rejected {
            write!(f, "; not {name}, since {why}")?;
        }
        Ok(())
    }
}
