//! What a user writes, in a program that allows no warning.

#![deny(warnings, missing_docs, missing_debug_implementations)]
#![allow(unused_qualifications, unreachable_pub, reason = "it is a module here")]

use wharf::prelude::*;

/// Whoever pays.
#[derive(Entity, Debug, Clone, PartialEq)]
pub struct Customer {
    #[id(generated)]
    id: CustomerId,
    #[unique]
    email: Email,
}

/// A key of its own type.
#[derive(Value, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CustomerId {
    number: i64,
}

impl From<i64> for CustomerId {
    fn from(number: i64) -> Self {
        Self { number }
    }
}

/// An address.
#[derive(Value, Debug, Clone, PartialEq)]
pub struct Email(pub String);

/// Stored as a text.
#[derive(Value, Debug, Clone, Copy, PartialEq)]
#[value(rename_all = "kebab-case")]
pub enum Mood {
    /// `very-happy`
    VeryHappy,
    /// `blue`
    #[value(name = "blue")]
    Sad,
}

/// Stored as a number.
#[derive(Value, Debug, Clone, Copy, PartialEq)]
#[value(integer)]
pub enum Level {
    /// -1
    Low = -1,
    /// 0
    Middle,
}

#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Settings {
    dark: bool,
}

/// Money of somebody.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "bank.accounts")]
pub struct Account {
    /// The key.
    #[id]
    pub id: i64,
    /// Whose it is.
    #[index]
    pub owner: String,
    /// What it is called.
    pub nick: Option<String>,
    /// How much there is.
    pub balance: i64,
    /// Whether it is used.
    #[column(name = "is_active")]
    pub active: bool,
    /// How it is.
    pub mood: Mood,
    /// How high it is.
    pub level: Option<Level>,
    /// What it is signed with.
    pub hash: Vec<u8>,
    /// A name that looks like two conditions.
    pub terms_and_conditions: String,
    #[column(json)]
    settings: Settings,
    #[column(skip)]
    is_shown: bool,
    #[belongs_to(Customer)]
    customer_id: CustomerId,
    #[belongs_to(Customer)]
    referrer_id: Option<CustomerId>,
    #[version]
    version: i64,
    #[created_at]
    created_at: i64,
    #[updated_at]
    updated_at: Option<i64>,
}

/// A part of a row.
#[derive(Row, Debug, PartialEq)]
pub struct Total {
    /// Whose.
    #[column(name = "who")]
    pub owner: String,
    /// How much.
    pub total: i64,
}

/// All customers.
#[repository(Customer)]
#[derive(Debug)]
pub struct Customers;

/// All accounts.
#[derive(Debug)]
#[repository(self::Account)]
pub struct Accounts;

#[repository]
impl Accounts {
    /// Derived, many.
    pub async fn find_by_owner_order_by_balance_desc(
        db: &impl Executor,
        owner: &str,
    ) -> Result<Vec<Account>>;
    /// Derived, one.
    pub async fn get_by_owner_ignore_case(db: &impl Executor, owner: String) -> Result<Account>;
    /// Derived, at most one.
    pub async fn find_by_terms_and_conditions(
        db: &impl Executor,
        text: &str,
    ) -> Result<Option<Account>>;
    /// Derived, the first.
    pub async fn find_first_order_by_balance_desc_and_id(db: &Session) -> Result<Option<Account>>;
    /// Derived, a few.
    pub async fn find_top3_by_active_is_true_or_id_in_order_by_balance_desc_id_asc(
        uow: &UnitOfWork,
        ids: &[i64],
    ) -> Result<Vec<Account>>;
    /// Derived, by everything.
    pub async fn find_by_owner_in_and_nick_is_not_null_and_balance_between_and_hash_and_nick_starts_with_and_mood_ne(
        db: &impl Executor,
        owners: &[&str],
        low: i64,
        high: i64,
        hash: &[u8],
        start: &str,
        mood: Mood,
    ) -> Result<Vec<Account>>;
    /// Derived, a page.
    pub async fn find_by_balance_gte(
        db: &impl Executor,
        floor: i64,
        number: u64,
        size: u64,
    ) -> Result<Page<Account>>;
    /// Derived, a stream.
    pub fn find_by_nick(db: &impl Executor, nick: &str) -> impl Stream<Item = Result<Account>>;
    /// Derived, a stream of all.
    pub fn find_all_order_by_id(db: &Database) -> impl Stream<Item = Result<Account>>;
    /// Derived, a number.
    pub async fn count_by_balance_lt(db: &impl Executor, ceiling: i64) -> Result<u64>;
    /// Derived, yes or no.
    pub async fn exists_by_customer_id(db: &impl Executor, customer_id: CustomerId)
    -> Result<bool>;
    /// Derived, away.
    pub async fn delete_by_owner(db: &impl WriteExecutor, owner: &str) -> Result<u64>;
    /// Derived, away if it was there.
    pub async fn delete_by_id(
        db: &UnitOfWork<ReadWrite>,
        id: i64,
    ) -> std::result::Result<bool, BankError>;

