//! `#[transactional]`: what a method does on a database, and within another unit.

use futures_util::FutureExt as _;
use wharf::prelude::*;

use crate::entities::{Accounts, account, balance, open_accounts, set_balance};
use crate::harness::{Engine, Place, refused, refused_saying};

#[derive(Debug)]
enum BankError {
    Insufficient(i64),
    Wharf(Error),
}

impl From<Error> for BankError {
    fn from(error: Error) -> Self {
        Self::Wharf(error)
    }
}

struct Bank {
    fee: i64,
}

impl Bank {
    #[transactional]
    async fn transfer(
        &self,
        uow: &UnitOfWork,
        from: i64,
        to: i64,
        amount: i64,
    ) -> Result<i64, BankError> {
        let mut source = Accounts::get(uow, from).await?;
        let mut target = Accounts::get(uow, to).await?;
        source.balance -= amount + self.fee;
        if source.balance < 0 {
            return Err(BankError::Insufficient(source.balance));
        }
        target.balance += amount;
        let left = source.balance;
        Accounts::update_many(uow, &[source, target]).await?;
        Ok(left)
    }

    /// Sets a balance, and fails where it is asked to.
    #[transactional]
    async fn nested(&self, uow: &UnitOfWork, id: i64, balance: i64, fails: bool) -> Result<()> {
        set(uow, id, balance, fails).await
    }

    #[transactional(propagation = join)]
    async fn joined(&self, uow: &UnitOfWork, id: i64, balance: i64, fails: bool) -> Result<()> {
        set(uow, id, balance, fails).await
    }

    #[transactional(propagation = requires_new)]
    async fn apart(&self, uow: &UnitOfWork, id: i64, balance: i64, fails: bool) -> Result<()> {
        set(uow, id, balance, fails).await
    }

    #[transactional(read_only)]
    async fn report(&self, uow: &UnitOfWork<ReadOnly>) -> Result<i64> {
        Ok(Accounts::all(uow)
            .await?
            .iter()
            .map(|account| account.balance)
            .sum())
    }

    #[transactional(isolation = Serializable)]
    async fn strict(&self, uow: &UnitOfWork) -> Result<u64> {
        Accounts::count(uow).await
    }

    /// A free function would do as well: no `self` is needed.
    #[transactional(isolation = Serializable)]
    async fn strict_around(uow: &UnitOfWork) -> Result<u64> {
        Bank { fee: 0 }.strict(uow).await
    }
}

async fn set(uow: &UnitOfWork, id: i64, balance: i64, fails: bool) -> Result<()> {
    set_balance(uow, id, balance).await?;
    if fails {
        Accounts::get(uow, 77).await.map(drop)
    } else {
        Ok(())
    }
}

const BANK: Bank = Bank { fee: 1 };

