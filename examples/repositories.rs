//! Entities and their repository: attributes, queries named by what they do, SQL, filters, bulk writes and versions.
//!
//! `cargo run --example repositories`

use wharf::prelude::*;

/// Stored as `open`, `frozen` or `closed`.
#[derive(Value, Debug, Clone, Copy, PartialEq, Eq)]
#[value(rename_all = "lowercase")]
enum Status {
    Open,
    Frozen,
    Closed,
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "accounts")]
struct Account {
    #[id(generated)]
    id: i64,
    #[unique]
    owner: String,
    #[index]
    balance: i64,
    status: Status,
    #[column(name = "comment")]
    note: Option<String>,
    /// Checked and raised by every update.
    #[version]
    version: i64,
    /// Milliseconds since 1970; Wharf sets both.
    #[created_at]
    created_at: i64,
    #[updated_at]
    updated_at: i64,
    /// Not stored.
    #[column(skip)]
    is_selected: bool,
}

impl Account {
    fn new(owner: &str, balance: i64) -> Self {
        let owner = owner.to_owned();
        let status = Status::Open;
        Self {
            id: 0,
            owner,
            balance,
            status,
            note: None,
            version: 1,
            created_at: 0,
            updated_at: 0,
            is_selected: false,
        }
    }
}

/// A projection, read by the names of its columns.
#[derive(Row, Debug)]
struct Holding {
    status: Status,
    accounts: i64,
    most: i64,
}

#[repository(Account)]
struct Accounts;

#[repository]
impl Accounts {
    // The name is the query.
    async fn find_by_status_order_by_balance_desc(
        db: &impl Executor,
        status: Status,
    ) -> Result<Vec<Account>>;
    async fn find_by_owner(db: &impl Executor, owner: &str) -> Result<Option<Account>>;
    async fn count_by_balance_gte_and_note_is_null(db: &impl Executor, floor: i64) -> Result<u64>;
    async fn delete_by_status(db: &impl WriteExecutor, status: Status) -> Result<u64>;

    // Or the query is SQL, read when this compiles.
    #[query(
        "SELECT status, count(*) AS accounts, max(balance) AS most FROM accounts GROUP BY status ORDER BY status"
    )]
    async fn holdings(db: &impl Executor) -> Result<Vec<Holding>>;

    #[query("UPDATE accounts SET balance = balance + :amount WHERE owner IN (:owners)")]
    async fn deposit(db: &impl WriteExecutor, owners: &[&str], amount: i64) -> Result<u64>;
}

#[tokio::main]
async fn main() -> Result<()> {
    let db = Database::connect("sqlite::memory:").await?;
    db.create_table::<Account>().await?;

    // Many rows are one statement, whatever their number, and come back as they are stored.
    let new = [
        Account::new("Ada", 120),
        Account::new("Blaise", 40),
        Account::new("Carl", 300),
        Account::new("Daniel", 5),
    ];
    let stored = Accounts::insert_many(&db, &new).await?;
    println!(
        "inserted with the ids {:?}",
        stored.iter().map(|account| account.id).collect::<Vec<_>>()
    );

    println!(
        "deposited into {} accounts",
        Accounts::deposit(&db, &["Ada", "Blaise"], 10).await?
    );
    let rich = Accounts::filter(|a| {
        a.balance
            .gt(100)
            .and(a.owner.starts_with("A").or(a.owner.contains("ar")))
    });
    for account in rich.order_by(|a| a.owner.asc()).limit(10).all(&db).await? {
        println!("  {} has {}", account.owner, account.balance);
    }
    println!(
        "{} with at least 50 and no note",
        Accounts::count_by_balance_gte_and_note_is_null(&db, 50).await?
    );

    // Two copies of one row: the second update is told that its copy is stale.
    let (mut mine, mut yours) = (
        Accounts::get(&db, stored[0].id).await?,
        Accounts::get(&db, stored[0].id).await?,
    );
    mine.note = Some("owes a book".into());
    let mine = Accounts::update(&db, &mine).await?;
    yours.balance = 0;
    let refused = Accounts::update(&db, &yours)
        .await
        .expect_err("the version moved on");
    assert_eq!(
        (mine.version, refused.kind()),
        (yours.version + 1, ErrorKind::Stale)
    );
    println!("refused: {refused}");

    // A violated constraint is named.
    let refused = Accounts::insert(&db, &Account::new("Ada", 1))
        .await
        .expect_err("the owner is unique");
    println!(
        "refused: {refused} (constraint {:?})",
        refused
            .constraint()
            .and_then(|constraint| constraint.name())
    );

    let closed = Accounts::upsert(
        &db,
        &Account {
            status: Status::Closed,
            ..stored[3].clone()
        },
    )
    .await?;
    assert_eq!(Accounts::find_by_owner(&db, "Daniel").await?, Some(closed));
    let frozen = Account {
        status: Status::Frozen,
        ..stored[2].clone()
    };
    Accounts::update_many(&db, &[frozen]).await?;
    for holding in Accounts::holdings(&db).await? {
        println!(
            "  {:?}: {} accounts, at most {}",
            holding.status, holding.accounts, holding.most
        );
    }
    println!(
        "deleted {} that were closed",
        Accounts::delete_by_status(&db, Status::Closed).await?
    );
    let open = Accounts::find_by_status_order_by_balance_desc(&db, Status::Open).await?;
    assert_eq!(
        open.iter()
            .map(|account| account.owner.as_str())
            .collect::<Vec<_>>(),
        ["Ada", "Blaise"]
    );
    db.close().await;
    Ok(())
}
