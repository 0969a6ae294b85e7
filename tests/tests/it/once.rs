//! Units that are applied exactly once, whatever becomes of the answer to their commit.

mod lost;
mod settings;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use wharf::prelude::*;
use wharf::{CommitId, CommitOutcome};

use crate::entities::{Accounts, balance, open_accounts, set_balance};
use crate::harness::{Place, eventually, refused, refused_saying};

/// The first half of the SHA-256 of `a`: what the unit of that key is called.
const UNIT_OF_A: &str = "ca978112ca1bbdcafac231b39a23dc4d";

/// Pays into account 1, and counts.
#[derive(Default)]
struct Bank {
    runs: AtomicU32,
    committed: Arc<AtomicU32>,
    rolled_back: Arc<AtomicU32>,
}

impl Bank {
    /// Adds 1, and returns what there is then.
    async fn add(&self, uow: &UnitOfWork) -> Result<i64> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let (committed, rolled_back) = (self.committed.clone(), self.rolled_back.clone());
        uow.on_commit(move || {
            committed.fetch_add(1, Ordering::Relaxed);
        });
        uow.on_rollback(move || {
            rolled_back.fetch_add(1, Ordering::Relaxed);
        });
        let sum = balance(uow, 1).await? + 1;
        set_balance(uow, 1, sum).await?;
        Ok(sum)
    }

    #[transactional(exactly_once)]
    async fn pay(&self, uow: &UnitOfWork) -> Result<i64> {
        self.add(uow).await
    }

    #[transactional(exactly_once = key)]
    async fn pay_for(&self, uow: &UnitOfWork, key: &str, note: String) -> Result<(String, i64)> {
        Ok((note, self.add(uow).await?))
    }

    #[transactional(exactly_once = key, propagation = requires_new)]
    async fn pay_apart(&self, uow: &UnitOfWork, key: &str) -> Result<()> {
        self.add(uow).await.map(drop)
    }

    /// Waits in the middle.
    #[transactional(exactly_once = key)]
    async fn pay_slowly(
        &self,
        uow: &UnitOfWork,
        key: &str,
        has_begun: &Notify,
        may_end: &Notify,
    ) -> Result<()> {
        self.add(uow).await?;
        has_begun.notify_one();
        may_end.notified().await;
        Ok(())
    }

    #[transactional]
    async fn plain(&self, uow: &UnitOfWork) -> Result<i64> {
        self.pay(uow).await
    }

    #[transactional(exactly_once)]
    async fn twice(&self, uow: &UnitOfWork) -> Result<i64> {
        self.pay(uow).await?;
        self.pay(uow).await
    }

    #[transactional(exactly_once)]
    async fn keyed_inside(&self, uow: &UnitOfWork) -> Result<()> {
        self.pay_for(uow, "a", "inside".into()).await.map(drop)
    }

    #[transactional(exactly_once)]
    async fn keyed_apart(&self, uow: &UnitOfWork) -> Result<()> {
        self.pay_apart(uow, "a").await
    }

    /// How often its body ran, and how often it was committed and rolled back.
    fn counts(&self) -> (u32, u32, u32) {
        let [runs, committed, rolled_back] = [&self.runs, &*self.committed, &*self.rolled_back]
            .map(|count| count.load(Ordering::Relaxed));
        (runs, committed, rolled_back)
    }
}

/// A unit in progress that has paid and waits. Its id is `id(1, 0)`.
struct Owner {
    bank: Arc<Bank>,
    may_end: Arc<Notify>,
    task: JoinHandle<Result<()>>,
}

impl Owner {
    async fn begin(db: &Database) -> Self {
        let bank = Arc::new(Bank::default());
        let (has_begun, may_end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let task = tokio::spawn({
            let (db, bank) = (db.clone(), bank.clone());
            let (has_begun, may_end) = (has_begun.clone(), may_end.clone());
            async move { bank.pay_slowly(&db, "a", &has_begun, &may_end).await }
        });
        has_begun.notified().await;
        Self {
            bank,
            may_end,
            task,
        }
    }

    async fn commit(&mut self) -> Result<()> {
        self.may_end.notify_one();
        (&mut self.task).await.expect("no panic")
    }
}

struct Guard;

#[repository]
impl Guard {
    #[query("SELECT count(*) FROM wharf_outcome")]
    async fn rows(db: &impl Executor) -> Result<i64>;