on_all_engines! {
    async fn a_method_commits_its_ok_and_rolls_back_its_err(db: &Database) {
        open_accounts(db, 1..=2).await?;
        assert_eq!(BANK.transfer(db, 1, 2, 50).await.expect("there is enough"), 49);
        let poor = BANK.transfer(db, 1, 2, 50).await;
        assert!(matches!(poor, Err(BankError::Insufficient(-2))), "{poor:?}");
        let absent = BANK.transfer(db, 1, 3, 1).await;
        assert!(matches!(absent, Err(BankError::Wharf(error)) if error.kind() == ErrorKind::NotFound));
        assert_eq!((balance(db, 1).await?, balance(db, 2).await?), (49, 150));
    }

    async fn a_method_runs_in_a_session_and_in_a_unit_alike(db: &Database) {
        open_accounts(db, 1..=2).await?;
        let session = db.session("agent-7").open()?;
        BANK.transfer(&session, 1, 2, 1).await.expect("there is enough");
        let unit = db.begin().await?;
        BANK.transfer(&unit, 1, 2, 1).await.expect("there is enough");
        assert_eq!(balance(db, 1).await?, 98);
        unit.commit().await?;
        assert_eq!(balance(db, 1).await?, 96);
    }

    async fn nested_is_undone_alone(db: &Database) {
        open_accounts(db, 1..=2).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 2, 5).await?;
        refused(BANK.nested(&unit, 1, 0, true).await, ErrorKind::NotFound);
        assert_eq!(balance(&unit, 1).await?, 100);
        BANK.nested(&unit, 1, 1, false).await?;
        unit.commit().await?;
        assert_eq!((balance(db, 1).await?, balance(db, 2).await?), (1, 5));
    }

    async fn what_joined_and_failed_dooms_the_unit_around_it(db: &Database) {
        open_accounts(db, 1..=2).await?;
        let unit = db.begin().await?;
        BANK.joined(&unit, 1, 0, false).await?;
        refused(BANK.joined(&unit, 2, 0, true).await, ErrorKind::NotFound);
        refused_saying(Accounts::get(&unit, 1).await, ErrorKind::RolledBack, &["joined"]);
        refused(unit.commit().await, ErrorKind::RolledBack);
        assert_eq!((balance(db, 1).await?, balance(db, 2).await?), (100, 100));
        BANK.joined(db, 1, 7, false).await?;
        assert_eq!(balance(db, 1).await?, 7, "on a database it is a unit of its own");
    }

    async fn what_joined_a_nested_unit_dooms_that_one_alone(db: &Database) {
        open_accounts(db, 1..=2).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 2, 5).await?;
        let nested = unit.nested(async |inner| {
            let _ = BANK.joined(inner, 1, 0, true).await;
            Ok::<_, Error>(())
        });
        refused(nested.await, ErrorKind::RolledBack);
        unit.commit().await?;
        assert_eq!((balance(db, 1).await?, balance(db, 2).await?), (100, 5));
    }

    async fn requires_new_survives_the_rollback_of_the_unit_around_it(db: &Database, place: &Place) {
        open_accounts(db, 1..=2).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 0).await?;
        let apart = BANK.apart(&unit, 2, 5, false).await;
        if place.engine == Engine::Sqlite {
            // SQLite has one writer, and the unit around it is the one.
            refused_saying(apart, ErrorKind::PoolSelfDeadlock, &["apart", "`begin`"]);
            unit.rollback().await?;
            return Ok(());
        }
        apart?;
        refused(BANK.apart(&unit, 2, 6, true).await, ErrorKind::NotFound);
        assert_eq!(balance(&unit, 1).await?, 0, "its failure is its own");
        unit.rollback().await?;
        assert_eq!((balance(db, 1).await?, balance(db, 2).await?), (100, 5));
    }

    async fn requires_new_on_one_connection_is_refused_at_once(db: &Database, place: &Place) {
        open_accounts(db, 1..=2).await?;
        let one = place.open(PoolConfig::new().max_connections(1)).await?;
        let result = one.transaction(async |uow| {
            let refusal = BANK.apart(uow, 2, 5, false).now_or_never().expect("it doesn't wait");
            refused_saying(refusal, ErrorKind::PoolSelfDeadlock, &["`apart`", "`transaction`", "max_connections"]);
            set_balance(uow, 1, 3).await
        });
        assert_eq!(result.await?.balance, 3);
        one.close().await;
    }

    async fn a_read_only_method_reads_anywhere(db: &Database) {
        open_accounts(db, 1..=3).await?;
        assert_eq!(BANK.report(db).await?, 300);
        let unit = db.begin().await?;
        set_balance(&unit, 1, 0).await?;
        assert_eq!(BANK.report(&unit).await?, 200);
        unit.commit().await?;
        let reading = db.begin_with(TransactionOptions::new().read_only()).await?;
        assert_eq!(BANK.report(&reading).await?, 200);
        reading.commit().await?;
    }

    async fn a_unit_that_only_reads_refuses_writes_wherever_they_hide(db: &Database) {
        open_accounts(db, [1]).await?;
        let reading = db.begin_with(TransactionOptions::new().read_only()).await?;
        refused_saying(Accounts::insert(&reading, &account(2, "", 0)).await, ErrorKind::ReadOnly, &["insert"]);
        let words = ["`nested`", "`begin`", file!(), "only reads"];
        refused_saying(BANK.nested(&reading, 1, 0, false).await, ErrorKind::TransactionConflict, &words);
        assert_eq!(balance(&reading, 1).await?, 100, "what was refused dooms nothing");
        reading.commit().await?;
    }

    async fn an_isolation_that_the_unit_around_it_lacks_is_refused_with_both_places(db: &Database) {
        open_accounts(db, [1]).await?;
        assert_eq!(BANK.strict(db).await?, 1);
        assert_eq!(Bank::strict_around(db).await?, 1);
        let unit = db.begin().await?;
        let strict = BANK.strict(&unit).await;
        if db.dialect() == Dialect::Sqlite {
            assert_eq!(strict?, 1, "always serializable");
        } else {
            let words = ["`strict`", "`begin`", file!(), "SERIALIZABLE"];
            refused_saying(strict, ErrorKind::TransactionConflict, &words);
        }
        assert_eq!(Accounts::count(&unit).await?, 1);
        unit.commit().await?;
    }
}
