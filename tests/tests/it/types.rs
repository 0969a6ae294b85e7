//! What can't be stored or read says so: with the column, the value and the type.

use rust_decimal::Decimal;
use wharf::prelude::*;

use crate::entities::{Account, Accounts};
use crate::harness::{Engine, refused, refused_saying, run};

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "prices")]
struct Price {
    #[id]
    id: i64,
    amount: Decimal,
    discount: Option<Decimal>,
}

#[repository(Price)]
struct Prices;

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "tagged")]
struct Tagged {
    #[id]
    id: i64,
    numbers: Vec<i64>,
    words: Vec<String>,
    maybe: Option<Vec<i32>>,
}

#[repository(Tagged)]
struct Tags;

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "counters")]
struct Counter {
    #[id]
    id: i64,
    value: u64,
}

#[repository(Counter)]
struct Counters;

/// The same table with a narrower type.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "counters")]
struct SmallCounter {
    #[id]
    id: i64,
    value: i8,
}

#[repository(SmallCounter)]
struct SmallCounters;

#[derive(Value, Debug, Clone, Copy, PartialEq)]
enum Mood {
    Good,
}

/// The accounts' table, with an enum for the owner.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "accounts")]
struct Moody {
    #[id]
    id: i64,
    owner: Mood,
}

#[repository(Moody)]
struct Moodies;

/// Columns that hold anything.
const LOOSE: &str = "CREATE TABLE accounts (id BIGINT PRIMARY KEY, owner VARCHAR(20), balance VARCHAR(20), version BIGINT)";

