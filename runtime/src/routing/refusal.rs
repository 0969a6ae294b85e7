//! What callers are told whom no node can serve.

use std::time::Duration;

use super::choice::{Nobody, Rejection};
use crate::error::{Error, ErrorKind, Result};
use crate::topology::{CausalToken, Containment, NodeId, View};

/// Two nodes take writes.
pub(super) fn split(view: &View) -> Error {
    let message = format!(
        "{}, so that nothing is written to any; {}",
        why_no_primary(view),
        states(view)
    );
    Error::new(ErrorKind::SplitBrain, message)
}

/// There is no primary, and the caller's time is up.
pub(super) fn no_primary(view: &View, waited: Duration) -> Error {
    let message = format!(
        "no node took writes within {waited:?}: {}; {}",
        why_no_primary(view),
        states(view)
    );
    Error::new(ErrorKind::NoPrimary, message).retryable()
}

/// No node can serve a read, and the caller's time is up.
pub(super) fn nobody(
    view: &View,
    waited: Duration,
    why: &Nobody,
    rejected: &[(NodeId, Rejection)],
) -> Error {
    let reasons: Vec<String> = rejected
        .iter()
        .map(|(id, why)| format!("not {}, since {why}", view.name(*id)))
        .collect();
    let message = format!(
        "no node could serve this read within {waited:?}: {why}; {}",
        reasons.join("; ")
    );
    Error::new(ErrorKind::NoPrimary, message).retryable()
}

/// Whether a token can be compared with what the nodes say.
///
/// # Errors
/// [`ErrorKind::CausalityLost`] when what it stands for is gone, [`ErrorKind::ForeignCluster`] when it isn't one of ours.
pub(super) fn check(view: &View, token: &CausalToken) -> Result<bool> {
    match view.lineage.contains(token) {
        Containment::Contained => Ok(true),
        // Nobody has it yet, or nobody knows: the primary it is, which is never behind.
        Containment::Behind | Containment::Unknown => Ok(false),
        Containment::Lost(lost) => Err(Error::new(ErrorKind::CausalityLost, lost.to_string())),
        Containment::Foreign => {
            let message = format!("the token {token} belongs to another cluster or engine");
            Err(Error::new(ErrorKind::ForeignCluster, message))
        }
    }
}

fn why_no_primary(view: &View) -> String {
    let why = view.why_no_primary();
    why.unwrap_or_else(|| "its breaker is open".to_owned())
}

/// "p1 is down, p2 is up"
fn states(view: &View) -> String {
    let nodes = view.nodes.iter();
    let states: Vec<String> = nodes
        .map(|node| format!("{} is {}", node.name, node.state.name()))
        .collect();
    states.join(", ")
}
