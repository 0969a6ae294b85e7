//! Statements that nobody wants any more are stopped on the server, and nothing else is.
//!
//! Naps are ten minutes long and a law may take one: a statement that goes on shows as a hang.

mod late;

use sqlx::Connection as _;
use wharf::prelude::*;
use wharf_tests::cancel::drop_after;

use crate::entities::{Accounts, account, balance, open_accounts, set_balance};
use crate::harness::{Engine, Place, refused, refused_saying};

struct Naps;

#[repository]
impl Naps {
    #[query(
        sqlite = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000000000) SELECT count(*) FROM n",
        postgres = "SELECT count(*) FROM pg_sleep(600)",
        mysql = "SELECT sleep(600)"
    )]
    async fn read(db: &impl WriteExecutor) -> Result<i64>;

    #[query(
        sqlite = "UPDATE accounts SET balance = (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000000000) SELECT count(*) FROM n)",
        postgres = "UPDATE accounts SET balance = balance + (SELECT count(*) FROM pg_sleep(600))",
        mysql = "UPDATE accounts SET balance = balance + 1 + sleep(600)"
    )]
    async fn write(db: &impl WriteExecutor) -> Result<u64>;

    /// About a millisecond.
    #[query(
        sqlite = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT count(*) FROM n",
        postgres = "SELECT count(*) FROM pg_sleep(0.001)",
        mysql = "SELECT sleep(0.001)"
    )]
    async fn short(db: &impl WriteExecutor) -> Result<i64>;
}

/// Looks at the server's own list of what runs.
struct Observer<'a>(&'a Place);

impl Observer<'_> {
    /// How many statements of this test's database contain a text; `None` where there is no server to ask.
    async fn running(&self, text: &str) -> Option<i64> {
        let place = self.0;
        match place.engine {
            Engine::Sqlite | Engine::Memory => None,
            Engine::Postgres => {
                let mut observer = sqlx::PgConnection::connect(&place.url)
                    .await
                    .expect("an observer");
                let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                     AND state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%' || $1 || '%'";
                let query = sqlx::query_scalar(sql).bind(text);
                Some(
                    query
                        .fetch_one(&mut observer)
                        .await
                        .expect("an observation"),
                )
            }
            Engine::MariaDb => {
                let mut observer = sqlx::MySqlConnection::connect(&place.url)
                    .await
                    .expect("an observer");
                let sql = "SELECT count(*) FROM information_schema.processlist WHERE db = database() \
                     AND id <> connection_id() AND info LIKE concat('%', ?, '%')";
                let query = sqlx::query_scalar(sql).bind(text);
                Some(
                    query
                        .fetch_one(&mut observer)
                        .await
                        .expect("an observation"),
                )
            }
        }
    }

    async fn until(&self, text: &str, count: i64) {
        while self
            .running(text)
            .await
            .is_some_and(|running| running != count)
        {
            tokio::task::yield_now().await;
        }
    }

    /// Begins a nap and drops it once the server is at it.
    async fn drop_half_way<T>(&self, nap: impl Future<Output = Result<T>>) {
        if matches!(self.0.engine, Engine::Sqlite | Engine::Memory) {
            // Its first poll hands it to SQLite's thread.
            assert!(drop_after(1, nap).await.is_none());
            return;
        }
        tokio::select! {
            _ = nap => panic!("nobody stopped it"),
            () = self.until("sleep(600)", 1) => {}
        }
    }

    async fn all_stopped(&self) {
        self.until("sleep(600)", 0).await;
    }
}

async fn open(place: &Place, statement_timeout: Duration) -> Result<Database> {
    Database::builder()
        .primary(&place.url)
        .pool(PoolConfig::new().max_connections(1))
        .statement_timeout(statement_timeout)
        .connect()
        .await
}

const SOON: Duration = Duration::from_millis(100);

