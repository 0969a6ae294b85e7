//! What an error says about the node that it came from.

use std::error::Error as _;

use crate::driver::report::{ProbeFailure, WorkerFailure};
use crate::driver::sqlx;
use crate::error::{Error, ErrorKind};

impl ProbeFailure {
    /// What the error of a probe, or of opening its connection, says about the node.
    pub(crate) fn of(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::LimitExceeded => Self::Full,
            ErrorKind::Timeout => Self::Silent,
            ErrorKind::ConnectionLost => closing(error).unwrap_or(Self::Lost),
            _ => closing(error).unwrap_or_else(|| Self::Refused(error.to_string())),
        }
    }
}

impl WorkerFailure {
    /// What the error of an ordinary call says about the node it ran on; `None`: nothing.
    pub(crate) fn of(error: &Error) -> Option<Self> {
        if let Some(cause) = error.cause() {
            return Self::of(cause);
        }
        match error.kind() {
            ErrorKind::ReadOnly => Some(Self::WrongRole),
            // Limits of a session have their numbers, and are none of the server's.
            ErrorKind::LimitExceeded if error.limit_exceeded().is_none() => Some(Self::Full),
            ErrorKind::Connect | ErrorKind::ConnectionLost | ErrorKind::CommitUnknown => {
                match closing(error) {
                    Some(ProbeFailure::ShuttingDown) => Some(Self::ShuttingDown),
                    _ => Some(Self::Lost),
                }
            }
            _ => None,
        }
    }
}

/// Whether the server says that it is on its way out, or not there yet.
fn closing(error: &Error) -> Option<ProbeFailure> {
    let source = error.source()?.downcast_ref::<sqlx::Error>()?;
    let said = source.as_database_error()?;
    let code = said.code()?;
    #[cfg(feature = "mysql")]
    if let Some(said) = said.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return (said.number() == 1053).then_some(ProbeFailure::ShuttingDown);
    }
    match &*code {
        // One code for both; a server in another language is taken for one that starts, and gone a moment later.
        "57P03" if said.message().contains("shutting down") => Some(ProbeFailure::ShuttingDown),
        "57P03" => Some(ProbeFailure::StartingUp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn error(kind: ErrorKind) -> Error {
        Error::new(kind, "said")
    }

    #[test]
    fn a_probe_that_fails_says_why() {
        for (kind, failure) in [
            (ErrorKind::LimitExceeded, ProbeFailure::Full),
            (ErrorKind::Timeout, ProbeFailure::Silent),
            (ErrorKind::ConnectionLost, ProbeFailure::Lost),
            (ErrorKind::Connect, ProbeFailure::Refused("said".into())),
            (
                ErrorKind::Authentication,
                ProbeFailure::Refused("said".into()),
            ),
        ] {
            assert_eq!(ProbeFailure::of(&error(kind)), failure, "{kind:?}");
        }
    }

    #[test]
    fn a_call_that_fails_says_something_about_its_node_or_nothing() {
        for (kind, failure) in [
            (ErrorKind::ConnectionLost, Some(WorkerFailure::Lost)),
            (ErrorKind::CommitUnknown, Some(WorkerFailure::Lost)),
            (ErrorKind::Connect, Some(WorkerFailure::Lost)),
            (ErrorKind::ReadOnly, Some(WorkerFailure::WrongRole)),
            (ErrorKind::LimitExceeded, Some(WorkerFailure::Full)),
            (ErrorKind::Deadlock, None),
            (ErrorKind::Timeout, None),
            (ErrorKind::PoolTimeout, None),
        ] {
            assert_eq!(WorkerFailure::of(&error(kind)), failure, "{kind:?}");
        }
        let doomed = Error::rolled_back("doomed", Arc::new(error(ErrorKind::ReadOnly)));
        assert_eq!(WorkerFailure::of(&doomed), Some(WorkerFailure::WrongRole));
    }
}
