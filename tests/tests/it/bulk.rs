//! What bulk writes return, where it could differ from what was sent; and reading many rows.

use chrono::{DateTime, NaiveTime, Utc};
use time::{OffsetDateTime, UtcOffset};
use wharf::prelude::*;
use wharf::{Cell, Kind, Param, Value};

use crate::entities::{Account, Accounts, account, open_accounts};
use crate::harness::{Engine, refused_saying, run};

/// Times finer than any engine stores them, and one that isn't in UTC.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "visits")]
struct Visit {
    #[id]
    id: i64,
    from: DateTime<Utc>,
    until: OffsetDateTime,
    opening: NaiveTime,
    #[version]
    version: i32,
}

#[repository(Visit)]
struct Visits;

fn visit(id: i64) -> Visit {
    let seconds = 1_700_000_000 + id;
    let until = OffsetDateTime::from_unix_timestamp(seconds).expect("in range");
    Visit {
        id,
        from: DateTime::from_timestamp(seconds, 123_456_789).expect("in range"),
        until: until.to_offset(UtcOffset::from_hms(2, 0, 0).expect("in range")),
        opening: NaiveTime::from_hms_nano_opt(8, 30, 0, 999_999_999).expect("in range"),
        version: 0,
    }
}

/// A text that can't be read.
#[derive(Debug, Clone, PartialEq)]
struct Bomb(String);

impl Value for Bomb {
    const KIND: Kind = Kind::Text;

    fn to_param(&self) -> Result<Param<'_>> {
        self.0.to_param()
    }

    fn from_cell(_: Cell<'_>) -> Result<Self> {
        panic!("it was read");
    }
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "accounts")]
struct Mined {
    #[id]
    id: i64,
    owner: Bomb,
}

#[repository(Mined)]
struct Mines;

#[repository(Account)]
struct Copies;

#[repository]
impl Copies {
    #[query(
        "INSERT INTO accounts (id, owner, balance, version)
         SELECT id + 1000, owner, balance, version FROM accounts RETURNING {Account}"
    )]
    async fn copy(db: &impl WriteExecutor) -> Result<Vec<Account>>;
}

on_all_engines! {
    async fn times_are_returned_as_they_are_stored(db: &Database) {
        db.create_table::<Visit>().await?;
        let stored = Visits::insert_many(db, &[visit(3), visit(1), visit(2)]).await?;
        assert_eq!(stored.iter().map(|visit| visit.id).collect::<Vec<_>>(), [3, 1, 2]);
        assert_eq!(Visits::find_many(db, &[3, 1, 2]).await?, stored);
        let sent: Vec<Visit> = stored.iter().map(|stored| Visit { version: stored.version, ..visit(stored.id) }).collect();
        let stored = Visits::update_many(db, &sent).await?;
        assert_eq!(Visits::find_many(db, &[3, 1, 2]).await?, stored);
        assert!(stored.iter().all(|visit| visit.version == 1 && visit.until.offset().is_utc()));
    }

    async fn many_rows_are_read_in_their_order(db: &Database) {
        db.create_table::<Account>().await?;
        let accounts: Vec<Account> = (1..=1_000).map(|id| account(id, &format!("owner {id}"), id)).collect();
        Accounts::insert_many(db, &accounts).await?;
        assert_eq!(Accounts::all(db).await?, accounts);
        let unit = db.begin().await?;
        assert_eq!(Accounts::all(&unit).await?, accounts);
        assert_eq!(Copies::copy(&unit).await?.len(), 1_000);
        assert_eq!(unit.commit().await?.rows_written, 1_000, "rows that came back, and were not kept as they came");
    }

    async fn reading_that_panics_leaves_the_database_usable(db: &Database) {
        open_accounts(db, 1..=300).await?;
        for _ in 0..20 {
            let db = db.clone();
            let read = tokio::spawn(async move { Mines::all(&db).await });
            assert!(read.await.expect_err("it panics").is_panic());
        }
        assert_eq!(Accounts::all(db).await?.len(), 300);
    }
}

#[test]
fn postgres_returns_what_a_trigger_made_of_the_rows() {
    run(Engine::Postgres, async |db: &Database, _: &_| {
        db.create_table::<Account>().await?;
        db.execute(
            "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql
             AS 'BEGIN NEW.owner := upper(NEW.owner); RETURN NEW; END'",
        )
        .await?;
        db.execute(
            "CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION shout()",
        )
        .await?;
        let accounts = [account(2, "ada", 1), account(1, "blaise", 1)];
        let mut stored = Accounts::insert_many(db, &accounts).await?;
        assert_eq!(stored, [account(2, "ADA", 1), account(1, "BLAISE", 1)]);
        stored[0].owner = "grace".to_owned();
        assert_eq!(Accounts::update_many(db, &stored).await?[0].owner, "GRACE");
        Ok(())
    });
}

#[test]
fn sqlite_leaves_out_what_a_trigger_ignored() {
    run(Engine::Sqlite, async |db: &Database, _: &_| {
        db.create_table::<Account>().await?;
        db.execute(
            "CREATE TRIGGER no_bob BEFORE INSERT ON accounts WHEN NEW.owner = 'bob'
             BEGIN SELECT RAISE(IGNORE); END",
        )
        .await?;
        db.execute(
            "CREATE TRIGGER no_more_bob BEFORE UPDATE ON accounts WHEN NEW.owner = 'bob'
             BEGIN SELECT RAISE(IGNORE); END",
        )
        .await?;
        let accounts = [
            account(3, "ada", 1),
            account(2, "bob", 1),
            account(1, "eve", 1),
        ];
        let mut stored = Accounts::insert_many(db, &accounts).await?;
        assert_eq!(stored, [accounts[0].clone(), accounts[2].clone()]);
        stored[1].owner = "bob".to_owned();
        refused_saying(
            Accounts::update_many(db, &stored).await,
            ErrorKind::Stale,
            &["Account 1"],
        );
        assert_eq!(Accounts::get(db, 3).await?.version, 0, "all or none");
        Ok(())
    });
}
