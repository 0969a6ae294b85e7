//! Why a node was chosen or not: each is one short clause, with its numbers.
#![deny(clippy::disallowed_methods)]

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Gap;
use crate::policy::breaker::BreakerState;
use crate::routing::config::Strategy;
use crate::topology::{NodeId, NodeState};

/// Why a node was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A write goes to the primary.
    Write,
    /// The call wants what is committed, and no less.
    AskedForPrimary,
    /// No replica can serve the read.
    NoReplica {
        replicas: usize,
    },
    /// The session has read from it.
    Pinned,
    /// No other one that is as good can serve the read.
    OnlyOne,
    /// The key belongs to it.
    Sticky {
        among: usize,
    },
    Balanced {
        strategy: Strategy,
        among: usize,
    },
    /// It isn't known to be well, and nobody who is can serve the read.
    LastResort(NodeState),
}

/// Why a node can't serve a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rejection {
    State(NodeState),
    UnknownRole,
    Breaker {
        state: BreakerState,
        /// `None`: when somebody has reset it.
        retry_in: Option<Duration>,
    },
    MissesTag(Arc<str>),
    /// The session has read from another one, and must not go back behind that.
    Pinned {
        to: NodeId,
    },
    UnknownLag {
        max: Duration,
    },
    Lags {
        lag: Duration,
        max: Duration,
    },
    /// It isn't where the session has been.
    Behind(Gap),
    UnknownPosition,
}

impl Rejection {
    /// Whether it is for what the caller has seen.
    pub(crate) fn is_causal(&self) -> bool {
        matches!(
            self,
            Self::Pinned { .. } | Self::Behind(_) | Self::UnknownPosition
        )
    }
}

/// Why nobody serves a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Nobody {
    /// No node is the primary.
    NoPrimary,
    /// There is a primary, which can't serve it.
    PrimaryRejected,
    /// No node at all has this tag: a mistake in the program or in its configuration.
    UnknownTag(Arc<str>),
    /// Each node has a reason of its own, or there is none.
    NoneFits,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(1) => f.write_str("1 byte"),
            Self::Bytes(bytes) => write!(f, "{bytes} bytes"),
            Self::Transactions(1) => f.write_str("1 transaction"),
            Self::Transactions(transactions) => write!(f, "{transactions} transactions"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write => f.write_str("it is a write"),
            Self::AskedForPrimary => f.write_str("the primary was asked for"),
            Self::NoReplica { replicas: 0 } => f.write_str("there is no replica"),
            Self::NoReplica { replicas: 1 } => f.write_str("the only replica can't serve it"),
            Self::NoReplica { replicas } => write!(f, "none of {replicas} replicas can serve it"),
            Self::Pinned => f.write_str("the session has read from it"),
            Self::OnlyOne => f.write_str("it is the only one that fits"),
            Self::Sticky { among } => write!(f, "its key belongs there among {among}"),
            Self::Balanced { strategy, among } => write!(f, "{strategy} among {among}"),
            Self::LastResort(state) => write!(f, "it is {}, and no better one fits", state.name()),
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(state) => write!(f, "it is {}", state.name()),
            Self::UnknownRole => f.write_str("its role isn't known"),
            Self::Breaker {
                state,
                retry_in: Some(retry_in),
            } => write!(f, "its breaker is {state} for another {retry_in:?}"),
            Self::Breaker {
                state,
                retry_in: None,
            } => write!(f, "its breaker is {state}"),
            Self::MissesTag(tag) => write!(f, "it isn't tagged `{tag}`"),
            Self::Pinned { to } => write!(f, "the session has read from node {to}"),
            Self::UnknownLag { max } => {
                write!(f, "its lag isn't known, and {max:?} is allowed")
            }
            Self::Lags { lag, max } => write!(f, "it lags by {lag:?}, and {max:?} is allowed"),
            Self::Behind(gap) => write!(f, "it is {gap} behind what the session has seen"),
            Self::UnknownPosition => f.write_str("its position isn't known"),
        }
    }
}

impl fmt::Display for Nobody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPrimary => f.write_str("there is no primary"),
            Self::PrimaryRejected => f.write_str("the primary can't serve it"),
            Self::UnknownTag(tag) => write!(f, "no node is tagged `{tag}`"),
            Self::NoneFits => f.write_str("no node can serve it"),
        }
    }
}
