//! What a session has used. Charges before, refunds what was never sent.
#![deny(clippy::disallowed_methods)]

use super::limits::Limits;
use crate::error::{Error, LimitExceeded, Result};

/// What a session has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[non_exhaustive]
pub struct Usage {
    /// Connections in use now.
    pub connections: u32,
    /// Statements run.
    pub operations: u64,
    /// Units of work begun.
    pub transactions: u64,
    /// Calls refused, or cut short, because of a limit.
    pub refused: u64,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    usage: Usage,
}

impl Ledger {
    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    pub(super) fn charge_operation(&mut self, limits: &Limits, session: &str) -> Result<()> {
        if let Some(allowed) = limits.max_operations
            && self.usage.operations >= allowed
        {
            return Err(self.refuse(Error::limit(LimitExceeded {
                limit: "max_operations",
                scope: format!("session {session}"),
                used: self.usage.operations,
                allowed,
                retry_after: None,
                hint: "ask for more at once (find_many, a page, an aggregate) or open another session",
            })));
        }
        self.usage.operations += 1;
        Ok(())
    }

    pub(super) fn refund_operation(&mut self) {
        self.usage.operations = self.usage.operations.saturating_sub(1);
    }

    pub(super) fn count_transaction(&mut self) {
        self.usage.transactions += 1;
    }

    /// Counts a refusal, if it is one by a limit.
    pub(super) fn refuse(&mut self, error: Error) -> Error {
        if error.limit_exceeded().is_some() {
            self.usage.refused += 1;
        }
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn the_last_allowed_operation_runs_and_the_next_is_refused() {
        let (mut ledger, limits) = (Ledger::default(), Limits::new().max_operations(2));
        assert!(ledger.charge_operation(&limits, "a").is_ok());
        assert!(ledger.charge_operation(&limits, "a").is_ok());
        let error = ledger
            .charge_operation(&limits, "a")
            .expect_err("two are allowed");
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        let limit = error.limit_exceeded().expect("it says which");
        assert_eq!(
            (limit.limit, limit.used, limit.allowed),
            ("max_operations", 2, 2)
        );
        assert_eq!(
            ledger.usage(),
            Usage {
                operations: 2,
                refused: 1,
                ..Usage::default()
            }
        );
    }

    #[test]
    fn what_was_never_sent_is_given_back() {
        let (mut ledger, limits) = (Ledger::default(), Limits::new().max_operations(1));
        assert!(ledger.charge_operation(&limits, "a").is_ok());
        ledger.refund_operation();
        assert!(ledger.charge_operation(&limits, "a").is_ok());
    }
}