on_all_engines! {
    async fn a_statement_that_is_dropped_is_stopped_and_its_connection_goes_on(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1)).await?;
        open_accounts(db, [1]).await?;
        let observer = Observer(place);
        observer.drop_half_way(Naps::read(db)).await;
        assert_eq!(set_balance(db, 1, 5).await?.balance, 5);
        observer.drop_half_way(Naps::write(db)).await;
        assert_eq!(set_balance(db, 1, 6).await?.version, 2);
        observer.all_stopped().await;
        db.close().await;
    }

    async fn a_statement_past_its_time_is_stopped_and_undone(_db: &Database, place: &Place) {
        let db = &open(place, SOON).await?;
        open_accounts(db, [1]).await?;
        let words = ["the statement's time is up: stopped after"];
        let error = refused_saying(Naps::read(db).await, ErrorKind::Timeout, &words);
        assert_eq!(error.outcome(), Outcome::RolledBack);
        let error = refused_saying(Naps::write(db).await, ErrorKind::Timeout, &words);
        assert_eq!(error.outcome(), Outcome::RolledBack);
        Observer(place).all_stopped().await;
        assert_eq!(set_balance(db, 1, 5).await?.version, 1, "nothing was written before");
        db.close().await;
    }

    async fn in_a_unit_it_dooms_the_unit_which_rolls_back(_db: &Database, place: &Place) {
        let db = &open(place, SOON).await?;
        open_accounts(db, [1]).await?;
        for writes in [false, true] {
            let unit = db.begin().await?;
            set_balance(&unit, 1, 5).await?;
            let nap = if writes { Naps::write(&unit).await.map(drop) } else { Naps::read(&unit).await.map(drop) };
            refused(nap, ErrorKind::Timeout);
            Observer(place).all_stopped().await;
            refused(balance(&unit, 1).await, ErrorKind::RolledBack);
            let error = refused(unit.commit().await, ErrorKind::RolledBack);
            assert_eq!(error.cause().map(Error::kind), Some(ErrorKind::Timeout));
            assert_eq!(balance(db, 1).await?, 100);
        }
        db.close().await;
    }

    async fn in_a_nested_unit_it_is_undone_with_that(_db: &Database, place: &Place) {
        let db = &open(place, SOON).await?;
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        set_balance(&unit, 1, 5).await?;
        let nested = unit.nested(async |part| Naps::read(part).await).await;
        refused(nested, ErrorKind::Timeout);
        Accounts::insert(&unit, &account(2, "b", 0)).await?;
        unit.commit().await?;
        assert_eq!((balance(db, 1).await?, Accounts::count(db).await?), (5, 2));

        let unit = db.begin().await?;
        set_balance(&unit, 1, 6).await?;
        let nested = unit.nested(async |part| Naps::write(part).await).await;
        refused(nested, ErrorKind::Timeout);
        let committed = unit.commit().await;
        if db.dialect() == Dialect::Sqlite {
            // SQLite undoes the whole transaction with a write that is stopped.
            refused(committed, ErrorKind::RolledBack);
            assert_eq!(balance(db, 1).await?, 5);
        } else {
            committed?;
            assert_eq!(balance(db, 1).await?, 6);
        }
        db.close().await;
    }

    async fn a_statement_that_is_dropped_in_a_unit_is_stopped_there(db: &Database, place: &Place) {
        open_accounts(db, [1]).await?;
        let observer = Observer(place);
        let unit = db.begin().await?;
        set_balance(&unit, 1, 5).await?;
        let nested = unit.nested(async |part| {
            observer.drop_half_way(Naps::read(part)).await;
            // Nobody uses the unit meanwhile.
            observer.all_stopped().await;
            Accounts::count(part).await
        });
        let error = refused(nested.await, ErrorKind::RolledBack);
        assert_eq!(error.cause().map(Error::kind), Some(ErrorKind::Cancelled));
        assert_eq!(balance(&unit, 1).await?, 5);
        unit.commit().await?;
        assert_eq!(balance(db, 1).await?, 5);

        let unit = db.begin().await?;
        set_balance(&unit, 1, 6).await?;
        observer.drop_half_way(Naps::write(&unit)).await;
        observer.all_stopped().await;
        refused(unit.commit().await, ErrorKind::RolledBack);
        assert_eq!(set_balance(db, 1, 7).await?.version, 2, "5, and then 7");
    }

    async fn a_unit_past_its_time_stops_what_runs_in_it(db: &Database, place: &Place) {
        open_accounts(db, [1]).await?;
        let options = TransactionOptions::new().timeout(SOON);
        let unit = db.begin_with(options).await?;
        refused_saying(Naps::write(&unit).await, ErrorKind::Timeout, &["the unit of work's time is up"]);
        Observer(place).all_stopped().await;
        unit.rollback().await?;
        let body = db.transaction_with(options, async |uow| Naps::write(uow).await);
        refused_saying(body.await, ErrorKind::Timeout, &["the unit of work's time is up"]);
        assert_eq!(set_balance(db, 1, 5).await?.version, 1);
        Observer(place).all_stopped().await;
    }

    async fn a_session_is_told_which_of_its_limits_was_reached(db: &Database) {
        open_accounts(db, [1]).await?;
        let session = db.session("agent-7").limits(Limits::new().statement_timeout(SOON)).open()?;
        let words = ["statement_timeout", "session agent-7", "of 100 used"];
        let error = refused_saying(Naps::write(&session).await, ErrorKind::LimitExceeded, &words);
        assert_eq!(error.outcome(), Outcome::RolledBack);
        let exceeded = error.limit_exceeded().expect("it says which");
        assert_eq!((exceeded.limit, exceeded.allowed), ("statement_timeout", 100));
        assert!(exceeded.used >= exceeded.allowed);
        assert_eq!(session.usage().refused, 1);

        let session = db.session("agent-8").limits(Limits::new().transaction_timeout(SOON)).open()?;
        let error = refused(nap_in_a_unit(&session).await, ErrorKind::LimitExceeded);
        assert_eq!(error.limit_exceeded().map(|exceeded| exceeded.limit), Some("transaction_timeout"));
        assert_eq!((session.usage().refused, error.outcome()), (1, Outcome::RolledBack));
        assert_eq!(set_balance(db, 1, 5).await?.version, 1);
    }

    async fn the_tightest_limit_is_the_one_that_is_told(_db: &Database, place: &Place) {
        let db = &open(place, SOON).await?;
        let long = Limits::new().statement_timeout(Duration::from_secs(500));
        refused(Naps::read(&db.session("patient").limits(long).open()?).await, ErrorKind::Timeout);
        let short = Limits::new().statement_timeout(SOON / 2);
        refused(Naps::read(&db.session("hasty").limits(short).open()?).await, ErrorKind::LimitExceeded);
        db.close().await;
    }

    async fn a_stop_that_comes_late_never_hits_the_next_statement(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1)).await?;
        open_accounts(db, [1]).await?;
        let hasty = db.session("hasty").limits(Limits::new().statement_timeout(Duration::from_millis(1))).open()?;
        let mut stopped = 0;
        for round in 0..300 {
            match Naps::short(&hasty).await {
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error:?}");
                    stopped += 1;
                }
            }
            assert_eq!(Accounts::count(db).await?, 1, "in round {round}, after {stopped} stops");
        }
        assert_eq!(hasty.usage().refused, stopped);
        db.close().await;
    }

    async fn timeouts_out_of_range_are_told_with_everything_else(db: &Database, place: &Place) {
        let limits = Limits::new().statement_timeout(Duration::ZERO).transaction_timeout(Duration::MAX);
        let words = ["statement_timeout is 0ns", "transaction_timeout is", "1ms to 7 days"];
        refused_saying(db.session("a").limits(limits).open(), ErrorKind::Configuration, &words);
        let builder = Database::builder().primary(&place.url).statement_timeout(Duration::ZERO).pool(PoolConfig::new().statement_cache(20_000));
        let words = ["statement_timeout is 0ns", "statement_cache is 20000"];
        refused_saying(builder.connect().await, ErrorKind::Configuration, &words);
    }

    async fn without_prepared_statements_everything_works(_db: &Database, place: &Place) {
        let db = &Database::builder().primary(&place.url).pool(PoolConfig::new().statement_cache(0)).connect().await?;
        open_accounts(db, 1..=3).await?;
        for id in [1, 1, 2] {
            set_balance(db, id, 5).await?;
        }
        assert_eq!(Accounts::filter(|a| a.balance.eq(5)).count(db).await?, 2);
        db.close().await;
    }
}

