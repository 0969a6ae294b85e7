//! One transaction: its connection, and what is open on it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use super::begin::Begin;
use super::carrier::Carrier;
use super::hooks::{self, Fate, Hook};
use super::savepoint::undo;
use super::scope::{Held, asking};
use crate::driver::{Answer, Command, Dialect, Request};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::policy::time_limit::{self, Deadline, TimeLimit};
use crate::pool::{AcquireOptions, Purpose, Waiting};
use crate::routing::Doing;
use crate::session::{Charge, Session, Slot};
use crate::telemetry;
use crate::topology::{Access, Member};
use crate::transaction::{Action, GuardRow, LevelId, Refusal, Stack, explain_guard, guard_sql};

/// One transaction.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) begin: Begin,
    /// The node that it runs on.
    pub(super) member: Arc<Member>,
    /// The timeline that the primary was on when it began.
    pub(super) timeline: Option<u32>,
    /// The parent of the spans of what runs inside.
    pub(super) span: tracing::Span,
    pub(super) dialect: Dialect,
    /// When the whole must have ended, but for the commit.
    pub(super) deadline: Option<Deadline>,
    /// How long each statement may take.
    pub(super) statement_limit: Option<TimeLimit>,
    /// The row that tells whether it was committed, if it wrote one.
    pub(super) guard: Option<GuardRow>,
    /// The connection; `None` after the end. Whoever waits here waits for the statement before.
    pub(super) wire: Arc<AsyncMutex<Carrier>>,
    /// Guards what is open and what is doomed, for one synchronous call.
    stack: Mutex<Stack<Hook>>,
    /// Whether the last call failed in a way that is worth running the whole unit again.
    is_retryable: AtomicBool,
    /// Whether a stream is open: then nothing else may run.
    pub(super) is_streaming: AtomicBool,
    statements: AtomicU64,
    rows_written: AtomicU64,
}

