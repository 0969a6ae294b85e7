//! Queries whose name says what they do.

use wharf::prelude::*;

use crate::entities::{NONE, Person, ids, invite_people};
use crate::harness::{refused, refused_saying};

#[repository(Person)]
struct People;

#[repository]
impl People {
    async fn find_by_name(db: &impl Executor, name: &str) -> Result<Option<Person>>;
    async fn get_by_name(db: &impl Executor, name: &str) -> Result<Person>;
    async fn get_by_age(db: &impl Executor, age: i32) -> Result<Person>;
    async fn find_by_nickname_order_by_id(
        db: &impl Executor,
        nickname: Option<&str>,
    ) -> Result<Vec<Person>>;
    async fn find_by_nickname_ne_order_by_id(
        db: &impl Executor,
        nickname: Option<&str>,
    ) -> Result<Vec<Person>>;
    async fn find_by_age_gt_order_by_id(db: &impl Executor, age: i32) -> Result<Vec<Person>>;
    async fn find_by_age_gte_order_by_id(db: &impl Executor, age: i32) -> Result<Vec<Person>>;
    async fn find_by_age_lt_order_by_id(db: &impl Executor, age: i32) -> Result<Vec<Person>>;
    async fn find_by_age_lte_order_by_id(db: &impl Executor, age: i32) -> Result<Vec<Person>>;
    async fn find_by_age_between_order_by_id(
        db: &impl Executor,
        low: i32,
        high: i32,
    ) -> Result<Vec<Person>>;
    async fn find_by_age_ne_order_by_id(db: &impl Executor, age: i32) -> Result<Vec<Person>>;
    async fn find_by_age_in_order_by_id(db: &impl Executor, ages: &[i32]) -> Result<Vec<Person>>;
    async fn find_by_age_not_in_order_by_id(
        db: &impl Executor,
        ages: &[i32],
    ) -> Result<Vec<Person>>;
    async fn find_by_name_in_order_by_id(db: &impl Executor, names: &[&str])
    -> Result<Vec<Person>>;
    async fn find_by_age_is_null_order_by_id(db: &impl Executor) -> Result<Vec<Person>>;
    async fn find_by_age_is_not_null_order_by_id(db: &impl Executor) -> Result<Vec<Person>>;
    async fn find_by_active_is_true_order_by_id(db: &impl Executor) -> Result<Vec<Person>>;
    async fn find_by_active_is_false_order_by_id(db: &impl Executor) -> Result<Vec<Person>>;
    async fn find_by_name_like_order_by_id(
        db: &impl Executor,
        pattern: &str,
    ) -> Result<Vec<Person>>;
    async fn find_by_name_starts_with_order_by_id(
        db: &impl Executor,
        start: &str,
    ) -> Result<Vec<Person>>;
    async fn find_by_name_ends_with_order_by_id(
        db: &impl Executor,
        end: &str,
    ) -> Result<Vec<Person>>;
    async fn find_by_nickname_contains_order_by_id(
        db: &impl Executor,
        part: &str,
    ) -> Result<Vec<Person>>;
    async fn find_by_name_ignore_case_order_by_id(
        db: &impl Executor,
        name: &str,
    ) -> Result<Vec<Person>>;
    async fn find_by_name_starts_with_ignore_case_order_by_id(
        db: &impl Executor,
        start: &str,
    ) -> Result<Vec<Person>>;
    async fn find_by_name_and_active_or_age_order_by_id(
        db: &impl Executor,
        name: &str,
        active: bool,
        age: i32,
    ) -> Result<Vec<Person>>;
    async fn find_by_active_is_true_and_age_is_not_null_order_by_age_desc(
        db: &impl Executor,
    ) -> Result<Vec<Person>>;
    async fn find_by_id_gt_order_by_age_asc_name_desc(
        db: &impl Executor,
        id: i64,
    ) -> Result<Vec<Person>>;
    async fn find_first_by_active_order_by_age_desc(
        db: &impl Executor,
        active: bool,
    ) -> Result<Option<Person>>;
    async fn find_top2_by_id_gt_order_by_id_desc(
        db: &impl Executor,
        id: i64,
    ) -> Result<Vec<Person>>;
    async fn count_by_age(db: &impl Executor, age: Option<i32>) -> Result<u64>;
    async fn exists_by_age(db: &impl Executor, age: Option<i32>) -> Result<bool>;
    async fn delete_by_age(db: &impl WriteExecutor, age: Option<i32>) -> Result<u64>;
    async fn find_by_id_gte_order_by_active(
        db: &impl Executor,
        id: i64,
        number: u64,
        size: u64,
    ) -> Result<Page<Person>>;
    fn find_by_id_lt_order_by_id_desc(
        db: &impl Executor,
        id: i64,
    ) -> impl Stream<Item = Result<Person>>;
}

