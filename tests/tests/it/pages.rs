//! Pages by number, and slices that go on after the last row.

use wharf::prelude::*;

use crate::entities::{Accounts, Person, ids, open_accounts};
use crate::harness::{refused, refused_saying};

#[repository(Person)]
struct People;

/// 60 people with ties and NULLs in every column that they are ordered by.
async fn crowd(db: &Database) -> Result<Vec<Person>> {
    db.create_table::<Person>().await?;
    let people: Vec<Person> = (0..60_i64)
        .map(|n| Person {
            id: (n * 37) % 61,
            name: ["", "a", "b", "A", "ä"][n as usize % 5].to_owned(),
            nickname: (n % 3 > 0).then(|| format!("{}", n % 4)),
            age: (n % 4 > 0).then_some((n % 7) as i32 - 3),
            active: n % 2 == 0,
        })
        .collect();
    People::insert_many(db, &people).await
}

/// All rows, slice by slice.
async fn walk(
    db: &Database,
    size: u64,
    select: impl Fn() -> wharf::Select<Person>,
) -> Result<Vec<Person>> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let slice = select().after(db, cursor.as_ref(), size).await?;
        assert!(slice.items.len() as u64 <= size);
        all.extend(slice.items);
        cursor = match slice.next {
            // Cursors travel: as a text, and in JSON.
            Some(next) if all.len() % 2 == 0 => Some(next.to_string().parse()?),
            Some(next) => Some(
                serde_json::from_value(serde_json::to_value(next).expect("JSON"))
                    .expect("a cursor"),
            ),
            None => return Ok(all),
        };
    }
}

/// NULLs last in both directions, as everywhere in Wharf.
fn nulls_last<T: Ord>(one: &Option<T>, other: &Option<T>, descending: bool) -> std::cmp::Ordering {
    match (one, other) {
        (Some(one), Some(other)) if descending => other.cmp(one),
        (Some(one), Some(other)) => one.cmp(other),
        _ => one.is_none().cmp(&other.is_none()),
    }
}

