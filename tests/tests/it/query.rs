//! Queries written as SQL.

use wharf::prelude::*;

use crate::entities::{Account, NONE, account, open_accounts};
use crate::harness::{refused, refused_saying};

/// A projection, by name.
#[derive(Row, Debug, PartialEq)]
struct Summary {
    owner: String,
    #[column(name = "total")]
    sum: i64,
}

#[repository(Account)]
struct Accounts;

#[repository]
impl Accounts {
    #[query("SELECT {Account} FROM accounts WHERE balance >= :floor ORDER BY balance DESC, id")]
    async fn richer_than(db: &impl Executor, floor: i64) -> Result<Vec<Account>>;

    #[query(
        "SELECT {Account as a} FROM accounts a JOIN accounts b ON b.id = a.id + 1 WHERE b.owner = :owner"
    )]
    async fn before(db: &impl Executor, owner: &str) -> Result<Option<Account>>;

    #[query("SELECT * FROM accounts WHERE id = :id")]
    async fn starred(db: &impl Executor, id: i64) -> Result<Account>;

    #[query("SELECT id, owner FROM accounts WHERE balance > :floor ORDER BY id")]
    async fn names(db: &impl Executor, floor: i64) -> Result<Vec<(i64, String)>>;

    #[query(
        "SELECT owner, max(balance) AS total, count(*) AS ignored FROM accounts GROUP BY owner ORDER BY owner"
    )]
    async fn summaries(db: &impl Executor) -> Result<Vec<Summary>>;

    #[query("SELECT owner FROM accounts WHERE id = :id")]
    async fn misnamed(db: &impl Executor, id: i64) -> Result<Option<Summary>>;

    #[query("SELECT count(*) FROM accounts WHERE owner = :owner")]
    async fn how_many(db: &impl Executor, owner: &str) -> Result<i64>;

    #[query("SELECT max(balance) FROM accounts WHERE owner = :owner")]
    async fn most(db: &impl Executor, owner: &str) -> Result<Option<i64>>;

    #[query("SELECT {Account} FROM accounts WHERE id IN (:ids) AND balance > :floor ORDER BY id")]
    async fn among(db: &impl Executor, floor: i64, ids: &[i64]) -> Result<Vec<Account>>;

    #[query("SELECT {Account} FROM accounts WHERE owner NOT IN (:owners) ORDER BY id")]
    async fn except(db: &impl Executor, owners: &[&str]) -> Result<Vec<Account>>;

    #[query(
        "SELECT {Account} FROM accounts WHERE balance BETWEEN :b - :a AND :b + :a AND owner <> ':a' ORDER BY id"
    )]
    async fn around(db: &impl Executor, a: i64, b: i64) -> Result<Vec<Account>>;

    #[query("UPDATE accounts SET balance = balance + :amount WHERE owner = :owner")]
    async fn deposit(db: &impl WriteExecutor, owner: &str, amount: i64) -> Result<u64>;

    #[query("DELETE FROM accounts WHERE id = :id")]
    async fn remove(db: &impl WriteExecutor, id: i64) -> Result<bool>;

    #[query("INSERT INTO accounts (id, owner, balance, version) VALUES (:id, :owner, 0, 0)")]
    async fn open(db: &impl WriteExecutor, id: i64, owner: Option<&str>) -> Result<()>;

    #[query("SELECT {Account} FROM accounts WHERE balance > :floor ORDER BY id")]
    async fn paged(db: &impl Executor, floor: i64, number: u64, size: u64)
    -> Result<Page<Account>>;

    #[query("SELECT id, balance FROM accounts WHERE balance > :floor ORDER BY id")]
    fn streamed(db: &impl Executor, floor: i64) -> impl Stream<Item = Result<(i64, i64)>>;

    #[query(
        sqlite = "SELECT 'lite'",
        postgres = "SELECT 'post' || 'gres'",
        mysql = "SELECT concat('my', 'sql')"
    )]
    async fn engine(db: &impl Executor) -> Result<String>;

    #[query(postgres = "SELECT version()")]
    async fn only_postgres(db: &impl Executor) -> Result<String>;

    #[query("UPDATE accounts SET balance = balance * 2 WHERE id = :id RETURNING {Account}")]
    async fn doubled(db: &impl WriteExecutor, id: i64) -> Result<Option<Account>>;

    /// Methods with a body are left alone.
    async fn total(db: &impl Executor) -> Result<i64> {
        Ok(Self::names(db, i64::MIN).await?.len() as i64)
    }
}

