//! Rows that are read while the rest is still coming.

use futures_util::FutureExt as _;
use wharf::prelude::*;

use crate::entities::{Account, account, balance, open_accounts, set_balance};
use crate::harness::{Place, refused, refused_saying};

#[repository(Account)]
struct Accounts;

#[repository]
impl Accounts {
    /// Fails at the last account, whose balance is 0, on the engine that minds.
    #[query(
        "SELECT 100 / balance FROM accounts ORDER BY id",
        mysql = "SELECT 100 DIV balance FROM accounts ORDER BY id"
    )]
    fn shares(db: &impl Executor) -> impl Stream<Item = Result<Option<i64>>>;

    /// Fails at the first account whose balance is too large for the type.
    #[query("SELECT balance FROM accounts ORDER BY id")]
    fn small_balances(db: &impl Executor) -> impl Stream<Item = Result<i16>>;
}

/// Reads a stream that ends with its 71st row.
async fn reads_seventy(stream: impl Stream<Item = Result<i16>>) -> Result<()> {
    let mut stream = std::pin::pin!(stream);
    for _ in 0..70 {
        assert_eq!(stream.try_next().await?, Some(100));
    }
    refused(stream.try_next().await, ErrorKind::Decode);
    assert!(stream.next().await.is_none());
    Ok(())
}

on_all_engines! {
    async fn a_stream_yields_every_row_in_order(db: &Database) {
        open_accounts(db, 0..3_000).await?;
        let ids: Vec<i64> = Accounts::stream(db).map_ok(|account| account.id).try_collect().await?;
        assert_eq!(ids, (0..3_000).collect::<Vec<_>>());
        open_accounts(db, []).await?;
        assert_eq!(Accounts::filter(|a| a.id.lt(0)).stream(db).count().await, 0);
    }

    async fn a_stream_sends_nothing_before_it_is_polled_and_outlives_what_made_it(db: &Database) {
        let stream = {
            let clone = db.clone();
            Accounts::stream(&clone)
        };
        open_accounts(db, 1..=3).await?;
        assert_eq!(stream.try_collect::<Vec<_>>().await?.len(), 3);
    }

    async fn a_stream_that_is_dropped_early_gives_its_connection_back(_db: &Database, place: &Place) {
        let db = &place.open(PoolConfig::new().max_connections(1)).await?;
        open_accounts(db, 0..3_000).await?;
        for _ in 0..5 {
            let mut stream = Accounts::stream(db);
            assert_eq!(stream.try_next().await?.map(|account| account.id), Some(0));
        }
        assert_eq!(Accounts::count(db).await?, 3_000);
        db.close().await;
    }

    async fn while_a_stream_on_a_unit_is_open_other_calls_on_it_say_so_at_once(db: &Database) {
        open_accounts(db, 0..3_000).await?;
        let unit = db.begin().await?;
        let mut stream = Accounts::stream(&unit);
        assert!(stream.try_next().await?.is_some());
        let error = Accounts::get(&unit, 1).now_or_never().expect("it doesn't wait");
        refused_saying(error, ErrorKind::UnitOfWorkSuspended, &["a stream", "is open"]);
        refused(unit.savepoint("no").await, ErrorKind::UnitOfWorkSuspended);
        drop(stream);
        assert_eq!(balance(&unit, 1).await?, 100);
        let streamed = Accounts::stream(&unit).try_collect::<Vec<_>>().await?;
        assert_eq!(streamed.len(), 3_000);
        set_balance(&unit, 1, 7).await?;
        unit.commit().await?;
        assert_eq!(balance(db, 1).await?, 7);
    }

    async fn a_unit_with_an_open_stream_is_rolled_back_when_that_ends(db: &Database) {
        open_accounts(db, 0..3_000).await?;
        for commits in [true, false] {
            let unit = db.begin().await?;
            set_balance(&unit, 1, 7).await?;
            let mut stream = Accounts::stream(&unit);
            assert!(stream.try_next().await?.is_some());
            let ended = if commits { unit.commit().await.map(drop) } else { unit.rollback().await };
            refused(ended, ErrorKind::UnitOfWorkSuspended);
            assert_eq!(stream.count().await, 2_999);
            assert_eq!(set_balance(db, 2, 7).await?.balance, 7, "nothing is in the way");
            assert_eq!(balance(db, 1).await?, 100);
        }
    }

    async fn a_unit_whose_stream_failed_is_rolled_back_and_says_so(db: &Database) {
        open_accounts(db, 1..=3).await?;
        set_balance(db, 3, 0).await?;
        let unit = db.begin().await?;
        Accounts::insert(&unit, &account(4, "new", 1)).await?;
        let shares: Result<Vec<Option<i64>>> = Accounts::shares(&unit).try_collect().await;
        if db.dialect() != Dialect::Postgres {
            assert_eq!(shares?.len(), 4, "division by zero is NULL");
            unit.commit().await?;
            return Ok(());
        }
        refused_saying(shares, ErrorKind::Encode, &["division by zero"]);
        refused(unit.commit().await, ErrorKind::RolledBack);
        assert_eq!(Accounts::count(db).await?, 3);
    }

    async fn a_unit_whose_dropped_stream_would_have_failed_never_says_committed_when_it_was_not(db: &Database) {
        open_accounts(db, 0..2_000).await?;
        set_balance(db, 1_999, 0).await?;
        let unit = db.begin().await?;
        Accounts::insert(&unit, &account(4_000, "new", 1)).await?;
        let mut stream = Accounts::shares(&unit);
        assert!(stream.try_next().await?.is_some());
        drop(stream);
        match unit.commit().await {
            Ok(_) => assert!(Accounts::exists(db, 4_000).await?),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::RolledBack);
                assert!(!Accounts::exists(db, 4_000).await?);
            }
        }
    }

    async fn a_stream_ends_at_the_first_row_that_cannot_be_read(db: &Database) {
        open_accounts(db, 0..1_000).await?;
        set_balance(db, 70, 100_000).await?;
        reads_seventy(Accounts::small_balances(db)).await?;
        let unit = db.begin().await?;
        reads_seventy(Accounts::small_balances(&unit)).await?;
        set_balance(&unit, 70, 70).await?;
        unit.commit().await?;
        assert_eq!(balance(db, 70).await?, 70);
    }

    async fn a_failing_stream_ends_with_its_error(db: &Database) {
        let mut stream = Accounts::stream(db);
        refused_saying(stream.try_next().await, ErrorKind::Schema, &["accounts"]);
        assert!(stream.next().await.is_none());
    }
}