on_all_engines! {
    async fn pages_count_from_zero_and_know_the_total(db: &Database) {
        open_accounts(db, 1..=7).await?;
        let page = Accounts::page(db, 0, 3).await?;
        let numbers = |page: &Page<_>| (page.items.len(), page.number, page.size, page.total, page.pages(), page.is_last());
        assert_eq!(numbers(&page), (3, 0, 3, 7, 3, false));
        assert_eq!(numbers(&Accounts::page(db, 2, 3).await?), (1, 2, 3, 7, 3, true));
        assert_eq!(numbers(&Accounts::page(db, 9, 3).await?), (0, 9, 3, 7, 3, true));
        let page = Accounts::filter(|a| a.id.gt(2)).order_by(|a| a.balance.desc()).page(db, 1, 2).await?;
        assert_eq!(page.items.iter().map(|account| account.id).collect::<Vec<_>>(), [5, 4], "ties go by id, in the same direction");
        assert_eq!(page.total, 5);
    }

    async fn a_size_of_zero_or_too_many_and_a_page_beyond_all_numbers_are_refused(db: &Database) {
        open_accounts(db, [1]).await?;
        for size in [0, 10_001, u64::MAX] {
            let words = [&format!("page size is {size}")[..], "1 to 10000"];
            refused_saying(Accounts::page(db, 0, size).await, ErrorKind::InvalidArgument, &words);
            refused_saying(Accounts::after(db, None, size).await, ErrorKind::InvalidArgument, &words);
        }
        for number in [u64::MAX, i64::MAX as u64] {
            refused_saying(Accounts::page(db, number, 10_000).await, ErrorKind::InvalidArgument, &["beyond any row"]);
        }
        assert_eq!(Accounts::page(db, 0, 10_000).await?.total, 1);
        let limited = || Accounts::filter(|a| a.id.gt(0)).limit(1);
        refused(limited().page(db, 0, 1).await, ErrorKind::InvalidArgument);
        refused(limited().after(db, None, 1).await, ErrorKind::InvalidArgument);
    }

    async fn slices_visit_every_row_once_whatever_the_order(db: &Database) {
        let mut people = crowd(db).await?;
        for size in [1, 7, 59, 60, 1000] {
            people.sort_by_key(|p| p.id);
            assert_eq!(ids(&walk(db, size, || People::filter(|p| p.id.gte(0))).await?), ids(&people));

            people.sort_by(|a, b| nulls_last(&a.age, &b.age, true).then(a.id.cmp(&b.id).reverse()));
            let by_age = || People::filter(|p| p.id.gte(0)).order_by(|p| p.age.desc());
            assert_eq!(ids(&walk(db, size, by_age).await?), ids(&people), "by age, {size} at a time");

            people.sort_by(|a, b| {
                let by_name = nulls_last(&a.nickname, &b.nickname, false).then(nulls_last(&a.age, &b.age, true));
                by_name.then(a.active.cmp(&b.active).reverse()).then(a.id.cmp(&b.id))
            });
            let by_all = || {
                let select = People::filter(|p| p.id.gte(0)).order_by(|p| p.nickname.asc()).order_by(|p| p.age.desc());
                select.order_by(|p| p.active.desc()).order_by(|p| p.id.asc())
            };
            assert_eq!(ids(&walk(db, size, by_all).await?), ids(&people), "by all, {size} at a time");
        }
    }

    async fn slices_follow_the_texts_order_of_the_engine(db: &Database) {
        crowd(db).await?;
        // Which order that is differs; what counts is that no row is lost or seen twice.
        let select = || People::filter(|p| p.id.gte(0)).order_by(|p| p.name.desc());
        assert_eq!(ids(&walk(db, 7, select).await?), ids(&select().order_by(|p| p.id.desc()).all(db).await?));
    }

    async fn a_slice_goes_on_where_rows_came_and_went(db: &Database) {
        open_accounts(db, [10, 20, 30, 40]).await?;
        let first = Accounts::after(db, None, 2).await?;
        Accounts::delete(db, 20).await?;
        open_accounts(db, [15, 25]).await?;
        let second = Accounts::after(db, first.next.as_ref(), 9).await?;
        assert_eq!(second.items.iter().map(|account| account.id).collect::<Vec<_>>(), [25, 30, 40]);
        assert_eq!(second.next, None);
        assert_eq!(Accounts::after(db, None, 5).await?.next, None, "exactly as many as there are");
    }

    async fn a_cursor_of_another_query_or_one_that_was_altered_is_refused(db: &Database) {
        crowd(db).await?;
        open_accounts(db, 1..=3).await?;
        let by_age = || People::filter(|p| p.id.gte(0)).order_by(|p| p.age.desc());
        let cursor = by_age().after(db, None, 2).await?.next.expect("there are more");
        refused_saying(People::after(db, Some(&cursor), 2).await, ErrorKind::InvalidArgument, &["cursor", "another"]);
        refused(Accounts::after(db, Some(&cursor), 2).await, ErrorKind::InvalidArgument);
        let ascending = People::filter(|p| p.id.gte(0)).order_by(|p| p.age.asc());
        refused(ascending.after(db, Some(&cursor), 2).await, ErrorKind::InvalidArgument);
        assert_eq!(by_age().after(db, Some(&cursor), 2).await?.items.len(), 2);

        let text = cursor.to_string();
        for altered in [&text[1..], &text[..text.len() - 2], "", "0000", "not a cursor"] {
            refused_saying(altered.parse::<Cursor>(), ErrorKind::InvalidArgument, &["cursor"]);
        }
        assert!(serde_json::from_str::<Cursor>("\"00\"").is_err());
        assert!(serde_json::from_str::<Cursor>("7").is_err());
    }
}
