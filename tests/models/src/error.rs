//! As much of the runtime's errors as the included files name.

pub struct Error;

pub(crate) enum ErrorKind {
    Configuration,
}

impl Error {
    pub(crate) fn new(_: ErrorKind, _: String) -> Self {
        Self
    }
}
