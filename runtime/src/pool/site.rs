//! Where in the program something was called, and what runs there.

use std::fmt;
use std::panic::Location;
use std::thread::ThreadId;

/// A place in the program: the name of an operation, and where it was called if that is known.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// `Bank::transfer`, `find`, `begin`.
    pub name: &'static str,
    /// The table that it is about; empty when that goes without saying.
    pub subject: &'static str,
    /// Where it was called.
    pub location: Option<&'static Location<'static>>,
}

impl Site {
    /// A place known by its name alone.
    pub const fn named(name: &'static str) -> Self {
        Self {
            name,
            subject: "",
            location: None,
        }
    }

    /// The place of the caller.
    #[track_caller]
    pub fn here(name: &'static str) -> Self {
        Self {
            name,
            subject: "",
            location: Some(Location::caller()),
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subject {
            "" => write!(f, "`{}`", self.name)?,
            subject => write!(f, "`{} {subject}`", self.name)?,
        }
        match self.location {
            Some(location) => write!(f, " at {}:{}", location.file(), location.line()),
            None => Ok(()),
        }
    }
}

/// The task that runs, or, outside of any task, the thread: what the future given to `block_on` never leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    Task(tokio::task::Id),
    Thread(ThreadId),
}

impl Runner {
    pub(crate) fn current() -> Self {
        tokio::task::try_id().map_or_else(|| Self::Thread(std::thread::current().id()), Self::Task)
    }
}
