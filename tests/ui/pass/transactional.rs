//! Bodies that move, change, borrow and return early.

#![allow(
    unused_qualifications,
    unreachable_pub,
    missing_docs,
    reason = "forms are tried here, not style"
)]

use std::fmt::Display;

use wharf::prelude::*;

#[derive(Debug)]
enum BankError {
    Insufficient,
    #[allow(dead_code, reason = "only told")]
    Wharf(Error),
}

impl From<Error> for BankError {
    fn from(error: Error) -> Self {
        Self::Wharf(error)
    }
}

#[derive(Entity, Debug, Clone)]
struct Account {
    #[id]
    id: i64,
    balance: i64,
}

#[repository(Account)]
struct Accounts;

struct Bank {
    fee: i64,
}

impl Bank {
    #[transactional(isolation = Serializable, retry = 5, timeout = "2s")]
    async fn transfer(
        &self,
        uow: &UnitOfWork,
        from: i64,
        to: i64,
        amount: i64,
    ) -> Result<(), BankError> {
        let mut source = Accounts::get(uow, from).await?;
        let mut target = Accounts::get(uow, to).await?;
        source.balance -= amount + self.fee;
        if source.balance < 0 {
            return Err(BankError::Insufficient);
        }
        target.balance += amount;
        Accounts::update_many(uow, &[source, target]).await?;
        self.audit(uow, from).await.ok();
        Ok(())
    }

    #[transactional(propagation = requires_new)]
    async fn audit(&self, uow: &UnitOfWork, mut id: i64) -> Result<(), BankError> {
        id += 1;
        Accounts::delete(uow, id).await?;
        Ok(())
    }

    /// Moves a value that each run needs, and changes it.
    #[transactional(retry = 2)]
    async fn moves(uow: &UnitOfWork, mut note: String, ids: Vec<i64>) -> Result<usize, BankError> {
        note.push('!');
        for id in ids {
            Accounts::find(uow, id).await?;
        }
        Ok(note.into_bytes().len())
    }

    /// Changes what somebody else owns.
    #[transactional(retry = 2)]
    async fn counts(&self, uow: &UnitOfWork, seen: &mut Vec<i64>) -> Result<usize, BankError> {
        seen.push(Accounts::get(uow, 1).await?.balance);
        Ok(seen.len())
    }

    /// Is generic, and returns a borrow.
    #[transactional(read_only)]
    async fn borrows<'a, T>(
        &'a self,
        uow: &'a UnitOfWork<ReadOnly>,
        name: &'a T,
    ) -> Result<&'a str, BankError>
    where
        T: AsRef<str> + Display + Sync + ?Sized,
    {
        let found = name.as_ref();
        if Accounts::exists(uow, self.fee).await? {
            return Ok("nobody");
        }
        Ok(found)
    }

    /// Takes patterns and `impl Trait`, and gives its loop a value.
    #[transactional]
    pub(crate) async fn shapes(
        self,
        uow: &wharf::UnitOfWork<ReadWrite>,
        (low, high): (i64, i64),
        name: impl Into<String> + Send,
    ) -> Result<Option<String>> {
        let name = name.into();
        let found = loop {
            if Accounts::exists(uow, low).await? {
                break Some(name);
            }
            if low < high {
                break None;
            }
        };
        Ok(found)
    }
}

/// A free function, whose names are those that the expansion uses.
#[transactional(retry = 1)]
async fn names(unit: &UnitOfWork, runner: i64, result: i64) -> Result<i64> {
    Accounts::delete(unit, runner).await?;
    Ok(runner + result)
}

fn is_send<T: Send>(value: T) -> T {
    value
}

async fn calls(
    bank: Bank,
    db: &Database,
    session: &Session,
    uow: &UnitOfWork,
) -> Result<(), BankError> {
    is_send(bank.transfer(db, 1, 2, 3)).await?;
    is_send(bank.transfer(session, 1, 2, 3)).await?;
    is_send(bank.transfer(uow, 1, 2, 3)).await?;
    is_send(Bank::moves(uow, String::new(), vec![1])).await?;
    is_send(bank.counts(db, &mut Vec::new())).await?;
    is_send(bank.borrows(db, "ada")).await?;
    is_send(bank.shapes(db, (1, 2), "ada")).await?;
    is_send(names(db, 1, 2)).await?;
    Ok(())
}

pub fn main() {
    let _ = calls;
}