#[transactional]
async fn nap_in_a_unit(uow: &UnitOfWork) -> Result<u64> {
    Naps::write(uow).await
}

struct Postgres;

#[repository]
impl Postgres {
    #[query("SELECT pg_backend_pid()")]
    async fn process(db: &impl Executor) -> Result<i32>;

    #[query("SELECT current_setting('application_name')")]
    async fn application_name(db: &impl Executor) -> Result<String>;

    #[query("SELECT count(*) FROM pg_prepared_statements")]
    async fn prepared(db: &impl Executor) -> Result<i64>;
}

/// Makes every commit take so long, by a constraint that is checked then.
fn slow_commit(seconds: u32) -> String {
    format!(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END';
         CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON accounts
         DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()"
    )
}

async fn a_commit_is_never_stopped(db: &Database, place: &Place) -> Result<()> {
    open_accounts(db, [1]).await?;
    db.execute(slow_commit(1)).await?;
    let hasty = &open(place, SOON).await?;
    let options = TransactionOptions::new().timeout(SOON);
    let unit = hasty.begin_with(options).await?;
    set_balance(&unit, 1, 5).await?;
    unit.commit().await?;
    assert_eq!(balance(db, 1).await?, 5, "not by a time limit");

    let unit = db.begin().await?;
    set_balance(&unit, 1, 6).await?;
    let observer = Observer(place);
    tokio::select! {
        _ = unit.commit() => panic!("it takes a second"),
        () = observer.until("COMMIT", 1) => {}
    }
    observer.until("COMMIT", 0).await;
    assert_eq!(balance(db, 1).await?, 6, "not by being dropped");

    let session = db.session("doomed").open()?;
    let unit = session.begin().await?;
    set_balance(&unit, 1, 7).await?;
    let kill = async {
        observer.until("COMMIT", 1).await;
        session.kill("it is over");
    };
    let (committed, ()) = tokio::join!(unit.commit(), kill);
    committed?;
    assert_eq!(balance(db, 1).await?, 7, "not with its session");
    hasty.close().await;
    Ok(())
}