on_all_engines! {
    async fn an_entity_is_read_by_its_columns(db: &Database) {
        open_accounts(db, 1..=3).await?;
        let all = Accounts::all(db).await?;
        assert_eq!(Accounts::richer_than(db, 100).await?, all);
        assert_eq!(Accounts::richer_than(db, 101).await?, []);
        assert_eq!(Accounts::before(db, "owner 3").await?.as_ref(), Some(&all[1]));
        assert_eq!(Accounts::before(db, "owner 1").await?, None);
        assert_eq!(Accounts::total(db).await?, 3);
    }

    async fn a_star_is_read_by_name_whatever_the_order_of_the_columns(db: &Database) {
        let table = "CREATE TABLE accounts (version BIGINT, extra INT, balance BIGINT, owner VARCHAR(9), id BIGINT)";
        db.execute(table).await?;
        db.execute("INSERT INTO accounts VALUES (4, 9, 3, 'two', 1)").await?;
        assert_eq!(Accounts::starred(db, 1).await?, Account { id: 1, owner: "two".to_owned(), balance: 3, version: 4 });
    }

    async fn a_missing_column_is_told_with_those_that_are_there(db: &Database) {
        open_accounts(db, [1]).await?;
        let error = Accounts::misnamed(db, 1).await;
        refused_saying(error, ErrorKind::Decode, &["misnamed", "`total`", "whose columns are owner"]);
    }

    async fn projections_are_tuples_rows_and_single_values(db: &Database) {
        open_accounts(db, 1..=2).await?;
        assert_eq!(Accounts::names(db, 0).await?, [(1, "owner 1".to_owned()), (2, "owner 2".to_owned())]);
        let sums: Vec<i64> = Accounts::summaries(db).await?.into_iter().map(|summary| summary.sum).collect();
        assert_eq!(sums, [100, 100]);
        assert_eq!(Accounts::how_many(db, "owner 1").await?, 1);
        assert_eq!(Accounts::most(db, "owner 1").await?, Some(100));
    }

    async fn one_row_is_neither_none_nor_two(db: &Database) {
        open_accounts(db, 1..=2).await?;
        refused_saying(Accounts::starred(db, 9).await, ErrorKind::NotFound, &["starred"]);
        Accounts::deposit(db, "owner 2", 1).await?;
        db.execute("UPDATE accounts SET owner = 'both'").await?;
        db.execute("INSERT INTO accounts VALUES (3, 'both', 0, 0)").await?;
        refused(Accounts::before(db, "both").await, ErrorKind::NotUnique);
    }

    async fn writes_say_how_many_rows_they_met(db: &Database) {
        open_accounts(db, 1..=2).await?;
        assert_eq!(Accounts::deposit(db, "owner 1", 5).await?, 1);
        assert_eq!(Accounts::deposit(db, "owner 1", 0).await?, 1, "met, though not changed");
        assert_eq!(Accounts::deposit(db, "nobody", 5).await?, 0);
        assert!(Accounts::remove(db, 1).await?);
        assert!(!Accounts::remove(db, 1).await?);
        Accounts::open(db, 7, Some("it's")).await?;
        assert_eq!(Accounts::get(db, 7).await?, account(7, "it's", 0));
        refused(Accounts::open(db, 8, None).await, ErrorKind::Constraint);
    }

    async fn lists_and_repeated_names_are_bound_in_their_places(db: &Database) {
        open_accounts(db, 1..=9).await?;
        let ids = |accounts: Vec<Account>| accounts.into_iter().map(|account| account.id).collect::<Vec<_>>();
        assert_eq!(ids(Accounts::among(db, 99, &[9, 3, 77]).await?), [3, 9]);
        assert_eq!(ids(Accounts::among(db, 100, &[9, 3]).await?), NONE);
        assert_eq!(ids(Accounts::among(db, 0, &[]).await?), NONE);
        assert_eq!(ids(Accounts::except(db, &["owner 1", "owner 2", "owner 4"]).await?), [3, 5, 6, 7, 8, 9]);
        assert_eq!(Accounts::except(db, &[]).await?.len(), 9);
        assert_eq!(Accounts::around(db, 1, 101).await?.len(), 9);
        assert_eq!(Accounts::around(db, 1, 102).await?.len(), 0);
    }

    async fn pages_and_streams_run_the_same_text(db: &Database) {
        open_accounts(db, 1..=5).await?;
        let page = Accounts::paged(db, 0, 1, 2).await?;
        assert_eq!((page.items.len(), page.items[0].id, page.total, page.pages()), (2, 3, 5, 3));
        refused(Accounts::paged(db, 0, 0, 10_001).await, ErrorKind::InvalidArgument);
        let streamed: Vec<(i64, i64)> = Accounts::streamed(db, 0).try_collect().await?;
        assert_eq!(streamed.last(), Some(&(5, 100)));
    }

    async fn each_engine_may_have_its_own_text(db: &Database) {
        let engine = Accounts::engine(db).await?;
        let only = Accounts::only_postgres(db).await;
        match db.dialect() {
            Dialect::Sqlite => assert_eq!(engine, "lite"),
            Dialect::Postgres => assert_eq!(engine, "postgres"),
            Dialect::MySql => assert_eq!(engine, "mysql"),
        }
        match db.dialect() {
            Dialect::Postgres => assert!(only?.starts_with("PostgreSQL")),
            dialect => drop(refused_saying(only, ErrorKind::Unsupported, &["only_postgres", dialect.name()])),
        }
    }

    async fn a_write_may_return_rows_where_the_engine_can(db: &Database) {
        open_accounts(db, [1]).await?;
        if db.dialect() == Dialect::MySql {
            // MariaDB has no UPDATE … RETURNING.
            refused(Accounts::doubled(db, 1).await, ErrorKind::Syntax);
            return Ok(());
        }
        assert_eq!(Accounts::doubled(db, 1).await?.map(|account| account.balance), Some(200));
        assert_eq!(Accounts::doubled(db, 2).await?, None);
        assert_eq!(Accounts::get(db, 1).await?.balance, 200);
    }

    async fn what_looks_like_sql_in_an_argument_is_a_text(db: &Database) {
        open_accounts(db, 1..=2).await?;
        for owner in ["' OR '1'='1", "x'; DELETE FROM accounts; --", "\\'; DROP TABLE accounts; #", ":owner", "$1", "?"] {
            assert_eq!(Accounts::how_many(db, owner).await?, 0);
            assert_eq!(Accounts::deposit(db, owner, 1).await?, 0);
            assert_eq!(Accounts::filter(|a| a.owner.contains(owner)).count(db).await?, 0);
            Accounts::open(db, 3, Some(owner)).await?;
            assert_eq!(Accounts::get(db, 3).await?.owner, owner);
            Accounts::remove(db, 3).await?;
        }
        assert_eq!(Accounts::count(db).await?, 2);
    }
}