    /// How many wait for an owner in progress, in this database.
    #[query(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
        mysql = "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'INSERT INTO wharf_outcome%'"
    )]
    async fn waiting(db: &impl Executor) -> Result<i64>;
}

/// An account, and the guard's table.
async fn open_bank(db: &Database) -> Result<()> {
    open_accounts(db, [1]).await?;
    db.install_guard().await
}

/// The id of an attempt that began some hours ago.
fn id(attempt: u16, hours_ago: u64) -> CommitId {
    let now = SystemTime::UNIX_EPOCH
        .elapsed()
        .expect("it is later than 1970");
    let began = now - Duration::from_secs(3600 * hours_ago);
    let text = format!("{UNIT_OF_A}{attempt:04x}{:012x}", began.as_millis());
    text.parse().expect("the id of a commit")
}

on_all_engines! {
    async fn where_nothing_is_lost_it_is_a_unit_like_any_other(db: &Database) {
        open_bank(db).await?;
        let bank = Bank::default();
        assert_eq!(bank.pay(db).await?, 101);
        let options = TransactionOptions::new().exactly_once();
        assert_eq!(db.transaction_with(options, async |uow| bank.add(uow).await).await?, 102);
        let unit = db.begin_with(options).await?;
        bank.add(&unit).await?;
        unit.rollback().await?;
        assert_eq!(bank.counts(), (3, 2, 1));
        assert_eq!(Guard::rows(db).await?, 2, "what is rolled back leaves no row");
    }

    async fn a_key_that_is_used_again_returns_what_was_returned(db: &Database, place: &Place) {
        open_bank(db).await?;
        let bank = Bank::default();
        let first = bank.pay_for(db, "a", "O'Brien \\ \"Bo\"".into()).await?;
        assert_eq!(first, ("O'Brien \\ \"Bo\"".to_owned(), 101));
        assert_eq!(bank.pay_for(db, "b", "another".into()).await?.1, 102);
        // Another process, after a restart.
        let later = place.open(PoolConfig::new()).await?;
        let bank = Bank::default();
        assert_eq!(bank.pay_for(&later, "a", "O'Brien \\ \"Bo\"".into()).await?, first);
        assert_eq!(bank.counts(), (0, 0, 0));
        later.close().await;
        assert_eq!(balance(db, 1).await?, 102);
    }

    async fn of_many_calls_with_one_key_one_runs_to_its_end(db: &Database, place: &Place) {
        open_bank(db).await?;
        let calling = place.open(PoolConfig::new()).await?;
        let bank = Arc::new(Bank::default());
        let calls = (0..8).map(|_| {
            let (calling, bank) = (calling.clone(), bank.clone());
            tokio::spawn(async move { bank.pay_for(&calling, "a", String::new()).await })
        });
        for call in calls.collect::<Vec<_>>() {
            assert_eq!(call.await.expect("no panic")?.1, 101);
        }
        assert_eq!(bank.counts().1, 1);
        assert_eq!(balance(db, 1).await?, 101);
        // Who came late is refused with its BEGIN, which a rollback undoes.
        let closed = calling.pool_stats().into_iter().map(|stats| stats.closed);
        assert!(closed.clone().all(|closed| closed.is_empty()), "{:?}", closed.collect::<Vec<_>>());
        calling.close().await;
    }

    async fn a_body_that_fails_leaves_its_key_free(db: &Database) {
        open_bank(db).await?;
        let bank = Bank::default();
        Accounts::delete(db, 1).await?;
        refused(bank.pay_for(db, "a", String::new()).await, ErrorKind::NotFound);
        open_accounts(db, [1]).await?;
        assert_eq!(bank.pay_for(db, "a", String::new()).await?.1, 101);
    }

    async fn a_key_is_for_one_thing(db: &Database) {
        open_bank(db).await?;
        let bank = Bank::default();
        bank.pay_for(db, "a", "rent".into()).await?;
        let other = bank.pay_for(db, "a", "food".into()).await;
        refused_saying(other, ErrorKind::AlreadyUsed, &["pay_for", "`a`", "UTC"]);
        refused(bank.pay_apart(db, "a").await, ErrorKind::AlreadyUsed);
        for key in ["", &"k".repeat(1025)] {
            refused_saying(bank.pay_for(db, key, String::new()).await, ErrorKind::InvalidArgument, &["1024"]);
        }
        assert_eq!(bank.counts(), (1, 1, 0));
    }

    async fn without_its_table_the_error_says_how_to_make_it(db: &Database) {
        open_accounts(db, [1]).await?;
        let bank = Bank::default();
        refused_saying(bank.pay(db).await, ErrorKind::Schema, &["install_guard"]);
        refused_saying(bank.pay_for(db, "a", String::new()).await, ErrorKind::Schema, &["install_guard"]);
        refused_saying(db.resolve(id(1, 0)).await, ErrorKind::Schema, &["install_guard"]);
        db.install_guard().await?;
        db.install_guard().await?;
        assert_eq!(bank.pay(db).await?, 101);
    }

    async fn inside_another_unit_it_has_that_units_guarantee_or_is_refused(db: &Database) {
        open_bank(db).await?;
        let bank = Bank::default();
        assert_eq!(bank.twice(db).await?, 102);
        assert_eq!(Guard::rows(db).await?, 1);
        refused_saying(bank.plain(db).await, ErrorKind::TransactionConflict, &["pay", "plain", "exactly once"]);
        refused_saying(bank.keyed_inside(db).await, ErrorKind::TransactionConflict, &["pay_for", "keyed_inside", "requires_new"]);
        if db.dialect() != Dialect::Sqlite {
            bank.keyed_apart(db).await?;
            assert_eq!(balance(db, 1).await?, 103);
        }
    }

    async fn what_only_reads_cannot_be_exactly_once(db: &Database) {
        db.install_guard().await?;
        let options = TransactionOptions::new().read_only().exactly_once();
        refused(db.begin_with(options).await, ErrorKind::InvalidArgument);
    }

    /// Whoever asks about a commit that never happened sees to it that it never will.
    async fn a_fence_is_final(db: &Database) {
        open_bank(db).await?;
        for _ in 0..2 {
            assert_eq!(db.resolve(id(1, 0)).await?, CommitOutcome::RolledBack);
        }
        let unit = if db.dialect() == Dialect::Postgres { format!("'{UNIT_OF_A}'") } else { format!("X'{UNIT_OF_A}'") };
        let late = db.execute(format!("INSERT INTO wharf_outcome (id, attempt, kind) VALUES ({unit}, 1, 1)"));
        refused(late.await, ErrorKind::Constraint);
        let bank = Bank::default();
        bank.pay_for(db, "a", String::new()).await?;
        assert_eq!(db.resolve(id(1, 0)).await?, CommitOutcome::RolledBack, "it was the second attempt");
        assert_eq!(db.resolve(id(2, 0)).await?, CommitOutcome::Committed);
        bank.pay_for(db, "a", String::new()).await?;
        assert_eq!(bank.counts(), (1, 1, 0));
    }

    /// A row that has expired looks like a commit that never happened.
    async fn nothing_is_decided_about_what_may_have_expired(db: &Database) {
        open_bank(db).await?;
        let error = refused_saying(db.resolve(id(1, 13)).await, ErrorKind::CommitUnknown, &["expired"]);
        assert!(error.commit_id().is_some());
        assert_eq!(Guard::rows(db).await?, 0);
        Bank::default().pay_for(db, "a", String::new()).await?;
        assert_eq!(db.resolve(id(1, 13)).await?, CommitOutcome::Committed, "its row is still there");
    }

    async fn rows_expire(db: &Database, place: &Place) {
        open_bank(db).await?;
        let first = place.open(PoolConfig::new()).await?;
        for key in ["a", "b", "c"] {
            Bank::default().pay_for(&first, key, String::new()).await?;
        }
        first.close().await;
        let a_day_ago = match db.dialect() {
            Dialect::Sqlite => "unixepoch() - 86401",
            Dialect::Postgres => "now() - interval '86401 seconds'",
            Dialect::MySql => "NOW(6) - INTERVAL 86401 SECOND",
        };
        db.execute(format!("UPDATE wharf_outcome SET at = {a_day_ago}")).await?;
        // The first commit starts the task that sweeps.
        Bank::default().pay(db).await?;
        eventually("the old rows are gone", async || Ok(Guard::rows(db).await? == 1)).await?;
    }

    async fn rows_are_kept_for_an_hour_at_least(_db: &Database, place: &Place) {
        let opened = Database::builder()
            .primary(&place.url)
            .guard_retention(Duration::from_secs(3599))
            .connect()
            .await;
        refused_saying(opened, ErrorKind::Configuration, &["guard_retention", "3599s", "3600s"]);
        let opened = Database::builder().primary(&place.url).guard_retention(Duration::MAX).connect().await;
        refused_saying(opened, ErrorKind::Configuration, &["guard_retention", "1,000 days"]);
    }
}
