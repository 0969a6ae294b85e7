//! Which connections the code that runs now is known to hold.
//!
//! Noted around every poll of a unit's body, so that a wait for one's own connection can be told at once. It is only
//! ever read to explain why a wait is in vain: what a call runs on is decided by the handle that it is given.

use std::cell::RefCell;
use std::future::Future;

use crate::pool::{AcquireOptions, Pool, Purpose, Site};
use crate::session::Session;

thread_local! {
    static HELD: RefCell<Vec<Held>> = const { RefCell::new(Vec::new()) };
}

/// A connection that is held by the body being polled.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) pool: Pool,
    pub(crate) session: Option<std::sync::Arc<str>>,
}

impl Held {
    /// How many connections of a pool the running code holds.
    pub(crate) fn of_pool(pool: &Pool) -> usize {
        HELD.with_borrow(|held| held.iter().filter(|held| held.pool.is(pool)).count())
    }

    /// How many connections of a session the running code holds.
    pub(crate) fn of_session(session: &std::sync::Arc<str>) -> usize {
        let is_its = |held: &&Self| {
            let held = held.session.as_ref();
            held.is_some_and(|held| std::sync::Arc::ptr_eq(held, session))
        };
        HELD.with_borrow(|held| held.iter().filter(is_its).count())
    }
}

/// How a call asks for a connection: so that waiting for what it holds itself is told at once.
pub(crate) fn asking(site: Site, purpose: Purpose, session: Option<&Session>) -> AcquireOptions {
    let options = match session {
        Some(session) => session.acquire_options(site, purpose),
        None => AcquireOptions::new(site, purpose),
    };
    AcquireOptions {
        held: Held::of_pool,
        held_by_session: session.map_or(0, |session| Held::of_session(&session.shared_name())),
        ..options
    }
}

/// Polls a body with its connection noted.
pub(crate) async fn scoped<F: Future>(held: Option<Held>, body: F) -> F::Output {
    let mut body = std::pin::pin!(body);
    std::future::poll_fn(move |cx| {
        let _noted = held.clone().map(Noted::new);
        body.as_mut().poll(cx)
    })
    .await
}

/// Takes the note away however the poll ends.
struct Noted;

impl Noted {
    fn new(held: Held) -> Self {
        HELD.with_borrow_mut(|all| all.push(held));
        Self
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        HELD.with_borrow_mut(Vec::pop);
    }
}

/// An async closure over a unit of work whose future is `Send`; what [`Database::transaction`](crate::Database::transaction) takes.
///
/// Implemented for every such closure. It exists because a bound on `AsyncFnOnce` can't say that the future is `Send`.
pub trait AsyncUnit<U, R>:
    AsyncFnOnce(U) -> R + FnOnce(U) -> <Self as AsyncUnit<U, R>>::Future
{
    /// The body's future.
    type Future: Future<Output = R>;
}

impl<F, U, Fut, R> AsyncUnit<U, R> for F
where
    F: AsyncFnOnce(U) -> R + FnOnce(U) -> Fut,
    Fut: Future<Output = R>,
{
    type Future = Fut;
}
