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
use crate::topology::{CausalToken, NodeId, Reign};

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
    /// As what it was the primary then: that is never behind the others.
    pub(crate) reign: Option<Reign>,
}

/// What a read has to go by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) token: Option<CausalToken>,
    /// Whether the token's position can be compared with those of the nodes. Else nobody can tell who is that far.
    pub(crate) is_comparable: bool,
    pub(crate) owed: Owed,
}

impl Bounds {
    /// Everything may be read.
    pub(crate) const NONE: Self = Self {
        token: None,
        is_comparable: true,
        owed: Owed::Nothing,
    };
}

/// The nodes that were seen at positions that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owed {
    Nothing,
    To(NodeId),
    /// Nobody knows which of them was further: the primary is.
    ToSeveral,
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
        merge(&mut self.account().token, token)
    }

    /// The same account, kept apart from now on.
    pub(crate) fn copy(&self) -> Self {
        Self {
            account: Mutex::new(self.account().clone()),
        }
    }

    /// What is known to be behind.
    #[cfg(test)]
    pub(super) fn token(&self) -> Option<CausalToken> {
        self.account().token.clone()
    }

    /// What a read has to go by, once what can be settled has been.
    ///
    /// `check` says whether a token can be compared with what the nodes say, or that what it stands for is gone: then it
    /// is forgotten, since somebody is told. `settle` says the position that a node was at after a debt was made, or
    /// who has to answer for it now that the node is gone.
    ///
    /// # Errors
    /// What `check` says.
    pub(crate) fn bounds(
        &self,
        check: impl Fn(&CausalToken) -> Result<bool>,
        settle: impl Fn(&Debt) -> Settlement,
    ) -> Result<Bounds> {
        let mut account = self.account();
        // First: what is settled now would cover what was lost before.
        let before = account.check(&check)?;
        let is_comparable = match account.settle(&check, settle)? {
            true => account.check(&check)?,
            false => before,
        };
        Ok(Bounds {
            token: account.token.clone(),
            is_comparable,
            owed: match account.debts[..] {
                [] => Owed::Nothing,
                [debt] => Owed::To(debt.node),
                [_, ..] => Owed::ToSeveral,
            },
        })
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        // Nothing that runs under it panics; and what is known to be behind stays known.
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
    fn check(&mut self, check: impl Fn(&CausalToken) -> Result<bool>) -> Result<bool> {
        match self.token.as_ref().map(check) {
            Some(Err(gone)) => {
                self.token = None;
                Err(gone)
            }
            Some(Ok(is_comparable)) => Ok(is_comparable),
            None => Ok(true),
        }
    }

    /// Whether the token has changed.
    ///
    /// # Errors
    /// When what a debt turned out to be is gone. All that can be settled is, and the debt in question is forgotten.
    fn settle(
        &mut self,
        check: impl Fn(&CausalToken) -> Result<bool>,
        settle: impl Fn(&Debt) -> Settlement,
    ) -> Result<bool> {
        let Self { token: own, debts } = self;
        let (mut moved, mut is_changed, mut gone) = (Vec::new(), false, None);
        debts.retain(|debt| match settle(debt) {
            Settlement::Open => true,
            Settlement::Moved(debt) => {
                moved.push(debt);
                false
            }
            Settlement::At(token) => {
                // By itself: a token of a later timeline would cover it.
                match check(&token).and_then(|_| merge(own, &token)) {
                    Ok(()) => is_changed = true,
                    Err(error) => gone = Some(error),
                }
                false
            }
        });
        moved.into_iter().for_each(|debt| self.owe(debt));
        gone.map_or(Ok(is_changed), Err)
    }

    fn owe(&mut self, debt: Debt) {
        if debt.reign.is_some() {
            // The primary has all that the replicas had shown.
            self.debts.retain(|other| other.reign.is_some());
        }
        // What a replica showed, the primary has as well.
        let covers = |other: &&mut Debt| match (other.reign, debt.reign) {
            (Some(_), None) => true,
            (own, new) => other.node == debt.node && own == new,
        };
        match self.debts.iter_mut().find(covers) {
            Some(other) => other.until = other.until.max(debt.until),
            None => self.debts.push(debt),
        }
    }
}

/// Makes a token cover another one, too.
fn merge(own: &mut Option<CausalToken>, token: &CausalToken) -> Result<()> {
    *own = Some(match own {
        Some(own) => own.merge(token)?,
        None => token.clone(),
    });
    Ok(())
}

#[cfg(test)]
mod tests;
