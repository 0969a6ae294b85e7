//! Units of work: all or nothing, parts that are undone alone, retries, savepoints, hooks, and read-only ones.
//!
//! `cargo run --example transactions`

use std::sync::atomic::{AtomicU32, Ordering};

use wharf::prelude::*;

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "accounts")]
struct Account {
    #[id]
    id: i64,
    balance: i64,
    #[version]
    version: i64,
}

#[derive(Entity, Debug)]
#[entity(table = "audits")]
struct Audit {
    #[id(generated)]
    id: i64,
    text: String,
}

#[repository(Account)]
struct Accounts;

#[repository(Audit)]
struct Audits;

#[derive(Debug)]
enum BankError {
    Insufficient,
    TooLargeToAudit,
    Database(#[expect(dead_code, reason = "shown by `Debug`")] Error),
}

impl From<Error> for BankError {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

type Result<T, E = BankError> = wharf::Result<T, E>;

struct Bank {
    fee: i64,
    tries: AtomicU32,
}

impl Bank {
    #[transactional(isolation = Serializable, timeout = "2s")]
    async fn transfer(&self, uow: &UnitOfWork, from: i64, to: i64, amount: i64) -> Result<()> {
        let mut source = Accounts::get(uow, from).await?;
        let mut target = Accounts::get(uow, to).await?;
        source.balance -= amount + self.fee;
        if source.balance < 0 {
            return Err(BankError::Insufficient); // any Err rolls back
        }
        target.balance += amount;
        Accounts::update_many(uow, &[source, target]).await?;
        // A nested unit of work: its failure is undone alone.
        self.audit(uow, from, to, amount).await.ok();
        uow.on_commit(move || println!("moved {amount} from {from} to {to}"));
        Ok(())
    }

    #[transactional]
    async fn audit(&self, uow: &UnitOfWork, from: i64, to: i64, amount: i64) -> Result<()> {
        let text = format!("{amount} from {from} to {to}");
        Audits::insert(uow, &Audit { id: 0, text }).await?;
        (amount <= 50)
            .then_some(())
            .ok_or(BankError::TooLargeToAudit)
    }

    /// Its first try writes an old copy, as if somebody else had been faster.
    #[transactional(retry = 3)]
    async fn double(&self, uow: &UnitOfWork, old: &Account) -> Result<Account> {
        let is_first = self.tries.fetch_add(1, Ordering::Relaxed) == 0;
        let mut account = if is_first {
            old.clone()
        } else {
            Accounts::get(uow, old.id).await?
        };
        account.balance *= 2;
        Ok(Accounts::update(uow, &account).await?)
    }

    /// `Accounts::delete(uow, 1)` would not compile here: this unit of work only reads.
    #[transactional(read_only)]
    async fn report(&self, uow: &UnitOfWork<ReadOnly>) -> Result<(i64, u64)> {
        let accounts = Accounts::all(uow).await?;
        let money = accounts.iter().map(|account| account.balance).sum();
        Ok((money, Audits::count(uow).await?))
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let db = Database::connect("sqlite::memory:").await?;
    db.create_table::<Account>().await?;
    db.create_table::<Audit>().await?;
    let account = |id, balance| Account {
        id,
        balance,
        version: 1,
    };
    let old = Accounts::insert_many(&db, &[account(1, 100), account(2, 0)]).await?;

    let bank = Bank {
        fee: 1,
        tries: AtomicU32::new(0),
    };
    bank.transfer(&db, 1, 2, 10).await?;
    bank.transfer(&db, 1, 2, 60).await?;
    let refused = bank
        .transfer(&db, 1, 2, 500)
        .await
        .expect_err("there isn't that much");
    println!("refused: {refused:?}");
    let (money, audits) = bank.report(&db).await?;
    println!("{money} is left after two fees; {audits} of two transfers has its audit");
    assert_eq!((money, audits), (98, 1));

    let doubled = bank.double(&db, &old[0]).await?;
    println!(
        "{} tries to double account 1 to {}",
        bank.tries.load(Ordering::Relaxed),
        doubled.balance
    );

    // By hand, with a savepoint: a statement that fails dooms the unit, until it goes back.
    let uow = db.begin().await?;
    uow.on_rollback(|| println!("nobody reads this: the unit is committed"));
    Accounts::delete(&uow, 2).await?;
    let savepoint = uow.savepoint("before the mistake").await?;
    let mistake = Accounts::insert(&uow, &account(1, 7))
        .await
        .expect_err("the id is taken");
    let doomed = Accounts::count(&uow)
        .await
        .expect_err("so nothing else runs");
    println!("{:?}, then {:?}", mistake.kind(), doomed.kind());
    uow.rollback_to(&savepoint).await?;
    uow.commit().await?;

    // As a closure, within a time limit; a part that is undone takes its hooks with it.
    let limit = TransactionOptions::new().timeout(Duration::from_secs(1));
    let left = db.transaction_with(limit, async |uow| {
        let undone: Result<()> = uow
            .nested(async |part| {
                part.on_commit(|| println!("nobody reads this either"));
                Accounts::delete(part, 1).await?;
                Err(BankError::Insufficient)
            })
            .await;
        assert!(undone.is_err());
        Ok::<_, BankError>(Accounts::count(uow).await?)
    });
    println!("{} account is left", left.await?);
    db.close().await;
    Ok(())
}
