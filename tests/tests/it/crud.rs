//! Finding, inserting, updating and deleting by id.

use chrono::{DateTime, Utc};
use wharf::prelude::*;

use crate::entities::{Account, Accounts, Member, Members, account, member, open_accounts};
use crate::harness::{refused, refused_saying};

/// A row that is its generated id and nothing else.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "tickets")]
struct Ticket {
    #[id(generated)]
    id: i64,
}

#[repository(Ticket)]
struct Tickets;

/// A row whose id is a time.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "ticks")]
struct Tick {
    #[id]
    at: DateTime<Utc>,
    price: i64,
}

#[repository(Tick)]
struct Ticks;

on_all_engines! {
    async fn what_is_inserted_is_found(db: &Database) {
        db.create_table::<Account>().await?;
        let ada = account(1, "Ada", 100);
        assert_eq!(Accounts::insert(db, &ada).await?, ada);
        assert_eq!(Accounts::find(db, 1).await?, Some(ada.clone()));
        assert_eq!(Accounts::get(db, 1).await?, ada);
        assert!(Accounts::exists(db, 1).await?);
        assert_eq!(Accounts::count(db).await?, 1);
        assert_eq!(Accounts::all(db).await?, [ada]);
    }

    async fn what_is_absent_is_none_or_not_found_or_left_out(db: &Database) {
        open_accounts(db, [1]).await?;
        assert_eq!(Accounts::find(db, 2).await?, None);
        refused_saying(Accounts::get(db, 2).await, ErrorKind::NotFound, &["get accounts", "Account", "id = 2"]);
        assert!(!Accounts::exists(db, 2).await?);
        assert_eq!(Accounts::find_many(db, &[2, 1, 3]).await?.len(), 1);
        assert!(!Accounts::delete(db, 2).await?);
        refused(Accounts::update(db, &account(2, "nobody", 0)).await, ErrorKind::NotFound);
    }

    async fn find_many_answers_in_the_order_asked(db: &Database) {
        open_accounts(db, 1..=9).await?;
        let found = Accounts::find_many(db, &[5, 1, 77, 9, 1, 3]).await?;
        assert_eq!(found.iter().map(|account| account.id).collect::<Vec<_>>(), [5, 1, 9, 3]);
        // Ids are taken as anything that becomes one.
        assert_eq!(Accounts::find_many(db, &[4_i32, 2]).await?.len(), 2);
        assert_eq!(Accounts::get(db, 4_u8).await?.id, 4);
    }

    async fn empty_slices_do_nothing(db: &Database) {
        open_accounts(db, [1]).await?;
        let none: [i64; 0] = [];
        assert_eq!(Accounts::find_many(db, &none).await?, []);
        assert_eq!(Accounts::insert_many(db, &[]).await?, []);
        assert_eq!(Accounts::update_many(db, &[]).await?, []);
        assert_eq!(Accounts::delete_many(db, &none).await?, 0);
        assert_eq!(Accounts::count(db).await?, 1);
    }

    async fn the_database_assigns_generated_ids_in_the_order_of_the_slice(db: &Database) {
        db.create_table::<Member>().await?;
        let first = Members::insert(db, &Member { id: 77, ..member("a@x", "a") }).await?;
        assert_ne!(first.id, 77, "the entity's own id isn't sent");
        let many = Members::insert_many(db, &[member("d@x", "d"), member("c@x", "c"), member("b@x", "b")]).await?;
        assert_eq!(many.iter().map(|member| &member.name[..]).collect::<Vec<_>>(), ["d", "c", "b"]);
        assert!(many.windows(2).all(|pair| first.id < pair[0].id && pair[0].id < pair[1].id), "{many:?}");
        assert_eq!(Members::find(db, many[1].id).await?.as_ref(), Some(&many[1]));
    }

    async fn a_row_may_be_nothing_but_its_generated_id(db: &Database) {
        db.create_table::<Ticket>().await?;
        let one = Tickets::insert(db, &Ticket { id: 0 }).await?;
        assert_eq!(Tickets::update(db, &one).await?, one);
        assert_eq!(Tickets::update_many(db, std::slice::from_ref(&one)).await?.as_slice(), std::slice::from_ref(&one));
        assert_eq!(Tickets::upsert(db, &one).await?, one);
        assert_eq!(Tickets::insert_many(db, &[Ticket { id: 0 }, Ticket { id: 0 }]).await?.len(), 2);
        assert_eq!(Tickets::count(db).await?, 3);
    }

    async fn five_thousand_rows_are_one_statement(db: &Database) {
        db.create_table::<Account>().await?;
        let accounts: Vec<Account> = (0..5_000).rev().map(|id| account(id, &format!("owner {id}"), id)).collect();
        let unit = db.begin().await?;
        let stored = Accounts::insert_many(&unit, &accounts).await?;
        assert_eq!(stored, accounts);
        let doubled: Vec<Account> = stored.into_iter().map(|a| Account { balance: a.balance * 2, ..a }).collect();
        let updated = Accounts::update_many(&unit, &doubled).await?;
        assert!(updated.iter().zip(&doubled).all(|(new, old)| (new.id, new.balance, new.version) == (old.id, old.balance, 1)));
        let ids: Vec<i64> = accounts.iter().map(|account| account.id).collect();
        assert_eq!(Accounts::find_many(&unit, &ids).await?, updated);
        assert_eq!(Accounts::delete_many(&unit, &ids[..4_000]).await?, 4_000);
        let receipt = unit.commit().await?;
        assert_eq!((receipt.statements, receipt.rows_written), (4, 14_000));
        assert_eq!(Accounts::count(db).await?, 1_000);
    }

    async fn insert_many_is_all_or_none(db: &Database) {
        open_accounts(db, [2]).await?;
        let accounts = [account(1, "new", 0), account(2, "taken", 0), account(3, "new", 0)];
        refused(Accounts::insert_many(db, &accounts).await, ErrorKind::Constraint);
        assert_eq!(Accounts::count(db).await?, 1);
    }

    async fn deletes_say_what_they_deleted(db: &Database) {
        open_accounts(db, 1..=5).await?;
        assert!(Accounts::delete(db, 1).await?);
        assert!(!Accounts::delete(db, 1).await?);
        assert_eq!(Accounts::delete_many(db, &[1, 2, 3, 3]).await?, 2);
        assert_eq!(Accounts::count(db).await?, 2);
    }

    async fn whatever_reads_all_rows_reads_them_by_id(db: &Database) {
        open_accounts(db, [3, 1, 2]).await?;
        let all = Accounts::all(db).await?;
        assert_eq!(all.iter().map(|account| account.id).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(Accounts::page(db, 0, 10).await?.items, all);
        assert_eq!(Accounts::after(db, None, 10).await?.items, all);
        assert_eq!(Accounts::stream(db).try_collect::<Vec<_>>().await?, all);
    }

    async fn upsert_inserts_and_then_updates(db: &Database) {
        db.create_table::<Account>().await?;
        let mut ada = account(1, "Ada", 1);
        assert_eq!(Accounts::upsert(db, &ada).await?, ada);
        ada.balance = 2;
        // Whatever the version: it is raised and not checked.
        for version in 1..=2 {
            let stored = Accounts::upsert(db, &ada).await?;
            assert_eq!(stored, Account { version, ..ada.clone() });
        }
        assert_eq!(Accounts::all(db).await?.len(), 1);
    }

    async fn upsert_of_an_id_that_is_to_be_assigned_says_what_was_stored(db: &Database) {
        db.create_table::<Member>().await?;
        let stored = Members::upsert(db, &member("ada@example.org", "Ada")).await?;
        assert_eq!(Members::all(db).await?, [stored]);
    }

    async fn upsert_of_an_id_that_the_engine_rounds_is_no_conflict(db: &Database) {
        db.create_table::<Tick>().await?;
        let at = DateTime::from_timestamp(1_700_000_000, 123_456_789).expect("a time");
        assert_eq!(Ticks::upsert(db, &Tick { at, price: 5 }).await?.price, 5);
        assert_eq!(Ticks::count(db).await?, 1);
    }

    async fn upsert_leaves_another_row_with_the_same_unique_value_alone(db: &Database) {
        db.create_table::<Member>().await?;
        let ada = Members::insert(db, &member("ada@x", "Ada")).await?;
        let thief = Member { id: ada.id + 1000, name: "thief".to_owned(), ..ada.clone() };
        let error = refused(Members::upsert(db, &thief).await, ErrorKind::Constraint);
        assert_eq!(error.outcome(), Outcome::RolledBack);
        assert_eq!(Members::all(db).await?, std::slice::from_ref(&ada));
        let renamed = Members::upsert(db, &Member { name: "Countess".to_owned(), ..ada.clone() }).await?;
        assert_eq!((renamed.id, &renamed.name[..], renamed.joined_at), (ada.id, "Countess", ada.joined_at));
    }

    async fn names_that_are_words_of_sql_are_quoted(db: &Database) {
        db.create_table::<Order>().await?;
        let order = Order { key: 1, group: "a".to_owned(), note: "not stored".to_owned() };
        Orders::insert(db, &order).await?;
        let stored = Order { note: String::new(), ..order };
        let found = Orders::filter(|o| o.group.eq("a")).order_by(|o| o.key.desc()).one(db).await?;
        assert_eq!(found, stored);
        assert_eq!(Orders::update_many(db, std::slice::from_ref(&stored)).await?, [stored]);
    }
}

/// Names that need quotes, a column that isn't called like its field, and a field without a column.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "order")]
struct Order {
    #[id]
    key: i64,
    #[column(name = "select")]
    group: String,
    #[column(skip)]
    note: String,
}

#[repository(Order)]
struct Orders;

// A database in memory has one connection for everything.
on_all_engines! {
    @engine memory Memory
    what_is_inserted_is_found (db: &Database)
    the_database_assigns_generated_ids_in_the_order_of_the_slice (db: &Database)
    five_thousand_rows_are_one_statement (db: &Database)
    whatever_reads_all_rows_reads_them_by_id (db: &Database)
}
