//! Finds out what became of a commit whose answer was lost; see `transaction::guard` for how that can be known.

use std::time::{Duration, Instant, SystemTime};

use super::scope::asking;
use crate::driver::{By, Command, Dialect, Operation, Request};
use crate::error::{CommitId, Error, ErrorKind, Result};
use crate::policy::backoff::Backoff;
use crate::pool::{AcquireOptions, Lease, Purpose, Site};
use crate::routing::{Berth, Route};
use crate::topology::Access;
use crate::transaction::{CommitOutcome, Entry, EntryRow, explain_guard, guard_sql};

/// The time of day, as commits are dated by it.
pub(crate) fn since_1970() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}

/// Asks until there is a verdict, which is then final.
///
/// # Errors
/// Why nobody could be asked until the deadline, or can't be asked at all.
///
/// # Cancel safety
/// Safe: it can be asked again.
pub(crate) async fn resolve(
    route: &Route,
    id: CommitId,
    deadline: Instant,
) -> Result<CommitOutcome> {
    let mut tries = 0;
    loop {
        let asked = tokio::time::timeout_at(deadline.into(), ask(route, id, deadline)).await;
        let problem = match asked {
            Ok(Ok(outcome)) => return Ok(outcome),
            Ok(Err(problem)) => problem,
            Err(_) => Error::new(ErrorKind::Timeout, "the database didn't answer in time"),
        };
        let pause = Backoff::UNIT.delay(tries, fastrand::f64());
        if !is_worth_another_try(&problem) || Instant::now() + pause >= deadline {
            return Err(problem);
        }
        tracing::debug!(error = %problem, commit = %id, "ask again what became of a commit");
        tries += 1;
        tokio::time::sleep(pause).await;
    }
}

/// Whether a database that couldn't be asked may be asked later.
fn is_worth_another_try(problem: &Error) -> bool {
    !matches!(
        problem.kind(),
        ErrorKind::Schema
            | ErrorKind::Privilege
            | ErrorKind::Authentication
            | ErrorKind::Decode
            | ErrorKind::NotFound
            | ErrorKind::PoolClosed
            | ErrorKind::PoolSelfDeadlock
    )
}

async fn ask(route: &Route, id: CommitId, deadline: Instant) -> Result<CommitOutcome> {
    let router = route.router();
    let berth = lease(route, Some(deadline)).await?;
    let mut lease = berth.lease;
    // A row that has expired looks like a commit that never happened. Half of the time is left for clocks that differ, and
    // for commits that took long.
    let may_have_expired = id.age(since_1970()) > router.guarding().retention / 2;
    if !may_have_expired {
        fence(&mut lease, router.dialect(), id).await?;
    }
    let entries = read(&mut lease, router.dialect(), &id.unit).await?;
    if !router.is_primary(berth.member.id, berth.timeline) {
        // What an isolated primary of the past says is no verdict.
        let message = "the primary changed while it was asked";
        return Err(Error::new(ErrorKind::ConnectionLost, message));
    }
    let entry = entries.iter().find(|entry| entry.attempt == id.attempt);
    entry.map(|entry| entry.outcome).ok_or_else(|| {
        let message = "it is so old that what was written about it may have expired";
        Error::new(ErrorKind::NotFound, message)
    })
}

async fn fence(lease: &mut Lease<'_>, dialect: Dialect, id: CommitId) -> Result<()> {
    let (sql, sets) = guard_sql::fence(dialect, id);
    let mut request = Request::control(Command::Fence, sql, "INSERT");
    request.sets = sets;
    let fenced = lease.exchange(request).await;
    fenced.map(drop).map_err(explain_guard)
}

/// What is known of a unit, in the order of its attempts.
///
/// # Errors
/// As any statement.
pub(crate) async fn entries(
    route: &Route,
    unit: &[u8; 16],
    deadline: Option<Instant>,
) -> Result<Vec<Entry>> {
    let mut berth = lease(route, deadline).await?;
    read(&mut berth.lease, route.router().dialect(), unit).await
}

async fn lease(route: &Route, deadline: Option<Instant>) -> Result<Berth> {
    let options = AcquireOptions {
        deadline,
        ..asking(Site::named("resolve"), Purpose::Statement, None)
    };
    // Never from where a commit may not have arrived yet.
    route.lease(Access::Write, &options).await
}

async fn read(lease: &mut Lease<'_>, dialect: Dialect, unit: &[u8; 16]) -> Result<Vec<Entry>> {
    let sql = guard_sql::entries(dialect, unit);
    let mut request = Request::control(Command::Statement, sql, "SELECT");
    request.operation = Operation::read("resolve", "wharf_outcome");
    let answer = lease.exchange(request).await.map_err(explain_guard)?;
    let rows = answer.rows.decode::<EntryRow>(By::Position)?;
    rows.into_iter().map(Entry::try_from).collect()
}
