//! Compares what the workers were told with what is there. Asks nobody.
#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use crate::bank::{Account, Entry, INITIAL_BALANCE, Note, Register};
use crate::history::{Call, Fate, Work};

/// What must never happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Harm {
    /// Acknowledged, and not there.
    Lost,
    /// There more often than was told: twice, or although it was said to have failed, so that its caller does it again.
    Doubled,
    /// A transfer of which a part is there.
    Half,
    /// Somebody didn't see what they had written.
    StaleOwn,
    /// Somebody saw something older than before.
    Backwards,
    /// Wharf can't say what became of a commit, although all nodes are well.
    Unresolved,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) harm: Harm,
    pub(crate) evidence: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.harm, self.evidence)
    }
}

/// All that is on one node.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Evidence {
    pub(crate) accounts: Vec<Account>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) registers: Vec<Register>,
    pub(crate) notes: Vec<Note>,
}

/// A time around a failover under asynchronous replication: what was under way then may be lost although it was
/// acknowledged, since the old primary had not sent it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tail {
    pub(crate) from: Instant,
    /// When Wharf knew better than to write to the old primary.
    pub(crate) until: Instant,
}

#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) violations: Vec<Violation>,
    /// How many acknowledged writes are gone with a tail.
    pub(crate) in_tails: u64,
}

/// Compares what all workers were told with what is there now. Without tails nothing that was acknowledged may be gone.
pub(crate) fn check(calls: &[Call], evidence: &Evidence, tails: &[Tail]) -> Checked {
    let mut checked = Checked::default();
    let (transfers, appends) = (count_transfers(evidence), count_appends(evidence));
    for call in calls {
        let found = match call.work {
            Work::Transfer => transfers.get(&call.number).copied().unwrap_or(0),
            Work::Append => appends.get(&call.number).copied().unwrap_or(0),
            Work::Note { id, value } => {
                let note = evidence.notes.iter().find(|note| note.id == id);
                // It is there as long as nothing older is: a note can only rise.
                let is_there = note.is_some_and(|note| note.value >= value);
                u64::from(is_there || call.fate != Fate::Acked)
            }
        };
        checked.judge(call, found, tails);
    }
    checked.look_for_halves(evidence);
    checked
}

fn count_transfers(evidence: &Evidence) -> BTreeMap<i64, u64> {
    let mut counts = BTreeMap::new();
    for entry in &evidence.entries {
        *counts.entry(entry.call).or_default() += 1;
    }
    counts
}

fn count_appends(evidence: &Evidence) -> BTreeMap<i64, u64> {
    let mut counts = BTreeMap::new();
    let lists = evidence.registers.iter().map(|register| &register.list);
    // What is no number counts as nothing, so that its call is lost.
    for number in lists.flat_map(|list| list.split_terminator(',')) {
        if let Ok(number) = number.parse() {
            *counts.entry(number).or_default() += 1;
        }
    }
    counts
}

impl Checked {
    fn judge(&mut self, call: &Call, found: u64, tails: &[Tail]) {
        let is_note = matches!(call.work, Work::Note { .. });
        let is_in_tail = |tail: &Tail| call.ended >= tail.from && call.began <= tail.until;
        let harm = match (call.fate, found) {
            (Fate::Unknown, _) => Harm::Unresolved,
            (Fate::Acked, 0) if tails.iter().any(is_in_tail) => {
                self.in_tails += 1;
                return;
            }
            (Fate::Acked, 0) => Harm::Lost,
            (Fate::Failed, 1) if !is_note => Harm::Doubled,
            (_, 0 | 1) => return,
            _ => Harm::Doubled,
        };
        let Call {
            number, work, fate, ..
        } = call;
        let evidence = format!("call {number} ({work:?}) was {fate:?}, and is there {found} times");
        self.violations.push(Violation { harm, evidence });
    }

    fn look_for_halves(&mut self, evidence: &Evidence) {
        let mut expected: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        for entry in &evidence.entries {
            for (id, change) in [(entry.source, -entry.amount), (entry.target, entry.amount)] {
                let (balance, moves) = expected.entry(id).or_default();
                *balance += change;
                *moves += 1;
            }
        }
        let mut half = |evidence| {
            let harm = Harm::Half;
            self.violations.push(Violation { harm, evidence });
        };
        for account in &evidence.accounts {
            let (change, moves) = expected.remove(&account.id).unwrap_or_default();
            let balance = INITIAL_BALANCE + change;
            if (account.balance, account.moves) != (balance, moves) {
                half(format!(
                    "account {} has {} after {} transfers, and the ledger says {balance} after {moves}",
                    account.id, account.balance, account.moves
                ));
            }
        }
        for id in expected.keys() {
            half(format!("the ledger knows an account {id} that isn't there"));
        }
    }
}

#[cfg(test)]
mod tests;
