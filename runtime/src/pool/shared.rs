//! The pool itself: the pure state and the connections behind one lock, and the way in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};

use super::config::PoolConfig;
use super::holder::{Holder, Runner, Site};
use super::keeper::{self, Work};
use super::lease::Lease;
use super::state::{Acquired, Condition, Settings, SlotId, State, Step, Ticket};
use crate::driver::{Command, Endpoint, Request, Role, Wire};
use crate::error::{Error, ErrorKind, Result};
use crate::task_group::TaskGroup;

/// Connections to one node for one purpose. A handle: clones are the same pool.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) endpoint: Endpoint,
    pub(super) role: Role,
    pub(super) config: PoolConfig,
    work: mpsc::UnboundedSender<Work>,
    /// Guards the state, the idle connections, and who waits and who holds: all of the pool, for one synchronous call.
    inner: Mutex<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) state: State,
    /// The connections that are idle; a lent one is with its holder, and one in quarantine with the keeper.
    wires: Vec<Option<Wire>>,
    pub(super) holders: Vec<Option<Holder>>,
    pub(super) waiters: HashMap<Ticket, oneshot::Sender<Result<Granted>>>,
    /// Why the last opening failed, for the one who is told.
    last_failure: Option<Error>,
}

/// A connection on its way to a waiter. When the waiter has gone, dropping it returns the connection.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) slot: SlotId,
    pub(super) wire: Option<Wire>,
    pub(super) pool: Pool,
}

impl Drop for Granted {
    fn drop(&mut self) {
        if let Some(wire) = self.wire.take() {
            self.pool.give_back(self.slot, wire);
        }
    }
}

/// Whether a connection is wanted for one statement or for several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Statement,
    Unit,
}

/// What the server at the other end turned out to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Product {
    pub(crate) has_returning: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct AcquireOptions {
    pub(crate) site: Site,
    pub(crate) session: Option<Arc<str>>,
    pub(crate) purpose: Purpose,
    /// The connections that the caller is known to hold, so that waiting for one of them is known to be in vain.
    pub(crate) held_by_caller: usize,
    /// The same for the connections that its session may use.
    pub(crate) held_by_session: usize,
    pub(crate) deadline: Option<Instant>,
}

impl AcquireOptions {
    pub(crate) fn new(site: Site, purpose: Purpose) -> Self {
        Self {
            site,
            session: None,
            purpose,
            held_by_caller: 0,
            held_by_session: 0,
            deadline: None,
        }
    }
}

impl Pool {
    /// Starts a pool and its keeper; opens nothing yet.
    pub(crate) fn start(
        endpoint: Endpoint,
        role: Role,
        config: PoolConfig,
        tasks: &TaskGroup,
    ) -> Self {
        let settings = Settings {
            max: config.max_connections as usize,
            min: config.min_connections as usize,
            idle_timeout: config.idle_timeout,
        };
        let (work, receiver) = mpsc::unbounded_channel();
        let inner = Inner {
            state: State::new(settings),
            wires: (0..settings.max).map(|_| None).collect(),
            holders: vec![None; settings.max],
            waiters: HashMap::new(),
            last_failure: None,
        };
        let pool = Self {
            shared: Arc::new(Shared {
                endpoint,
                role,
                config,
                work,
                inner: Mutex::new(inner),
            }),
        };
        tasks.start(
            "pool keeper",
            keeper::run(Arc::downgrade(&pool.shared), receiver),
        );
        pool
    }

    pub(super) fn of(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.shared.endpoint
    }

    /// Whether two handles are the same pool.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Borrows a connection.
    ///
    /// # Cancel safety
    /// Safe: a connection granted meanwhile goes to the next in line.
    pub(crate) async fn acquire(&self, options: AcquireOptions) -> Result<Lease> {
        let started = Instant::now();
        loop {
            let mut steps = Vec::new();
            let acquired = {
                let mut inner = self.lock();
                let acquired = inner.state.acquire(started, &mut steps);
                match acquired {
                    Acquired::Lend { slot, check } => Acquiring::Lend {
                        granted: Granted {
                            slot,
                            wire: inner.wires[slot].take(),
                            pool: self.clone(),
                        },
                        check,
                    },
                    Acquired::Wait { ticket } => {
                        let (sender, receiver) = oneshot::channel();
                        inner.waiters.insert(ticket, sender);
                        Acquiring::Wait { ticket, receiver }
                    }
                    Acquired::Closed => Acquiring::Closed,
                }
            };
            self.carry_out(steps);
            let (granted, check) = match acquired {
                Acquiring::Lend { granted, check } => (granted, check),
                Acquiring::Wait { ticket, receiver } => {
                    (self.wait(ticket, receiver, started, &options).await?, false)
                }
                Acquiring::Closed => return Err(closed()),
            };
            let mut lease = self.lend(granted, &options)?;
            if !check || lease.ping().await {
                return Ok(lease);
            }
            // It broke while it idled; dropping the lease sees to that, and the next one is tried.
        }
    }

