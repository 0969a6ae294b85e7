//! Making a connection as good as new. Nothing is guessed: unless it is known to be clean, it is closed.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;

use super::config::Hook;
use super::refusal::CloseReason;
use super::shared::Pool;
use super::state::SlotId;
use crate::driver::{Command, RawConnection, Request, Wire, stop};
use crate::error::{Error, ErrorKind, Result};

/// How long an abandoned statement may go on by itself before it is stopped.
pub(super) const CANCEL_AFTER: Duration = Duration::from_millis(20);
/// How long a quarantine may take; then the connection is closed.
const QUARANTINE_LIMIT: Duration = Duration::from_secs(5);
/// How long a commit that nobody waits for any more may take. It is never cancelled: it decides for itself.
pub(super) const COMMIT_LIMIT: Duration = Duration::from_secs(60);

/// Makes a connection as good as new, or closes it; with an `end`, closes it in any case, when nothing runs on it any more.
pub(super) async fn clean(pool: Pool, slot: SlotId, end: Option<CloseReason>) {
    let shared = pool.shared();
    let Some(mut loan) = shared.core.slot(slot).loan.take() else {
        return;
    };
    let wire = &mut loan.wire;
    let was_clean = wire.is_clean();
    let limit = match wire.in_flight() {
        // Closing would lose the database.
        _ if shared.endpoint.is_in_memory() => Duration::MAX,
        // Whoever gave it up asks elsewhere what became of it.
        Some(Command::Commit) if end == Some(CloseReason::NotCleanable) => Duration::ZERO,
        Some(command) if command.decides() => COMMIT_LIMIT,
        _ => QUARANTINE_LIMIT,
    };
    let cleaning = tokio::time::timeout(limit, async {
        stop(wire, CANCEL_AFTER, |stop| {
            shared.ask_to_stop(stop, Duration::ZERO)
        })
        .await;
        match end {
            Some(end) => Err(end),
            None => pool.make_clean(wire).await,
        }
    });
    let cleaned = match shared.unless_severed(cleaning).await {
        _ if wire.is_severed() => Err(CloseReason::Severed),
        Some(Ok(cleaned)) => cleaned,
        _ => Err(CloseReason::NotCleanable),
    };
    {
        let mut own = shared.core.slot(slot);
        own.loan = Some(loan);
        own.totals.cleaned += u64::from(cleaned.is_ok() && !was_clean);
    }
    match cleaned {
        Ok(()) => shared.hand_over(slot),
        Err(reason) => shared.retire(slot, reason),
    }
}

impl Pool {
    async fn make_clean(&self, wire: &mut Wire) -> Result<(), CloseReason> {
        let shared = self.shared();
        let config = &shared.config;
        let Some(connection) = wire.connection() else {
            return Err(CloseReason::NotCleanable);
        };
        if !connection.is_clean() {
            let keeps_settings = connection.is_known();
            if !connection.reset(shared.endpoint.is_in_memory()).await {
                return Err(CloseReason::NotCleanable);
            }
            // What the program set when it was opened is gone with everything else.
            if let Some(hook) = config
                .hooks
                .after_connect
                .as_ref()
                .filter(|_| !keeps_settings)
            {
                let looked = look(wire, hook).await.map(|()| true);
                self.unless_refused(wire, looked).await?;
            }
        }
        if config.check_on_release {
            let is_there = wire.exchange(ping()).await.is_ok();
            shared.learn(is_there);
            if !is_there {
                return Err(CloseReason::ValidationFailed);
            }
        }
        if let Some(hook) = &config.hooks.after_release {
            let looked = look(wire, hook).await;
            self.unless_refused(wire, looked).await?;
        }
        Ok(())
    }

    /// What the program's hook doesn't want is closed. Not so a database in memory, which would be lost.
    async fn unless_refused(
        &self,
        wire: &mut Wire,
        looked: Result<bool>,
    ) -> Result<(), CloseReason> {
        if let Ok(true) = looked {
            return Ok(());
        }
        if self.shared().endpoint.is_in_memory()
            && let Some(connection) = wire.connection()
            && connection.reset(true).await
        {
            return Ok(());
        }
        Err(CloseReason::HookRefused)
    }
}

/// Lets the program look at a connection. What it leaves behind is as clean as it says; dropped or failed half-way, nothing
/// is known of it.
pub(super) async fn look<T>(wire: &mut Wire, hook: &Hook<T>) -> Result<T> {
    let gone = || Error::new(ErrorKind::ConnectionLost, "the connection is gone");
    let connection = wire.connection().ok_or_else(gone)?;
    connection.forget();
    // A bug of the program's must not end the keeper, which everybody needs. Nothing is known of the connection then.
    let looking = async { hook(&mut RawConnection::new(connection)).await };
    let answer = AssertUnwindSafe(looking).catch_unwind().await;
    let answer = answer.unwrap_or_else(|_| Err("it panicked".into()));
    let answer = answer.map_err(|problem| {
        Error::new(
            ErrorKind::Connect,
            format!("the program's hook failed: {problem}"),
        )
        .with_source(problem)
    })?;
    connection.vouch();
    Ok(answer)
}

/// Asks whether a connection is still there.
pub(super) fn ping() -> Request {
    Request::control(Command::Ping, "SELECT 1", "ping")
}
