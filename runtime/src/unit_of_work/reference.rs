//! What is left of a unit of work's handle when its mode doesn't matter: which transaction, and which part of it.

use std::sync::Arc;

use super::core::Core;
use super::scope::Held;
use super::stream::StreamHold;
use crate::driver::{Answer, By, Dialect, FromRow, Request, RowStream};
use crate::error::{Error, Result};
use crate::pool::Site;
use crate::routing::Route;
use crate::session::Session;
use crate::transaction::{LevelId, TransactionOptions};

/// A reference to one unit in a transaction.
#[derive(Debug, Clone)]
pub(crate) struct Handle {
    pub(super) core: Arc<Core>,
    pub(super) level: LevelId,
}

impl Handle {
    pub(crate) fn dialect(&self) -> Dialect {
        self.core.dialect()
    }

    pub(crate) fn route(&self) -> &Route {
        &self.core.begin.route
    }

    pub(crate) fn session(&self) -> Option<&Session> {
        self.core.begin.session.as_ref()
    }

    pub(crate) fn options(&self) -> (&TransactionOptions, Site) {
        (&self.core.begin.options, self.core.begin.site)
    }

    pub(crate) async fn run(&self, request: Request) -> Result<Answer> {
        self.core.run(self.level, request).await
    }

    pub(crate) async fn stream<T: FromRow>(
        &self,
        request: Request,
        by: By,
    ) -> Result<RowStream<T, StreamHold>> {
        self.core.clone().stream(self.level, request, by).await
    }

    /// Notes an error that Wharf itself found, such as a stale version.
    pub(crate) fn note(&self, error: &Error) {
        self.core.note(error);
    }

    /// From now on this unit can only be rolled back.
    pub(crate) fn doom(&self, cause: &Error) {
        self.core.note(cause);
        self.core.doom(self.level, cause);
    }

    pub(crate) fn held(&self) -> Held {
        self.core.held()
    }
}
