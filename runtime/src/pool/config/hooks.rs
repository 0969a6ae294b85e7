//! What a program does with every connection.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::driver::RawConnection;
/// What a hook may fail with: sqlx's errors, Wharf's, or the program's own.
pub type HookError = Box<dyn std::error::Error + Send + Sync>;

/// What a hook returns: `Box::pin(async move { … })`.
pub type HookFuture<'c, T> = BoxFuture<'c, Result<T, HookError>>;

/// Something to be done with a connection.
pub(crate) type Hook<T> =
    Arc<dyn for<'c> Fn(&'c mut RawConnection<'_>) -> HookFuture<'c, T> + Send + Sync>;

/// What a program does with every connection.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) after_connect: Option<Hook<()>>,
    pub(crate) before_acquire: Option<Hook<bool>>,
    pub(crate) after_release: Option<Hook<bool>>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("after_connect", &self.after_connect.is_some())
            .field("before_acquire", &self.before_acquire.is_some())
            .field("after_release", &self.after_release.is_some())
            .finish()
    }
}
