//! What somebody must not read behind: what they wrote, and what they have read before.
//!
//! Two things say it. A *token* is a position: any node that has reached it will do. A *debt* is a node whose state was
//! seen at a time whose position nobody asked for, since that would have cost a round trip: the primary, after a write on its
//! own, or any node, after a read. A debt is settled by the first position that the node's monitor takes after that time,
//! which is at or past all that was seen; until then the same node will do, and so will the primary, which is never
//! behind its replicas.
//!
//! Keeps account and asks nobody.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::error::Result;
use crate::mechanism::Mechanism;
use crate::topology::{CausalToken, NodeId};

/// What a session, or everybody without one, must not read behind.
#[derive(Debug, Default)]
pub(crate) struct Causality {
    /// Guards the account, for moments.
    account: Mutex<Account>,
}

#[derive(Debug, Clone, Default)]
struct Account {
    token: Option<CausalToken>,
    debts: Vec<Debt>,
}

/// A node was seen at a time, and its position then isn't known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Debt {
    pub(crate) node: NodeId,
    /// When the last look at it ended.
    pub(crate) until: Instant,
    /// Whether it was the primary then: that is never behind the others.
    pub(crate) was_primary: bool,
}

/// What a read has to go by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) token: Option<CausalToken>,
    pub(crate) debts: Vec<Debt>,
}

impl Causality {
    /// A node was seen: written on, or read from.
    pub(crate) fn saw(&self, debt: Debt) {
        if Mechanism::Token.is_on() {
            self.account().owe(debt);
        }
    }

    /// A commit told its position, which covers all that the node had shown before it.
    ///
    /// # Errors
    /// When the token is another cluster's.
    pub(crate) fn reached(&self, token: &CausalToken) -> Result<()> {
        if !Mechanism::Token.is_on() {
            return Ok(());
        }
        let mut account = self.account();
        account.token = Some(match account.token.take() {
            Some(own) => match own.merge(token) {
                Ok(merged) => merged,
                Err(error) => {
                    account.token = Some(own);
                    return Err(error);
                }
            },
            None => token.clone(),
        });
        Ok(())
    }

    /// The same account, kept apart from now on.
    pub(crate) fn copy(&self) -> Self {
        Self {
            account: Mutex::new(self.account().clone()),
        }
    }

    /// What is known to be behind.
    pub(crate) fn token(&self) -> Option<CausalToken> {
        self.account().token.clone()
    }

    /// What a read has to go by, once what can be settled has been: `settle` says the position that a node was at after
    /// the debt was made, or who has to answer for it now that the node is gone.
    pub(crate) fn bounds(&self, mut settle: impl FnMut(&Debt) -> Settlement) -> Bounds {
        let mut account = self.account();
        for debt in std::mem::take(&mut account.debts) {
            match settle(&debt) {
                Settlement::Open => account.debts.push(debt),
                Settlement::Moved(debt) => account.owe(debt),
                Settlement::At(token) => {
                    let merged = match account.token.take() {
                        // Tokens of one cluster merge; another cluster's never got in here.
                        Some(own) => own.merge(&token).unwrap_or(own),
                        None => token,
                    };
                    account.token = Some(merged);
                }
            }
        }
        Bounds {
            token: account.token.clone(),
            debts: account.debts.clone(),
        }
    }

    /// What a token stood for is gone, and somebody has been told.
    pub(crate) fn forget(&self, token: &CausalToken) {
        let mut account = self.account();
        if account.token.as_ref() == Some(token) {
            account.token = None;
        }
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        // Every change is one assignment.
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What becomes of a debt.
#[derive(Debug)]
pub(crate) enum Settlement {
    /// Nobody has looked at the node since.
    Open,
    /// The node was at this position after that.
    At(CausalToken),
    /// The node is gone, or no longer what it was: another one has all that is left of what it had.
    Moved(Debt),
}

impl Account {
    fn owe(&mut self, debt: Debt) {
        if debt.was_primary {
            // The primary has all that the replicas had shown.
            self.debts.retain(|other| other.was_primary);
        }
        // What a replica showed, the primary has as well.
        let covers =
            |other: &&mut Debt| other.node == debt.node || (other.was_primary && !debt.was_primary);
        match self.debts.iter_mut().find(covers) {
            Some(other) => {
                other.until = other.until.max(debt.until);
                other.was_primary |= debt.was_primary;
            }
            None => self.debts.push(debt),
        }
    }
}

#[cfg(test)]
mod tests;