    /// SQL, many.
    #[query("SELECT {Account} FROM bank.accounts WHERE balance >= :floor ORDER BY balance DESC")]
    pub async fn richer_than(db: &impl Executor, floor: i64) -> Result<Vec<Account>>;
    /// SQL, a list.
    #[query(
        "SELECT {Account as a} FROM bank.accounts a WHERE a.nick IN (:nicks) AND a.id IN (:ids)"
    )]
    pub async fn called(
        db: &impl Executor,
        ids: &[i64],
        nicks: &[&str],
        number: u64,
        size: u64,
    ) -> Result<Page<Account>>;
    /// SQL, rows of their own; and one engine differs.
    #[query(
        "SELECT owner AS who, sum(balance) AS total FROM bank.accounts GROUP BY owner",
        mysql = "SELECT owner who, sum(balance) total FROM bank.accounts GROUP BY owner"
    )]
    pub async fn totals(db: &impl Executor) -> Result<Vec<Total>>;
    /// SQL, tuples.
    #[query("SELECT owner, balance FROM bank.accounts WHERE nick = :nick")]
    pub fn pairs(
        db: &impl Executor,
        nick: Option<&str>,
    ) -> impl Stream<Item = Result<(String, i64)>>;
    /// SQL, one value.
    #[query("SELECT count(*) FROM bank.accounts")]
    pub async fn how_many(db: &impl Executor) -> Result<u64>;
    /// SQL, what was changed.
    #[query("UPDATE bank.accounts SET balance = balance + :amount WHERE id = :id")]
    pub async fn deposit(db: &impl WriteExecutor, id: i64, amount: i64) -> Result<u64>;
    /// SQL, what it is now.
    #[query("UPDATE bank.accounts SET balance = 0 WHERE id = :id RETURNING {Account}")]
    pub async fn empty(db: &impl WriteExecutor, id: i64) -> Result<Option<Account>>;
    /// SQL, whether there was anything.
    #[query("DELETE FROM bank.accounts WHERE mood = :mood")]
    pub async fn cheer_up(db: &impl WriteExecutor, mood: &Mood) -> Result<bool>;
    /// SQL of one engine, nothing.
    #[query(postgres = "TRUNCATE bank.accounts")]
    #[allow(clippy::needless_lifetimes)]
    pub async fn forget<'a>(db: &'a impl WriteExecutor) -> Result<()>;

    /// Left alone.
    pub const fn fee() -> i64 {
        1
    }
}

/// A program's own error.
#[derive(Debug)]
pub struct BankError(pub Error);

impl From<Error> for BankError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

/// The functions that the attribute made, as they're called; every future is `Send`.
pub async fn calls(db: &Database, session: &Session, account: &Account) -> Result<()> {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    is_send(Accounts::find(db, 1)).await?;
    is_send(Customers::get(session, 1)).await?;
    is_send(Customers::find_many(session, &[1, 2])).await?;
    is_send(Accounts::all(db)).await?;
    is_send(Accounts::exists(db, 1)).await?;
    is_send(Accounts::count(db)).await?;
    is_send(Accounts::insert(db, account)).await?;
    is_send(Accounts::insert_many(db, &[])).await?;
    is_send(Accounts::update(db, account)).await?;
    is_send(Accounts::update_many(db, std::slice::from_ref(account))).await?;
    is_send(Accounts::upsert(db, account)).await?;
    is_send(Accounts::delete(db, 1)).await?;
    is_send(Accounts::delete_many(db, &[1, 2])).await?;
    is_send(Accounts::page(db, 0, 10)).await?;
    is_send(Accounts::after(db, None, 10)).await?;
    is_send(Accounts::stream(db)).next().await;
    is_send(Accounts::find_by_owner_order_by_balance_desc(db, "ada")).await?;
    is_send(Accounts::called(db, &[1], &["a"], 0, 10)).await?;
    is_send(Accounts::filter(|a| a.balance.gt(100)).all(db)).await?;
    assert_eq!(Account::columns().owner.place(), 1);
    assert_eq!(Accounts::fee(), 1);
    Ok(())
}

pub fn main() {
    let _ = calls;
}
