//! What several subjects store.

use chrono::{DateTime, Utc};
use wharf::prelude::*;

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "accounts")]
pub(crate) struct Account {
    #[id]
    pub(crate) id: i64,
    pub(crate) owner: String,
    pub(crate) balance: i64,
    #[version]
    pub(crate) version: i64,
}

#[repository(Account)]
pub(crate) struct Accounts;

/// A new account, as it is before it is stored.
pub(crate) fn account(id: i64, owner: &str, balance: i64) -> Account {
    Account {
        id,
        owner: owner.to_owned(),
        balance,
        version: 0,
    }
}

/// Creates the table, with an account of 100 for each of these ids.
pub(crate) async fn open_accounts(db: &Database, ids: impl IntoIterator<Item = i64>) -> Result<()> {
    db.create_table::<Account>().await?;
    let accounts: Vec<Account> = ids
        .into_iter()
        .map(|id| account(id, &format!("owner {id}"), 100))
        .collect();
    Accounts::insert_many(db, &accounts).await?;
    Ok(())
}

/// The balance of an account.
pub(crate) async fn balance(db: &impl Executor, id: i64) -> Result<i64> {
    Ok(Accounts::get(db, id).await?.balance)
}

/// Sets the balance of an account, whatever it was.
pub(crate) async fn set_balance(db: &impl WriteExecutor, id: i64, balance: i64) -> Result<Account> {
    let account = Accounts::get(db, id).await?;
    Accounts::update(db, &Account { balance, ..account }).await
}

/// A payment, which needs its account.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "payments")]
pub(crate) struct Payment {
    #[id(generated)]
    pub(crate) id: i64,
    #[belongs_to(Account)]
    pub(crate) account_id: i64,
    pub(crate) amount: i64,
}

#[repository(Payment)]
pub(crate) struct Payments;

/// Somebody with an address that nobody else has.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "members")]
pub(crate) struct Member {
    #[id(generated)]
    pub(crate) id: i64,
    #[unique]
    pub(crate) email: String,
    pub(crate) name: String,
    #[created_at]
    pub(crate) joined_at: DateTime<Utc>,
    #[updated_at]
    pub(crate) seen_at: DateTime<Utc>,
}

#[repository(Member)]
pub(crate) struct Members;

/// A new member, as it is before it is stored.
pub(crate) fn member(email: &str, name: &str) -> Member {
    let never = DateTime::UNIX_EPOCH;
    Member {
        id: 0,
        email: email.to_owned(),
        name: name.to_owned(),
        joined_at: never,
        seen_at: never,
    }
}

/// A row with NULLs and ties, for conditions and orders.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "people")]
pub(crate) struct Person {
    #[id]
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) nickname: Option<String>,
    pub(crate) age: Option<i32>,
    pub(crate) active: bool,
}

#[repository(Person)]
pub(crate) struct People;

/// Creates the table with six people; two have no age, two no nickname, and some names hold wildcards.
pub(crate) async fn invite_people(db: &Database) -> Result<Vec<Person>> {
    db.create_table::<Person>().await?;
    let person = |id, name: &str, nickname: Option<&str>, age, active| Person {
        id,
        name: name.to_owned(),
        nickname: nickname.map(str::to_owned),
        age,
        active,
    };
    let people = [
        person(1, "Ada", Some("countess"), Some(36), true),
        person(2, "ada", None, Some(7), false),
        person(3, "50% off!", Some("a_b"), None, true),
        person(4, "50 percent", Some("axb"), Some(36), false),
        person(5, "Grace", None, Some(85), true),
        person(6, "O'Brien \\ \"Bo\"", Some(""), None, false),
    ];
    People::insert_many(db, &people).await
}

/// The ids of people, in their order.
pub(crate) fn ids(people: &[Person]) -> Vec<i64> {
    people.iter().map(|person| person.id).collect()
}

/// Goes on for ever, one poll after the other.
pub(crate) async fn linger() {
    loop {
        tokio::task::yield_now().await;
    }
}

/// No ids at all.
pub(crate) const NONE: [i64; 0] = [];