impl Core {
    /// Begins a transaction.
    ///
    /// # Cancel safety
    /// Safe: the connection goes to quarantine, where what may have begun is rolled back.
    pub(super) async fn begin(begin: Begin) -> Result<Arc<Self>> {
        if begin.options.read_only && begin.options.exactly_once {
            let message = "what only reads can't be `exactly_once`: there is nothing to do twice";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let timeout = begin.options.timeout;
        if let Some(problem) = timeout.and_then(|time| time_limit::problem("timeout", time)) {
            return Err(Error::new(ErrorKind::InvalidArgument, problem));
        }
        let router = begin.route.router();
        let dialect = router.dialect();
        let guard = begin.guard();
        let access = Access::of(!begin.options.read_only);
        let acquire = AcquireOptions {
            deadline: begin.deadline,
            ..asking(begin.site, Purpose::Unit, begin.session.as_ref())
        };
        let slot = match &begin.session {
            Some(session) => Some(session.slot(&acquire).await?),
            None => None,
        };
        let statement_limit = match &begin.session {
            Some(session) => session.statement_limit(),
            None => router.statement_limit(),
        };
        let timeout = statement_limit.map(|limit| limit.allowed);
        let mut sql = begin.options.begin_sql(dialect, timeout);
        if let Some(row) = &guard {
            // The first write, in the same message: it costs no round trip, and whoever comes late under the same key has
            // done nothing yet.
            sql = format!("{sql}; {}", guard_sql::claim(dialect, row));
        }
        let mut trip = begin.route.depart(access);
        let (lease, member, timeline, deadline) = loop {
            let stop = trip.next().await?;
            let request = Request::control(Command::Begin, sql.clone(), "BEGIN");
            let begun = async {
                let lease = stop.node.pool(access).acquire(&acquire).await?;
                let mut lease = lease.detach();
                // A session's time is that on the server, so the wait for a connection isn't a part of it.
                let deadline = begin.deadline();
                // Whoever waits for another call with the same key waits as long as it may.
                let is_keyed = guard.is_some_and(|row| row.fingerprint.is_some());
                let limit = statement_limit.filter(|_| !is_keyed);
                let limit = limit.map(|limit| limit.from(Instant::now()));
                let until = Deadline::earliest(deadline, limit);
                let answer = begin.within(until, lease.exchange(request)).await;
                answer.map_err(|error| error.attempting(|| "begin".into()))?;
                Ok((lease, deadline))
            };
            match begun.await {
                Ok((lease, deadline)) => {
                    trip.arrived(&stop);
                    break (lease, Arc::clone(&stop), stop.timeline(), deadline);
                }
                Err(error) if guard.is_some() => {
                    trip.failed(&stop, explain_guard(error), Doing::Begin)?;
                }
                Err(error) => trip.failed(&stop, error, Doing::Begin)?,
            }
        };
        if let Some(session) = &begin.session {
            session.count_transaction();
        }
        if let Some(slot) = &slot {
            slot.rest();
        }
        let core = Arc::new(Self {
            span: telemetry::unit(dialect.name(), begin.site.name),
            dialect,
            deadline,
            statement_limit,
            guard,
            wire: Arc::new(AsyncMutex::new(Carrier {
                lease: Some(lease),
                slot,
            })),
            stack: Mutex::new(Stack::new(begin.site)),
            is_retryable: AtomicBool::new(false),
            is_streaming: AtomicBool::new(false),
            member,
            timeline,
            statements: AtomicU64::new(0),
            rows_written: AtomicU64::new(0),
            begin,
        });
        // Nobody else has it yet.
        if let Ok(carrier) = core.wire.try_lock()
            && let Some(lease) = &carrier.lease
        {
            core.can_be_reclaimed(lease);
        }
        // A kill that came before didn't find it.
        core.check_life()?;
        Ok(core)
    }

    pub(super) fn doing(&self) -> Doing {
        if self.begin.options.read_only {
            Doing::Read
        } else {
            Doing::Write
        }
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// What a call is told that a deadline cut short.
    pub(super) fn timed_out(&self, deadline: &Deadline) -> Error {
        self.begin.timed_out(deadline)
    }

    pub(super) fn stack(&self) -> MutexGuard<'_, Stack<Hook>> {
        // Nothing that runs under the lock leaves it half done when it panics.
        self.stack.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the body of this unit is known to hold.
    pub(super) fn held(&self) -> Held {
        let access = Access::of(!self.begin.options.read_only);
        Held {
            pool: self.member.node.pool(access).clone(),
            session: self.begin.session.as_ref().map(Session::shared_name),
        }
    }

    pub(super) fn counts(&self) -> (u64, u64) {
        (
            self.statements.load(Ordering::Relaxed),
            self.rows_written.load(Ordering::Relaxed),
        )
    }

    /// Whether the last failure is worth another try of the whole unit.
    pub(super) fn is_retryable(&self) -> bool {
        self.is_retryable.load(Ordering::Relaxed)
    }

    pub(super) fn note(&self, error: &Error) {
        self.is_retryable
            .store(error.is_retryable(), Ordering::Relaxed);
    }

    /// From now on a unit can only be rolled back.
    pub(super) fn doom(&self, level: LevelId, cause: &Error) {
        self.stack().doom(level, cause.to_shared());
    }

    /// Whether a unit can be used now.
    pub(super) fn check(&self, level: LevelId) -> Result<()> {
        self.check_streams()?;
        self.stack().check(level).map_err(|refusal| match refusal {
            Refusal::Ended => ended(),
            Refusal::Suspended { by } => Error::new(
                ErrorKind::UnitOfWorkSuspended,
                format!("the nested unit of work {by} is open; use that one, or end it first"),
            ),
            Refusal::Doomed { cause } => Error::rolled_back(
                format!(
                    "an earlier statement failed ({cause}), so this unit of work can only roll back"
                ),
                cause,
            ),
        })
    }

    /// Runs a statement of one unit.
    ///
    /// # Cancel safety
    /// A statement that is dropped before its answer dooms its unit: what it did is unknown.
    pub(super) async fn run(&self, level: LevelId, request: Request) -> Result<Answer> {
        let operation = request.operation;
        let charge = self.admit(level, &request)?;
        let mut carrier = self.ready(level).await?;
        charge.sent();
        let answer = self
            .perform(&mut carrier, Action::Statement { level }, request)
            .await?;
        self.statements.fetch_add(1, Ordering::Relaxed);
        // A SELECT may count as a write because it locks. MariaDB doesn't count the rows of an INSERT that returns them.
        if operation.writes && operation.verb != "SELECT" {
            let rows = answer.affected.max(answer.returned);
            self.rows_written.fetch_add(rows, Ordering::Relaxed);
        }
        self.is_retryable.store(false, Ordering::Relaxed);
        Ok(answer)
    }

    /// What can be refused without talking to the server.
    pub(super) fn admit(&self, level: LevelId, request: &Request) -> Result<Charge<'_>> {
        self.check(level)?;
        if request.operation.writes && self.begin.options.read_only {
            let message = format!(
                "`{}` writes, and this unit of work only reads",
                request.operation.name
            );
            return Err(Error::new(ErrorKind::ReadOnly, message));
        }
        if request.operation.ddl && self.dialect == Dialect::MySql {
            let message = format!(
                "`{}` changes the schema, which commits the transaction on MariaDB; run it on the database itself",
                request.operation.name
            );
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        match &self.begin.session {
            Some(session) => session.charge_operation(),
            None => Ok(Charge::default()),
        }
    }

    /// When a statement that is sent now must have ended.
    pub(super) fn statement_deadline(&self) -> Option<Deadline> {
        let limit = self.statement_limit.map(|limit| limit.from(Instant::now()));
        Deadline::earliest(self.deadline, limit)
    }

    /// Waits for the connection of a unit that can be used, and finishes what others left on it.
    pub(super) async fn ready(&self, level: LevelId) -> Result<OwnedMutexGuard<Carrier>> {
        let carrier = self.quiet().await?;
        // Something may have been opened, or doomed, meanwhile.
        self.check(level)?;
        self.check_life()?;
        Ok(carrier)
    }

    /// Whether the time is up.
    pub(super) fn is_late(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| Instant::now() >= deadline.at)
    }

    /// Whether its session was killed.
    pub(super) fn is_killed(&self) -> bool {
        let session = self.begin.session.as_ref();
        session.is_some_and(|session| session.check().is_err())
    }

    /// Whether there is time left, and a session that may use it. If not, the connection may be somebody else's already.
    pub(super) fn check_life(&self) -> Result<()> {
        if let Some(session) = &self.begin.session {
            let killed = session.check();
            killed.map_err(|error| error.with_outcome(Outcome::RolledBack))?;
        }
        match &self.deadline {
            Some(deadline) if self.is_late() => Err(self.timed_out(deadline)),
            _ => Ok(()),
        }
    }

    /// Waits for the connection, and finishes what others left on it.
    pub(super) async fn quiet(&self) -> Result<OwnedMutexGuard<Carrier>> {
        let wait = async {
            let mut carrier = self.wire.clone().lock_owned().await;
            self.repair(&mut carrier).await?;
            Ok(carrier)
        };
        self.begin.within(self.deadline, wait).await
    }

    async fn repair(&self, carrier: &mut Carrier) -> Result<()> {
        if let Some(lease) = &mut carrier.lease
            && let Some(settled) = lease.settle().await
        {
            let undone = self.stack().abandoned(settled.answer.is_ok());
            hooks::run(undone, Fate::RolledBack);
        }
        loop {
            // Nothing is left to repair on a connection that was taken away.
            if carrier.lease.is_none() {
                return Ok(());
            }
            let repair = self.stack().next_repair();
            let Some(number) = repair else { return Ok(()) };
            let undo = self
                .perform(carrier, Action::Undo { number }, undo(number))
                .await;
            if let Err(error) = undo {
                tracing::warn!(error = %error, "a nested unit of work could not be undone");
            }
        }
    }

    /// Sends one request, with the stack told before and after.
    pub(super) async fn perform(
        &self,
        carrier: &mut Carrier,
        action: Action,
        request: Request,
    ) -> Result<Answer> {
        let (answer, undone) = self.perform_raw(carrier, action, request).await;
        hooks::run(undone.1, Fate::RolledBack);
        answer
    }

    pub(super) async fn perform_raw(
        &self,
        carrier: &mut Carrier,
        action: Action,
        request: Request,
    ) -> (Result<Answer>, (Option<LevelId>, Vec<Hook>)) {
        let name = request.operation.name;
        let Some(lease) = &mut carrier.lease else {
            return (Err(ended()), (None, Vec::new()));
        };
        self.stack().sent(action);
        let deadline = if request.command.may_be_stopped() {
            self.statement_deadline()
        } else {
            self.deadline
        };
        let _busy = carrier.slot.as_ref().map(Slot::busy);
        let waiting = Waiting(lease);
        let answer = waiting
            .0
            .exchange_until(request, deadline.map(|deadline| deadline.at))
            .await
            .map_err(|error| match &deadline {
                Some(deadline) => self.begin.explain(deadline, error),
                None => error,
            })
            .map_err(|error| self.begin.route.learn(&self.member, error, self.doing()))
            .map_err(|error| error.attempting(|| name.to_owned()));
        if waiting.0.is_in_flight() {
            // It could not be stopped: whoever comes next finishes it, and the stack still expects its end.
            return (answer, (None, Vec::new()));
        }
        let problem = answer.as_ref().err().map(Error::to_shared);
        match &answer {
            Ok(_) if self.begin.options.read_only => self.begin.route.saw(self.member.id),
            Ok(_) => {}
            Err(error) => self.note(error),
        }
        let concluded = self.stack().answered(problem);
        (answer, concluded)
    }
}

/// What is said to who uses a unit that has no connection any more.
pub(super) fn ended() -> Error {
    let message = "this unit of work has already ended";
    Error::new(ErrorKind::UnitOfWorkEnded, message)
}
