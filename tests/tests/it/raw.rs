//! sqlx's own connection, for what Wharf lacks: seen by nobody, trusted by nobody.

use wharf::prelude::*;
use wharf::{RawConnection, sqlx};

use crate::entities::{Account, balance, open_accounts};
use crate::harness::{Place, refused};

#[repository(Account)]
struct Scratch;

#[repository]
impl Scratch {
    #[query("SELECT count(*) FROM scratch")]
    async fn rows(db: &impl Executor) -> Result<i64>;
}

/// Runs a text on the connection itself.
async fn run(mut raw: RawConnection<'_>, sql: &'static str) -> sqlx::Result<()> {
    if let Some(connection) = raw.sqlite() {
        return sqlx::raw_sql(sql).execute(connection).await.map(drop);
    }
    if let Some(connection) = raw.postgres() {
        return sqlx::raw_sql(sql).execute(connection).await.map(drop);
    }
    let connection = raw.mysql().expect("one of the three");
    sqlx::raw_sql(sql).execute(connection).await.map(drop)
}

on_all_engines! {
    async fn in_a_unit_it_is_a_part_of_the_transaction(db: &Database) {
        open_accounts(db, [1]).await?;
        for commits in [false, true] {
            let unit = db.begin().await?;
            let mut raw = unit.raw().await?;
            run(raw.connection()?, "UPDATE accounts SET balance = 5").await.expect("an update");
            drop(raw);
            assert_eq!(balance(&unit, 1).await?, 5);
            if commits {
                unit.commit().await?;
            } else {
                unit.rollback().await?;
            }
            assert_eq!(balance(db, 1).await?, if commits { 5 } else { 100 });
        }
    }

    async fn an_error_that_was_swallowed_on_it_never_ends_in_a_false_ok(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        let mut raw = unit.raw().await?;
        run(raw.connection()?, "UPDATE accounts SET balance = 5").await.expect("an update");
        run(raw.connection()?, "INSERT INTO accounts VALUES (1, 'taken', 0, 0)").await.expect_err("it is taken");
        drop(raw);
        let committed = unit.commit().await;
        if db.dialect() == Dialect::Postgres {
            refused(committed, ErrorKind::RolledBack);
            assert_eq!(balance(db, 1).await?, 100);
        } else {
            committed?;
            assert_eq!(balance(db, 1).await?, 5, "only the statement failed");
        }
    }

    async fn its_connection_is_never_handed_on(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1)).await?;
        let mut raw = db.raw().await?;
        run(raw.connection()?, "CREATE TEMPORARY TABLE scratch (n INTEGER)").await.expect("a table");
        run(raw.connection()?, "BEGIN").await.expect("a transaction that nobody ends");
        drop(raw);
        refused(Scratch::rows(db).await, ErrorKind::Schema);
        open_accounts(db, [1]).await?;
        assert_eq!(balance(db, 1).await?, 100);
        let unit = db.begin().await?;
        let mut raw = unit.raw().await?;
        run(raw.connection()?, "CREATE TEMPORARY TABLE scratch (n INTEGER)").await.expect("a table");
        drop(raw);
        unit.commit().await?;
        refused(Scratch::rows(db).await, ErrorKind::Schema);
        db.close().await;
    }

    async fn while_it_is_lent_other_calls_on_the_unit_wait(db: &Database) {
        open_accounts(db, [1]).await?;
        let unit = db.begin().await?;
        let mut raw = unit.raw().await?;
        let waiting = balance(&unit, 1);
        let working = async {
            run(raw.connection()?, "UPDATE accounts SET balance = 5").await.expect("an update");
            drop(raw);
            Ok(())
        };
        assert_eq!(tokio::try_join!(waiting, working)?.0, 5);
        unit.commit().await?;
    }
}
