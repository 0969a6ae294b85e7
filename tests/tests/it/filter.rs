//! Queries put together in Rust.

use wharf::prelude::*;

use crate::entities::{NONE, People, Person, ids, invite_people};
use crate::harness::{refused, refused_saying};

/// The ids of those who meet a condition.
macro_rules! who {
    ($db:ident, |$p:ident| $condition:expr) => {
        ids(&People::filter(|$p| $condition)
            .order_by(|p| p.id.asc())
            .all($db)
            .await?)
    };
}

on_all_engines! {
    async fn each_operator_means_what_it_says(db: &Database) {
        invite_people(db).await?;
        assert_eq!(who!(db, |p| p.age.eq(36)), [1, 4]);
        assert_eq!(who!(db, |p| p.age.ne(36)), [2, 5]);
        assert_eq!(who!(db, |p| p.age.gt(36)), [5]);
        assert_eq!(who!(db, |p| p.age.gte(36)), [1, 4, 5]);
        assert_eq!(who!(db, |p| p.age.lt(36)), [2]);
        assert_eq!(who!(db, |p| p.age.lte(36)), [1, 2, 4]);
        assert_eq!(who!(db, |p| p.age.between(7, 36)), [1, 2, 4]);
        assert_eq!(who!(db, |p| p.age.in_([7, 85, 1])), [2, 5]);
        assert_eq!(who!(db, |p| p.age.not_in([7, 85, 1])), [1, 4]);
        assert_eq!(who!(db, |p| p.age.is_null()), [3, 6]);
        assert_eq!(who!(db, |p| p.age.is_not_null()), [1, 2, 4, 5]);
        assert_eq!(who!(db, |p| p.active.is_true()), [1, 3, 5]);
        assert_eq!(who!(db, |p| p.active.is_false()), [2, 4, 6]);
        assert_eq!(who!(db, |p| p.active.eq(true)), [1, 3, 5]);
        assert_eq!(who!(db, |p| p.name.gt("a")), [2]);
    }

    async fn a_list_may_be_empty(db: &Database) {
        invite_people(db).await?;
        let none: [i32; 0] = [];
        assert_eq!(who!(db, |p| p.age.in_(none)), NONE);
        assert_eq!(who!(db, |p| p.id.not_in([0_i64; 0])), [1, 2, 3, 4, 5, 6]);
        assert_eq!(who!(db, |p| p.name.in_(["Ada", "50% off!"])), [1, 3]);
    }

    async fn null_is_asked_for_with_none(db: &Database) {
        invite_people(db).await?;
        assert_eq!(who!(db, |p| p.nickname.eq(None::<&str>)), [2, 5]);
        assert_eq!(who!(db, |p| p.nickname.ne(None::<String>)), [1, 3, 4, 6]);
        assert_eq!(who!(db, |p| p.nickname.eq(Some("countess"))), [1]);
        assert_eq!(who!(db, |p| p.nickname.eq("countess")), [1]);
    }

    async fn wildcards_in_a_value_are_literal(db: &Database) {
        invite_people(db).await?;
        assert_eq!(who!(db, |p| p.name.starts_with("50%")), [3]);
        assert_eq!(who!(db, |p| p.name.starts_with("50")), [3, 4]);
        assert_eq!(who!(db, |p| p.name.ends_with("!")), [3]);
        assert_eq!(who!(db, |p| p.nickname.contains("_")), [3]);
        assert_eq!(who!(db, |p| p.nickname.contains("")), [1, 3, 4, 6]);
        assert_eq!(who!(db, |p| p.name.contains("\\ \"")), [6]);
        assert_eq!(who!(db, |p| p.nickname.like("a_b")), [3, 4]);
        assert_eq!(who!(db, |p| p.nickname.like("a!_b")), [3]);
        assert_eq!(who!(db, |p| p.name.like("A%")), [1], "case counts");
        assert_eq!(who!(db, |p| p.name.eq_ignore_case("ADA")), [1, 2]);
    }

    async fn conditions_nest(db: &Database) {
        invite_people(db).await?;
        assert_eq!(who!(db, |p| p.active.is_true().and(p.age.gt(40).or(p.age.is_null()))), [3, 5]);
        assert_eq!(who!(db, |p| p.active.is_true().and(p.age.gt(40)).or(p.age.is_null())), [3, 5, 6]);
        assert_eq!(who!(db, |p| p.active.is_true().not()), [2, 4, 6]);
        assert_eq!(who!(db, |p| p.age.gt(40).or(p.id.eq(1)).not()), [2, 4], "NULL is neither");
        assert_eq!(who!(db, |p| p.age.is_null().not().and(p.name.contains("d").not())), [4, 5]);
        let many = (1..=200).fold(None, |all: Option<wharf::Filter<Person>>, id| {
            let one = Person::columns().id.eq(id);
            Some(match all { Some(all) => all.or(one), None => one })
        });
        assert_eq!(People::filter(|_| many.expect("two hundred conditions")).count(db).await?, 6);
    }

    async fn filters_narrow_each_other(db: &Database) {
        invite_people(db).await?;
        let narrowed = People::filter(|p| p.active.is_true()).filter(|p| p.age.eq(36).or(p.age.eq(85)));
        assert_eq!(narrowed.count(db).await?, 2);
        let narrowed = People::filter(|p| p.id.eq(1).or(p.id.eq(2))).filter(|p| p.active.is_false());
        assert_eq!(ids(&narrowed.all(db).await?), [2]);
    }

    async fn orders_go_on_where_the_last_one_ties_and_put_nulls_last(db: &Database) {
        invite_people(db).await?;
        let ordered = People::filter(|p| p.id.gt(0)).order_by(|p| p.age.asc()).order_by(|p| p.id.desc());
        assert_eq!(ids(&ordered.all(db).await?), [2, 4, 1, 5, 6, 3]);
        let ordered = People::filter(|p| p.id.gt(0)).order_by(|p| p.age.desc()).order_by(|p| p.id.asc());
        assert_eq!(ids(&ordered.all(db).await?), [5, 1, 4, 2, 3, 6]);
        let ordered = People::filter(|p| p.id.gt(0)).order_by(|p| p.active.desc()).order_by(|p| p.id.desc());
        assert_eq!(ids(&ordered.all(db).await?), [5, 3, 1, 6, 4, 2]);
    }

    async fn a_limit_and_an_offset_cut_the_ordered_rows(db: &Database) {
        invite_people(db).await?;
        let all = || People::filter(|p| p.id.gt(0)).order_by(|p| p.id.asc());
        assert_eq!(ids(&all().limit(2).all(db).await?), [1, 2]);
        assert_eq!(ids(&all().limit(2).offset(3).all(db).await?), [4, 5]);
        assert_eq!(ids(&all().offset(4).all(db).await?), [5, 6]);
        assert_eq!(ids(&all().offset(40).all(db).await?), NONE);
        assert_eq!(ids(&all().limit(0).all(db).await?), NONE);
        assert_eq!(ids(&all().offset(4).stream(db).try_collect::<Vec<_>>().await?), [5, 6]);
        refused_saying(all().limit(u64::MAX).all(db).await, ErrorKind::InvalidArgument, &["limit", "too large"]);
    }

    async fn one_is_exactly_one_and_first_is_at_most_one(db: &Database) {
        invite_people(db).await?;
        assert_eq!(People::filter(|p| p.age.eq(85)).one(db).await?.id, 5);
        refused_saying(People::filter(|p| p.age.eq(1)).one(db).await, ErrorKind::NotFound, &["one people"]);
        refused_saying(People::filter(|p| p.age.eq(36)).one(db).await, ErrorKind::NotUnique, &["one people"]);
        let first = People::filter(|p| p.age.eq(36)).order_by(|p| p.id.desc()).first(db).await?;
        assert_eq!(first.map(|person| person.id), Some(4));
        assert_eq!(People::filter(|p| p.age.eq(1)).first(db).await?, None);
        assert!(People::filter(|p| p.age.eq(36)).exists(db).await?);
        assert!(!People::filter(|p| p.age.eq(1)).exists(db).await?);
        assert_eq!(People::filter(|p| p.age.eq(36)).limit(1).count(db).await?, 2, "whatever the limit");
    }

    async fn a_filter_deletes_what_it_finds_and_nothing_by_chance(db: &Database) {
        invite_people(db).await?;
        assert_eq!(People::filter(|p| p.age.is_null()).delete(db).await?, 2);
        assert_eq!(People::filter(|p| p.age.is_null()).delete(db).await?, 0);
        let everyone = || People::filter(|p| p.id.gt(0));
        refused_saying(everyone().limit(1).delete(db).await, ErrorKind::InvalidArgument, &["delete people", "limit"]);
        refused(everyone().offset(1).delete(db).await, ErrorKind::InvalidArgument);
        refused(everyone().order_by(|p| p.id.asc()).delete(db).await, ErrorKind::InvalidArgument);
        assert_eq!(everyone().delete(db).await?, 4);
    }
}