on_all_engines! {
    async fn an_unsigned_number_beyond_the_signed_ones_is_refused_before_it_is_sent(db: &Database) {
        db.create_table::<Counter>().await?;
        let most = Counter { id: 1, value: i64::MAX as u64 };
        let more = Counter { id: 2, value: most.value + 1 };
        assert_eq!(Counters::insert(db, &most).await?, most);
        let error = refused_saying(Counters::insert(db, &more).await, ErrorKind::Encode, &["Counter", "9223372036854775808"]);
        assert_eq!(error.outcome(), Outcome::NotSent);
        refused(Counters::insert_many(db, std::slice::from_ref(&more)).await, ErrorKind::Encode);
        refused(Counters::filter(|c| c.value.eq(more.value)).all(db).await, ErrorKind::Encode);
        assert_eq!(Counters::count(db).await?, 1);
    }

    async fn a_number_out_of_range_is_told_with_its_column(db: &Database) {
        db.create_table::<Counter>().await?;
        Counters::insert(db, &Counter { id: 1, value: 300 }).await?;
        refused_saying(SmallCounters::get(db, 1).await, ErrorKind::Decode, &["`value`", "300", "i8"]);
    }

    async fn null_for_a_type_that_is_no_option_is_told_with_its_column(db: &Database) {
        db.execute(LOOSE).await?;
        db.execute("INSERT INTO accounts VALUES (1, NULL, '1', 0)").await?;
        let words = ["accounts", "`owner`", "NULL", "Option"];
        refused_saying(Accounts::get(db, 1).await, ErrorKind::Decode, &words);
        refused_saying(Accounts::all(db).await, ErrorKind::Decode, &words);
        let streamed: Result<Vec<Account>> = Accounts::stream(db).try_collect().await;
        refused_saying(streamed, ErrorKind::Decode, &["`owner`"]);
    }

    async fn a_wrong_type_in_a_column_is_told_with_its_column(db: &Database) {
        db.execute(LOOSE).await?;
        db.execute("INSERT INTO accounts VALUES (1, 'Ada', 'ten', 0)").await?;
        refused_saying(Accounts::get(db, 1).await, ErrorKind::Decode, &["`balance`", "a 64-bit integer was expected"]);
    }

    async fn a_text_that_is_no_variant_is_told_with_its_column(db: &Database) {
        db.execute(LOOSE).await?;
        db.execute("INSERT INTO accounts VALUES (1, 'Good', '', 0), (2, 'Bad', '', 0)").await?;
        assert_eq!(Moodies::get(db, 1).await?.owner, Mood::Good);
        refused_saying(Moodies::get(db, 2).await, ErrorKind::Decode, &["`owner`", "`Bad`", "Mood"]);
    }

    async fn a_text_with_a_nul_is_kept_or_refused_but_never_cut(db: &Database) {
        db.create_table::<Account>().await?;
        let nul = |id| Account { id, owner: "a\0b".to_owned(), balance: 0, version: 0 };
        if db.dialect() == Dialect::Postgres {
            refused_saying(Accounts::insert(db, &nul(1)).await, ErrorKind::Encode, &["NUL"]);
            refused(Accounts::insert_many(db, &[nul(1)]).await, ErrorKind::Encode);
        } else {
            Accounts::insert(db, &nul(1)).await?;
            assert_eq!(Accounts::get(db, 1).await?, nul(1));
            if let Err(error) = Accounts::insert_many(db, &[nul(2)]).await {
                assert_eq!(error.kind(), ErrorKind::Encode, "{error:?}");
            } else {
                assert_eq!(Accounts::get(db, 2).await?, nul(2));
            }
        }
    }

    async fn decimals_are_exact_or_unsupported(db: &Database) {
        let price = |id, text: &str| Price { id, amount: text.parse().expect("a number"), discount: None };
        let prices = [price(1, "0.1"), price(2, "-99999999999999999999.999999"), Price { discount: Some(Decimal::ONE), ..price(3, "0") }];
        if db.dialect() == Dialect::Sqlite {
            refused_saying(db.create_table::<Price>().await, ErrorKind::Unsupported, &["prices", "decimal"]);
            db.execute("CREATE TABLE prices (id INTEGER PRIMARY KEY, amount, discount)").await?;
            refused_saying(Prices::insert(db, &prices[0]).await, ErrorKind::Unsupported, &["`amount`", "Price"]);
            refused(Prices::insert_many(db, &prices).await, ErrorKind::Unsupported);
            return Ok(());
        }
        db.create_table::<Price>().await?;
        assert_eq!(Prices::insert(db, &prices[0]).await?, prices[0]);
        assert_eq!(Prices::insert_many(db, &prices[1..]).await?, prices[1..]);
        assert_eq!(Prices::update_many(db, &prices).await?, prices);
        assert_eq!(Prices::all(db).await?, prices);
        assert_eq!(Prices::filter(|p| p.amount.in_([prices[1].amount, prices[2].amount])).count(db).await?, 2);
    }

    async fn arrays_are_for_postgres(db: &Database) {
        let words = ["", "it's", "a,b", "{c}", "\"d\"", "e\\f", "NULL", "北京"].map(str::to_owned).to_vec();
        let rows = [
            Tagged { id: 1, numbers: vec![i64::MIN, 0, i64::MAX], words, maybe: Some(vec![1]) },
            Tagged { id: 2, numbers: vec![], words: vec![], maybe: None },
        ];
        if db.dialect() != Dialect::Postgres {
            refused_saying(db.create_table::<Tagged>().await, ErrorKind::Unsupported, &["tagged", "arrays", "json"]);
            refused_saying(Tags::insert(db, &rows[0]).await, ErrorKind::Unsupported, &["`numbers`", "Tagged"]);
            refused(Tags::update_many(db, &rows).await, ErrorKind::Unsupported);
            return Ok(());
        }
        db.create_table::<Tagged>().await?;
        assert_eq!(Tags::insert_many(db, &rows).await?, rows);
        let swapped = [Tagged { id: 2, ..rows[0].clone() }, Tagged { id: 1, ..rows[1].clone() }];
        assert_eq!(Tags::update_many(db, &swapped).await?, swapped);
        assert_eq!(Tags::update(db, &rows[0]).await?, rows[0]);
        assert_eq!(Tags::filter(|t| t.numbers.eq(&rows[0].numbers)).count(db).await?, 2);
    }
}

/// What other programs wrote is read, too, wherever it is no guess.
#[test]
fn sqlite_reads_the_times_and_uuids_of_other_writers() {
    #[derive(Entity, Debug, Clone, PartialEq)]
    #[entity(table = "foreign_rows")]
    struct Foreign {
        #[id]
        id: uuid::Uuid,
        at: chrono::DateTime<chrono::Utc>,
    }

    #[repository(Foreign)]
    struct Foreigns;

    run(Engine::Sqlite, async |db: &Database, _: &_| {
        db.create_table::<Foreign>().await?;
        let id = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        db.execute(format!(
            "INSERT INTO foreign_rows VALUES ('{id}', '2026-11-20T23:07:09+02:00')"
        ))
        .await?;
        let foreign = Foreigns::all(db).await?.remove(0);
        assert_eq!(
            (foreign.id.to_string(), foreign.at.to_rfc3339()),
            (id.to_owned(), "2026-11-20T21:07:09+00:00".to_owned())
        );
        db.execute("UPDATE foreign_rows SET at = 'yesterday'")
            .await?;
        refused_saying(
            Foreigns::all(db).await,
            ErrorKind::Decode,
            &["`at`", "yesterday"],
        );
        Ok(())
    });
}