on_all_engines! {
    async fn comparisons_never_match_null(db: &Database) {
        invite_people(db).await?;
        assert_eq!(ids(&People::find_by_age_gt_order_by_id(db, 36).await?), [5]);
        assert_eq!(ids(&People::find_by_age_gte_order_by_id(db, 36).await?), [1, 4, 5]);
        assert_eq!(ids(&People::find_by_age_lt_order_by_id(db, 36).await?), [2]);
        assert_eq!(ids(&People::find_by_age_lte_order_by_id(db, 36).await?), [1, 2, 4]);
        assert_eq!(ids(&People::find_by_age_between_order_by_id(db, 7, 36).await?), [1, 2, 4]);
        assert_eq!(ids(&People::find_by_age_between_order_by_id(db, 36, 7).await?), NONE);
        assert_eq!(ids(&People::find_by_age_ne_order_by_id(db, 36).await?), [2, 5]);
        assert_eq!(ids(&People::find_by_age_is_null_order_by_id(db).await?), [3, 6]);
        assert_eq!(ids(&People::find_by_age_is_not_null_order_by_id(db).await?), [1, 2, 4, 5]);
        assert_eq!(ids(&People::find_by_active_is_true_order_by_id(db).await?), [1, 3, 5]);
        assert_eq!(ids(&People::find_by_active_is_false_order_by_id(db).await?), [2, 4, 6]);
    }

    async fn lists_may_have_any_length(db: &Database) {
        invite_people(db).await?;
        assert_eq!(ids(&People::find_by_age_in_order_by_id(db, &[36, 7, 36, 1]).await?), [1, 2, 4]);
        assert_eq!(ids(&People::find_by_age_in_order_by_id(db, &[]).await?), NONE);
        assert_eq!(ids(&People::find_by_age_not_in_order_by_id(db, &[36]).await?), [2, 5]);
        assert_eq!(ids(&People::find_by_name_in_order_by_id(db, &["Ada", "O'Brien \\ \"Bo\""]).await?), [1, 6]);
        let many: Vec<i32> = (0..70_000).collect();
        assert_eq!(ids(&People::find_by_age_in_order_by_id(db, &many).await?), [1, 2, 4, 5]);
    }

    async fn texts_are_compared_literally(db: &Database) {
        invite_people(db).await?;
        assert_eq!(ids(&People::find_by_name_like_order_by_id(db, "%d_").await?), [1, 2]);
        assert_eq!(ids(&People::find_by_name_starts_with_order_by_id(db, "50%").await?), [3]);
        assert_eq!(ids(&People::find_by_name_starts_with_order_by_id(db, "ada").await?), [2]);
        assert_eq!(ids(&People::find_by_name_ends_with_order_by_id(db, "off!").await?), [3]);
        assert_eq!(ids(&People::find_by_name_ends_with_order_by_id(db, "\"").await?), [6]);
        assert_eq!(ids(&People::find_by_nickname_contains_order_by_id(db, "_").await?), [3]);
        assert_eq!(ids(&People::find_by_name_ignore_case_order_by_id(db, "ADA").await?), [1, 2]);
        assert_eq!(ids(&People::find_by_name_starts_with_ignore_case_order_by_id(db, "AD").await?), [1, 2]);
    }

    async fn an_argument_that_is_none_asks_for_null(db: &Database) {
        invite_people(db).await?;
        assert_eq!(ids(&People::find_by_nickname_order_by_id(db, None).await?), [2, 5]);
        assert_eq!(ids(&People::find_by_nickname_order_by_id(db, Some("")).await?), [6]);
        assert_eq!(ids(&People::find_by_nickname_ne_order_by_id(db, None).await?), [1, 3, 4, 6]);
        assert_eq!(ids(&People::find_by_nickname_ne_order_by_id(db, Some("")).await?), [1, 3, 4]);
        assert_eq!(People::count_by_age(db, None).await?, 2);
        assert_eq!(People::count_by_age(db, Some(36)).await?, 2);
        assert!(People::exists_by_age(db, None).await?);
        assert!(!People::exists_by_age(db, Some(1)).await?);
        assert_eq!(People::delete_by_age(db, None).await?, 2);
        assert_eq!(People::delete_by_age(db, None).await?, 0);
        assert_eq!(People::count(db).await?, 4);
    }

    async fn and_binds_closer_than_or(db: &Database) {
        invite_people(db).await?;
        assert_eq!(ids(&People::find_by_name_and_active_or_age_order_by_id(db, "Ada", true, 85).await?), [1, 5]);
        assert_eq!(ids(&People::find_by_name_and_active_or_age_order_by_id(db, "Ada", false, 7).await?), [2]);
    }

    async fn orders_put_nulls_last_in_both_directions(db: &Database) {
        invite_people(db).await?;
        assert_eq!(ids(&People::find_by_active_is_true_and_age_is_not_null_order_by_age_desc(db).await?), [5, 1]);
        let ordered = ids(&People::find_by_id_gt_order_by_age_asc_name_desc(db, 0).await?);
        assert_eq!(ordered[..4], [2, 1, 4, 5]);
        let first = People::find_first_by_active_order_by_age_desc(db, true).await?;
        assert_eq!(first.map(|person| person.id), Some(5));
        assert_eq!(People::find_first_by_active_order_by_age_desc(db, false).await?.map(|person| person.id), Some(4));
        assert_eq!(ids(&People::find_top2_by_id_gt_order_by_id_desc(db, 0).await?), [6, 5]);
    }

    async fn one_row_is_one_row(db: &Database) {
        invite_people(db).await?;
        assert_eq!(People::find_by_name(db, "Grace").await?.map(|person| person.id), Some(5));
        assert_eq!(People::find_by_name(db, "grace").await?, None);
        assert_eq!(People::get_by_name(db, "Grace").await?.id, 5);
        refused_saying(People::get_by_name(db, "nobody").await, ErrorKind::NotFound, &["get_by_name"]);
        refused(People::get_by_age(db, 36).await, ErrorKind::NotUnique);
    }

    async fn pages_and_streams_follow_the_name(db: &Database) {
        invite_people(db).await?;
        let page = People::find_by_id_gte_order_by_active(db, 2, 1, 2).await?;
        // The inactive first, then the active ones; ties by id.
        assert_eq!((ids(&page.items), page.number, page.size, page.total), (vec![6, 3], 1, 2, 5));
        assert_eq!((page.pages(), page.is_last()), (3, false));
        refused_saying(People::find_by_id_gte_order_by_active(db, 2, 0, 0).await, ErrorKind::InvalidArgument, &["page size is 0"]);
        let streamed: Vec<Person> = People::find_by_id_lt_order_by_id_desc(db, 4).try_collect().await?;
        assert_eq!(ids(&streamed), [3, 2, 1]);
    }
}
