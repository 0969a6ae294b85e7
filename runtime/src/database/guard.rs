//! The guard of a database's commits, as a program sees it.

use std::time::{Duration, Instant};

use super::Database;
use crate::driver::commit_unknown;
use crate::error::{CommitId, ErrorKind, Result};
use crate::pool::Site;
use crate::transaction::{CommitOutcome, guard_migration};
use crate::unit_of_work::resolve;

/// How long [`Database::resolve`] asks before it gives up.
const RESOLVE_LIMIT: Duration = Duration::from_secs(30);

impl Database {
    /// Creates the table `wharf_outcome` where it doesn't exist: what `exactly_once` and
    /// [`guard_commits`](crate::DatabaseBuilder::guard_commits) write to. Projects that migrate can run the text of
    /// [`guard_migration`](crate::guard_migration) instead.
    ///
    /// # Errors
    /// [`ErrorKind::Privilege`] where the login may not create tables; otherwise as any call.
    ///
    /// # Cancel safety
    /// Safe: it can be called again.
    #[track_caller]
    pub fn install_guard(&self) -> impl Future<Output = Result<()>> + Send {
        let site = Site::here("install guard");
        async move {
            let text = guard_migration(self.dialect()).to_owned();
            let installed = self.execute_at(site, text).await;
            installed.map_err(|error| error.attempting(|| "install the guard".into()))
        }
    }

    /// Says what became of a commit whose answer was lost, and makes sure that it stays so: one that has not happened by
    /// then can't happen any more. Where its transaction is still open, waits for its end.
    ///
    /// The same question has the same answer whoever asks and however often, until the commit's row
    /// [expires](crate::DatabaseBuilder::guard_retention).
    ///
    /// # Errors
    /// [`ErrorKind::CommitUnknown`] when nobody could be asked for 30 s, or when the commit is so old that its row may have
    /// expired; [`ErrorKind::Schema`] when there is no table `wharf_outcome`.
    ///
    /// # Cancel safety
    /// Safe: it can be asked again.
    pub async fn resolve(&self, id: CommitId) -> Result<CommitOutcome> {
        let deadline = Instant::now() + RESOLVE_LIMIT;
        resolve(self.route(), id, deadline)
            .await
            .map_err(|problem| {
                let is_told_as_it_is = matches!(
                    problem.kind(),
                    ErrorKind::Schema | ErrorKind::Privilege | ErrorKind::PoolClosed
                );
                let error = if is_told_as_it_is {
                    problem
                } else {
                    commit_unknown().adding(&problem).with_source(problem)
                };
                error
                    .with_commit_id(id)
                    .attempting(|| format!("resolve commit {id}"))
            })
    }
}
