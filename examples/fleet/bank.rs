//! The bank: its tables, and what can be done with them.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use wharf::prelude::*;

pub(crate) const INITIAL_BALANCE: i64 = 1000;

#[derive(Entity, Debug, Clone)]
#[entity(table = "fleet_accounts")]
pub(crate) struct Account {
    #[id]
    pub(crate) id: i64,
    pub(crate) owner: String,
    pub(crate) balance: i64,
    #[version]
    pub(crate) version: i64,
}

/// One row for every transfer.
#[derive(Entity, Debug, Clone)]
#[entity(table = "fleet_ledger")]
pub(crate) struct Entry {
    #[id(generated)]
    pub(crate) id: i64,
    pub(crate) source: i64,
    pub(crate) target: i64,
    pub(crate) amount: i64,
}

/// One row for every transfer that the audit accepted.
#[derive(Entity, Debug, Clone)]
#[entity(table = "fleet_audit")]
pub(crate) struct Audit {
    #[id(generated)]
    pub(crate) id: i64,
    pub(crate) entry: i64,
    pub(crate) remark: String,
}

#[repository(Account)]
pub(crate) struct Accounts;

#[repository(Entry)]
pub(crate) struct Ledger;

#[repository(Audit)]
pub(crate) struct Audits;

#[repository]
impl Accounts {
    // A sum has another type than its numbers on PostgreSQL and MariaDB, and each engine has its own word for a 64-bit one.
    #[query(
        "SELECT CAST(coalesce(sum(balance), 0) AS BIGINT) FROM fleet_accounts",
        mysql = "SELECT CAST(coalesce(sum(balance), 0) AS SIGNED) FROM fleet_accounts"
    )]
    pub(crate) async fn money(db: &impl Executor) -> Result<i64>;

    pub(crate) async fn count_by_balance_lt(db: &impl Executor, limit: i64) -> Result<u64>;
}

#[repository]
impl Audits {
    /// How many belong to no transfer, or to one whose audit refused.
    #[query(
        "SELECT count(*) FROM fleet_audit LEFT JOIN fleet_ledger ON fleet_ledger.id = fleet_audit.entry
         WHERE fleet_ledger.id IS NULL OR fleet_ledger.amount % 10 = 0"
    )]
    pub(crate) async fn count_astray(db: &impl Executor) -> Result<i64>;
}

#[derive(Debug)]
pub(crate) enum BankError {
    Insufficient,
    RefusedByAudit,
    /// A report saw another sum than there is.
    WrongSum {
        found: i64,
    },
    Database(Error),
}

impl From<Error> for BankError {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl fmt::Display for BankError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insufficient => f.write_str("insufficient funds"),
            Self::RefusedByAudit => f.write_str("refused by the audit"),
            Self::WrongSum { found } => write!(f, "a report saw a sum of {found}"),
            Self::Database(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BankError {}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    pub(crate) source: i64,
    pub(crate) target: i64,
    pub(crate) amount: i64,
}

/// What became of a transfer's audit.
#[derive(Debug)]
pub(crate) enum Audited {
    Kept,
    Undone(BankError),
}

#[derive(Debug)]
pub(crate) struct Bank {
    pub(crate) accounts: u64,
    /// Runs of a transfer's body that were undone, since somebody else had changed an account.
    pub(crate) overtaken: AtomicU64,
    /// Runs of a transfer's body that were undone, since their connection broke.
    pub(crate) broken: AtomicU64,
}

impl Bank {
    pub(crate) fn new(accounts: u64) -> Self {
        Self {
            accounts,
            overtaken: AtomicU64::new(0),
            broken: AtomicU64::new(0),
        }
    }

    pub(crate) fn money(&self) -> i64 {
        self.accounts as i64 * INITIAL_BALANCE
    }

    /// Moves money. At the engine's own isolation level: the version makes a lost update impossible, since whoever comes
    /// second finds its copy stale and runs again. Both rows are written in the order of their ids, so that two transfers
    /// between the same accounts wait for each other and don't deadlock.
    #[transactional(retry = 20)]
    pub(crate) async fn transfer(
        &self,
        uow: &UnitOfWork,
        order: Order,
    ) -> Result<Audited, BankError> {
        let moved = self.move_money(uow, order).await;
        if let Err(BankError::Database(error)) = &moved {
            match error.kind() {
                ErrorKind::ConnectionLost => self.broken.fetch_add(1, Ordering::Relaxed),
                _ if error.is_retryable() => self.overtaken.fetch_add(1, Ordering::Relaxed),
                _ => 0,
            };
        }
        moved
    }

    async fn move_money(&self, uow: &UnitOfWork, order: Order) -> Result<Audited, BankError> {
        let ids = [
            order.source.min(order.target),
            order.source.max(order.target),
        ];
        let mut accounts = Accounts::find_many(uow, &ids).await?;
        for account in &mut accounts {
            account.balance += if account.id == order.source {
                -order.amount
            } else {
                order.amount
            };
            if account.balance < 0 {
                return Err(BankError::Insufficient);
            }
        }
        Accounts::update_many(uow, &accounts).await?;
        let Order {
            source,
            target,
            amount,
        } = order;
        let entry = Ledger::insert(
            uow,
            &Entry {
                id: 0,
                source,
                target,
                amount,
            },
        )
        .await?;
        // A part of its own: when it fails, it is undone alone.
        match self.audit(uow, &entry).await {
            Ok(()) => Ok(Audited::Kept),
            // But without a connection there is nothing left to commit.
            Err(BankError::Database(error)) if error.kind() == ErrorKind::ConnectionLost => {
                Err(error.into())
            }
            Err(problem) => Ok(Audited::Undone(problem)),
        }
    }

    /// Leaves a remark, and then refuses every tenth amount.
    #[transactional]
    async fn audit(&self, uow: &UnitOfWork, entry: &Entry) -> Result<(), BankError> {
        let remark = format!("{} from {} to {}", entry.amount, entry.source, entry.target);
        Audits::insert(
            uow,
            &Audit {
                id: 0,
                entry: entry.id,
                remark,
            },
        )
        .await?;
        if entry.amount % 10 == 0 {
            Err(BankError::RefusedByAudit)
        } else {
            Ok(())
        }
    }

    /// Adds everything up, while money moves. What it sees is never half of a transfer.
    #[transactional(read_only)]
    pub(crate) async fn report(&self, uow: &UnitOfWork<ReadOnly>) -> Result<u64, BankError> {
        let found = Accounts::money(uow).await?;
        if found != self.money() {
            return Err(BankError::WrongSum { found });
        }
        Ok(Accounts::count(uow).await?)
    }
}