/// What else is still in somebody's hands after 5 s is ended on the server.
async fn a_commit_is_not_ended_with_the_pool(db: &Database, place: &Place) -> Result<()> {
    open_accounts(db, [1]).await?;
    db.execute(slow_commit(7)).await?;
    let closing = &place
        .open(PoolConfig::new().close_timeout(Duration::ZERO))
        .await?;
    let (unit, idle) = (closing.begin().await?, closing.begin().await?);
    set_balance(&unit, 1, 5).await?;
    let observer = Observer(place);
    let close = async {
        observer.until("COMMIT", 1).await;
        closing.close().await
    };
    let (committed, report) = tokio::join!(unit.commit(), close);
    committed?;
    assert_eq!((report.cancelled, report.abandoned), (2, 0));
    assert_eq!(balance(db, 1).await?, 5);
    refused(balance(&idle, 1).await, ErrorKind::RolledBack);
    Ok(())
}

async fn a_script_leaves_nothing_behind_on_its_connection(
    _: &Database,
    place: &Place,
) -> Result<()> {
    let db = &place.open(PoolConfig::new().max_connections(1)).await?;
    let process = Postgres::process(db).await?;
    db.execute("SET application_name = 'changed'").await?;
    assert_eq!(Postgres::application_name(db).await?, "");
    assert_eq!(Postgres::process(db).await?, process, "the same connection");
    assert!(Postgres::prepared(db).await? > 0);
    db.close().await;
    let db = &Database::builder()
        .primary(&place.url)
        .pool(PoolConfig::new().statement_cache(0))
        .connect()
        .await?;
    assert_eq!(Postgres::prepared(db).await?, 0);
    db.close().await;
    Ok(())
}

mod postgres_alone {
    use crate::harness::{Engine, run};

    #[test]
    fn a_commit_is_never_stopped() {
        run(Engine::Postgres, async |db, place| {
            super::a_commit_is_never_stopped(db, place).await
        });
    }

    #[test]
    fn a_commit_is_not_ended_with_the_pool() {
        run(Engine::Postgres, async |db, place| {
            super::a_commit_is_not_ended_with_the_pool(db, place).await
        });
    }

    #[test]
    fn a_script_leaves_nothing_behind_on_its_connection() {
        run(Engine::Postgres, async |db, place| {
            super::a_script_leaves_nothing_behind_on_its_connection(db, place).await
        });
    }
}
