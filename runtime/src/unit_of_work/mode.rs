//! Whether a unit of work may write, as a type.

/// A unit of work that may write.
#[derive(Debug, Clone, Copy)]
pub enum ReadWrite {}

/// A unit of work that only reads; a call that writes doesn't compile.
#[derive(Debug, Clone, Copy)]
pub enum ReadOnly {}

/// [`ReadWrite`] or [`ReadOnly`].
pub trait Mode: sealed::Sealed + Send + Sync + 'static {
    #[doc(hidden)]
    const READ_ONLY: bool;
}

impl Mode for ReadWrite {
    const READ_ONLY: bool = false;
}

impl Mode for ReadOnly {
    const READ_ONLY: bool = true;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::ReadWrite {}
    impl Sealed for super::ReadOnly {}
}
