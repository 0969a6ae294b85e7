//! What state a connection is in, as far as we know. Talks to nobody: it is told what was sent and what was answered.
//!
//! The one rule: the state is raised *before* the first byte goes out and lowered when the whole answer is in, so that
//! whoever is dropped in between leaves the truth behind.
#![deny(clippy::disallowed_methods)]

use super::request::Command;
use crate::mechanism::Mechanism;

/// What we know about a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Ready for anybody. -> `InFlight` when something is sent.
    Clean,
    /// Inside a transaction, under that many savepoints. -> `Clean` by commit or rollback; -> `Failed` by an error.
    InTransaction { depth: u32 },
    /// Inside a transaction in which a statement failed. -> `InTransaction` by rolling back to a savepoint; -> `Clean` by rollback.
    Failed { depth: u32 },
    /// A request is out and its answer isn't in. -> what the answer says; never lent in this state.
    InFlight { command: Command, before: Base },
    /// Anything may be the case: a script ran, or the connection broke. -> `Clean` by a reset, or closed.
    Unknown,
}

/// The state under a request that is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    Clean,
    InTransaction { depth: u32 },
    Failed { depth: u32 },
    Unknown,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The server did it.
    Done,
    /// The server said no.
    Refused,
    /// There was no answer.
    Lost,
}

impl State {
    /// A request is about to go out.
    pub(crate) fn sent(self, command: Command) -> Self {
        let before = match self {
            Self::Clean => Base::Clean,
            Self::InTransaction { depth } => Base::InTransaction { depth },
            Self::Failed { depth } => Base::Failed { depth },
            Self::InFlight { .. } | Self::Unknown => Base::Unknown,
        };
        Self::InFlight { command, before }
    }

    /// Its whole answer is in, or will never come.
    pub(crate) fn answered(self, ending: Ending) -> Self {
        let Self::InFlight { command, before } = self else {
            return Self::Unknown;
        };
        match (ending, command, before) {
            (Ending::Lost, ..) | (_, _, Base::Unknown) | (_, Command::Script, _) => Self::Unknown,
            // A lone statement that fails undoes itself on all engines.
            (
                Ending::Done | Ending::Refused,
                Command::Statement | Command::Fence | Command::Ping,
                Base::Clean,
            ) => Self::Clean,
            (Ending::Done, Command::Begin, Base::Clean) => Self::InTransaction { depth: 0 },
            (Ending::Done, Command::Commit | Command::Rollback, _) => Self::Clean,
            (Ending::Done, command, Base::InTransaction { depth }) => match command {
                Command::Statement => Self::InTransaction { depth },
                Command::Savepoint => Self::InTransaction { depth: depth + 1 },
                Command::Release | Command::Undo => Self::InTransaction {
                    depth: depth.saturating_sub(1),
                },
                Command::RollbackTo => Self::InTransaction { depth },
                _ => Self::Unknown,
            },
            (Ending::Done, Command::RollbackTo, Base::Failed { depth }) => {
                Self::InTransaction { depth }
            }
            (Ending::Done, Command::Undo, Base::Failed { depth }) => Self::InTransaction {
                depth: depth.saturating_sub(1),
            },
            (Ending::Done, Command::Statement, Base::Failed { depth }) => Self::Failed { depth },
            (
                Ending::Refused,
                Command::Statement,
                Base::InTransaction { depth } | Base::Failed { depth },
            ) => Self::Failed { depth },
            // There is a transaction or none, as much of the text as was done: a rollback is the end of both.
            (Ending::Refused, Command::Begin, Base::Clean) => Self::Failed { depth: 0 },
            // A refused COMMIT or savepoint leaves too many possibilities to tell apart.
            _ => Self::Unknown,
        }
    }

    /// Whether what is out runs in a transaction, as far as that is known.
    pub(crate) fn is_out_in_transaction(self) -> bool {
        matches!(self, Self::InFlight { before, .. } if before != Base::Clean)
    }

    /// Whether the connection may be handed to anybody.
    pub(crate) fn is_clean(self) -> bool {
        self == Self::Clean || !Mechanism::State.is_on()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(steps: &[(Command, Ending)]) -> State {
        steps.iter().fold(State::Clean, |state, (command, ending)| {
            state.sent(*command).answered(*ending)
        })
    }

    #[test]
    fn a_whole_transaction_ends_clean() {
        use Command::{Begin, Commit, Release, Savepoint, Statement};
        let steps = [Begin, Statement, Savepoint, Statement, Release, Commit]
            .map(|command| (command, Ending::Done));
        let depths: Vec<State> = (1..=steps.len()).map(|n| after(&steps[..n])).collect();
        let at = |depth| State::InTransaction { depth };
        assert_eq!(depths, [at(0), at(0), at(1), at(1), at(0), State::Clean]);
    }

    #[test]
    fn a_request_without_its_answer_is_never_clean() {
        for command in Command::ALL {
            let out = State::Clean.sent(command);
            assert_ne!(out, State::Clean, "{command:?}");
            assert_eq!(out.answered(Ending::Lost), State::Unknown, "{command:?}");
        }
    }

    #[test]
    fn a_refused_statement_fails_the_transaction_until_a_savepoint_undoes_it() {
        let steps = [
            (Command::Begin, Ending::Done),
            (Command::Savepoint, Ending::Done),
            (Command::Statement, Ending::Refused),
            (Command::Undo, Ending::Done),
            (Command::Commit, Ending::Done),
        ];
        assert_eq!(after(&steps[..3]), State::Failed { depth: 1 });
        assert_eq!(after(&steps[..4]), State::InTransaction { depth: 0 });
        assert_eq!(after(&steps), State::Clean);
    }

    #[test]
    fn what_a_script_did_is_never_known() {
        assert_eq!(after(&[(Command::Script, Ending::Done)]), State::Unknown);
        assert_eq!(
            after(&[
                (Command::Script, Ending::Done),
                (Command::Statement, Ending::Done)
            ]),
            State::Unknown
        );
        assert_eq!(after(&[(Command::Commit, Ending::Refused)]), State::Unknown);
    }

    #[test]
    fn a_refused_begin_leaves_something_to_roll_back() {
        let refused = after(&[(Command::Begin, Ending::Refused)]);
        assert_eq!(refused, State::Failed { depth: 0 });
        let late = [
            (Command::Begin, Ending::Done),
            (Command::Begin, Ending::Refused),
        ];
        assert_eq!(after(&late), State::Unknown);
    }

    #[test]
    fn only_clean_may_be_handed_on() {
        assert!(State::Clean.is_clean());
        for state in [
            State::Unknown,
            State::InTransaction { depth: 0 },
            State::Failed { depth: 0 },
        ] {
            assert_eq!(state.is_clean(), !Mechanism::State.is_on(), "{state:?}");
        }
    }
}
