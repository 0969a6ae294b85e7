//! Who asks for a connection, as the pool knows it: one flow in the line, with partitions and a seat in every pool.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use super::flow::FlowId;
use super::partition::{PartitionKey, PartitionKind, Seat};
use super::priority::Priority;
use super::shared::{Pool, Shared};
use super::waiter::CallerId;
use crate::error::{Error, ErrorKind, Result};

/// Who asks for a connection: a session. Everybody without one is the same caller to the pool.
pub(crate) struct Caller {
    pub(crate) name: Arc<str>,
    pub(crate) priority: Priority,
    keys: Vec<PartitionKey>,
    /// Tells it from all other callers; as a flow it is this number, unless it shares one.
    id: CallerId,
    /// Why nothing is allowed any more.
    killed: OnceLock<String>,
    /// Guards where it sits. Nobody else's word, and there are as many seats as pools.
    seats: Mutex<Vec<(Weak<Shared>, Arc<Seat>)>>,
}

impl Caller {
    pub(crate) fn new(name: Arc<str>, priority: Priority, mut keys: Vec<PartitionKey>) -> Self {
        static BEFORE: AtomicU64 = AtomicU64::new(0);
        keys.push(PartitionKey::new(PartitionKind::Session, name.clone()));
        Self {
            name,
            priority,
            keys,
            id: CallerId::MIN.saturating_add(BEFORE.fetch_add(1, Ordering::Relaxed)),
            killed: OnceLock::new(),
            seats: Mutex::default(),
        }
    }

    /// From now on it gets nothing.
    pub(crate) fn end(&self, reason: &str) {
        // Killed twice, the first reason stays.
        let _ = self.killed.set(reason.to_owned());
    }

    /// Whether it hasn't been killed.
    pub(crate) fn check(&self) -> Result<()> {
        let Some(reason) = self.killed.get() else {
            return Ok(());
        };
        let message = format!("session {} was killed: {reason}", self.name);
        Err(Error::new(ErrorKind::Cancelled, message))
    }

    pub(super) fn id(&self) -> CallerId {
        self.id
    }

    /// Its seat in a pool, which is made when it first asks.
    pub(super) fn seat(&self, pool: &Pool) -> Arc<Seat> {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        let found = seats.iter().find(|(shared, _)| pool.is_of(shared));
        if let Some((_, seat)) = found {
            return seat.clone();
        }
        seats.retain(|(shared, _)| shared.strong_count() > 0);
        let seat = Arc::new(pool.make_seat(self.flow(pool), &self.keys));
        seats.push((pool.downgrade(), seat.clone()));
        seat
    }

    /// One party in the line: itself, or its partition of the kind that the pool is fair by.
    fn flow(&self, pool: &Pool) -> FlowId {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let kind = pool.config().fair_by;
        let shared = self
            .keys
            .iter()
            .find(|key| key.kind() == kind && kind != PartitionKind::Session);
        shared.map_or(self.id.get(), |key| {
            let mut hasher = DefaultHasher::new();
            key.hash(&mut hasher);
            // The upper half, apart from the numbers of sessions.
            hasher.finish() | 1 << 63
        })
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("name", &self.name)
            .field("priority", &self.priority)
            .finish_non_exhaustive()
    }
}