    fn lend(&self, mut granted: Granted, options: &AcquireOptions) -> Result<Lease> {
        let slot = granted.slot;
        let Some(wire) = granted.wire.take() else {
            return Err(Error::new(
                ErrorKind::ConnectionLost,
                "the connection is gone",
            ));
        };
        let holder = Holder {
            site: options.site,
            session: options.session.clone(),
            runner: Runner::current(),
            is_unit: options.purpose == Purpose::Unit,
            since: Instant::now(),
        };
        self.lock().holders[slot] = Some(holder);
        Ok(Lease::new(self.clone(), slot, wire))
    }

    /// Takes a connection back, in whatever state it is. Never waits.
    pub(crate) fn give_back(&self, slot: SlotId, wire: Wire) {
        let mut steps = Vec::new();
        {
            let mut inner = self.lock();
            inner.holders[slot] = None;
            let condition = if wire.is_clean() {
                Condition::Clean
            } else {
                Condition::Dirty
            };
            inner.wires[slot] = Some(wire);
            inner
                .state
                .returned(Instant::now(), slot, condition, &mut steps);
        }
        self.carry_out(steps);
    }

    /// Tells the state what happened, and has its steps carried out.
    pub(super) fn report(&self, event: impl FnOnce(&mut State, &mut Vec<Step>)) {
        let mut steps = Vec::new();
        event(&mut self.lock().state, &mut steps);
        self.carry_out(steps);
    }

    /// The same, with a connection that is free now.
    pub(super) fn report_with(
        &self,
        slot: SlotId,
        wire: Wire,
        event: impl FnOnce(&mut State, &mut Vec<Step>),
    ) {
        self.lock().wires[slot] = Some(wire);
        self.report(event);
    }

    pub(super) fn open_failed(&self, slot: SlotId, error: Error) {
        self.lock().last_failure = Some(error);
        self.report(|state, steps| state.open_failed(slot, steps));
    }

    fn carry_out(&self, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Grant { ticket, slot } => {
                    let (sender, wire) = {
                        let mut inner = self.lock();
                        (inner.waiters.remove(&ticket), inner.wires[slot].take())
                    };
                    let granted = Granted {
                        slot,
                        wire,
                        pool: self.clone(),
                    };
                    // A waiter that has gone drops what it is sent, and that returns the connection.
                    match sender {
                        Some(sender) => drop(sender.send(Ok(granted))),
                        None => drop(granted),
                    }
                }
                Step::Fail { ticket } => {
                    let (sender, error) = {
                        let mut inner = self.lock();
                        (inner.waiters.remove(&ticket), inner.last_failure.take())
                    };
                    if let Some(sender) = sender {
                        drop(sender.send(Err(error.unwrap_or_else(closed))));
                    }
                }
                Step::Open { slot } => self.hand_to_keeper(Work::Open { slot }),
                Step::Close { slot } | Step::Clean { slot } => {
                    let wire = self.lock().wires[slot].take();
                    let Some(wire) = wire else { continue };
                    self.hand_to_keeper(match step {
                        Step::Close { .. } => Work::Close { slot, wire },
                        _ => Work::Clean { slot, wire },
                    });
                }
            }
        }
    }

    fn hand_to_keeper(&self, work: Work) {
        // Without a keeper the runtime is shutting down, and the connections end with it.
        let _ = self.shared.work.send(work);
    }

    /// Opens the first connection, so that a wrong address or password shows at once.
    pub(crate) async fn warm_up(&self) -> Result<Product> {
        let mut lease = self
            .acquire(AcquireOptions::new(
                Site::named("connect"),
                Purpose::Statement,
            ))
            .await?;
        let has_returning = lease
            .connection()
            .is_none_or(|connection| connection.has_returning);
        drop(lease);
        let min = self.shared.config.min_connections as usize;
        self.report(|state, steps| state.fill(min, steps));
        Ok(Product { has_returning })
    }

    /// Refuses new callers, waits for what is lent, and closes everything.
    pub(crate) async fn close(&self) {
        self.report(State::close);
        let deadline = Instant::now() + self.shared.config.close_timeout;
        while !self.lock().state.is_drained() && Instant::now() < deadline {
            let (sender, receiver) = oneshot::channel();
            self.hand_to_keeper(Work::Report { sender });
            if tokio::time::timeout_at(deadline.into(), receiver)
                .await
                .is_err()
            {
                break;
            }
        }
        self.hand_to_keeper(Work::Stop);
    }

    pub(crate) fn is_drained(&self) -> bool {
        self.lock().state.is_drained()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing that runs under the lock leaves it half done when it panics.
        self.shared
            .inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

enum Acquiring {
    Lend {
        granted: Granted,
        check: bool,
    },
    Wait {
        ticket: Ticket,
        receiver: oneshot::Receiver<Result<Granted>>,
    },
    Closed,
}

pub(super) fn closed() -> Error {
    Error::new(ErrorKind::PoolClosed, "the database has been closed")
        .attempting(|| "acquire a connection".into())
}

/// Asks whether a connection is still there.
pub(super) fn ping() -> Request {
    Request::control(Command::Ping, "SELECT 1", "ping")
}
