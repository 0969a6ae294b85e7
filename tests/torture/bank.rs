//! The bank: its tables, and what is done with them. All of it goes through Wharf's macros, as a program would do it.

use wharf::prelude::*;

pub(crate) const ACCOUNTS: i64 = 200;
pub(crate) const INITIAL_BALANCE: i64 = 1000;
pub(crate) const REGISTERS: i64 = 500;
pub(crate) const NOTES: i64 = 3;
/// The note that shows whether a node takes writes; the others are their authors' own.
pub(crate) const WITNESS: i64 = 0;

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "accounts")]
pub(crate) struct Account {
    #[id]
    pub(crate) id: i64,
    pub(crate) balance: i64,
    /// In how many transfers it took part.
    pub(crate) moves: i64,
}

/// One row for every transfer. Nothing but Wharf keeps a call from having two.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "ledger")]
pub(crate) struct Entry {
    #[id(generated)]
    pub(crate) id: i64,
    pub(crate) call: i64,
    pub(crate) source: i64,
    pub(crate) target: i64,
    pub(crate) amount: i64,
}

/// The numbers of the calls that appended to it, in order: `7,9,12,`.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "reg")]
pub(crate) struct Register {
    #[id]
    pub(crate) id: i64,
    pub(crate) list: String,
}

/// A number that only rises: whoever sees it fall has been shown the past.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "notes")]
pub(crate) struct Note {
    #[id]
    pub(crate) id: i64,
    pub(crate) value: i64,
}

#[repository(Account)]
pub(crate) struct Accounts;

#[repository(Entry)]
pub(crate) struct Ledger;

#[repository(Register)]
pub(crate) struct Registers;

#[repository(Note)]
pub(crate) struct Notes;

#[repository]
impl Accounts {
    #[query("UPDATE accounts SET balance = balance + :change, moves = moves + 1 WHERE id = :id")]
    async fn change(db: &impl WriteExecutor, id: i64, change: i64) -> Result<u64>;

    // A sum has another type than its numbers, and each engine has its own word for a 64-bit one.
    #[query(
        "SELECT CAST(coalesce(sum(balance), 0) AS BIGINT), CAST(coalesce(sum(moves), 0) AS BIGINT) FROM accounts",
        mysql = "SELECT CAST(coalesce(sum(balance), 0) AS SIGNED), CAST(coalesce(sum(moves), 0) AS SIGNED) FROM accounts"
    )]
    async fn sums(db: &impl Executor) -> Result<(i64, i64)>;
}

#[repository]
impl Registers {
    #[query("UPDATE reg SET list = concat(list, :item) WHERE id = :id")]
    async fn append(db: &impl WriteExecutor, id: i64, item: &str) -> Result<u64>;
}

#[repository]
impl Notes {
    /// What arrives late, from a server that had stopped in between, lowers nothing.
    #[query("UPDATE notes SET value = :value WHERE id = :id AND value < :value")]
    pub(crate) async fn raise(db: &impl WriteExecutor, id: i64, value: i64) -> Result<u64>;
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    pub(crate) call: i64,
    pub(crate) source: i64,
    pub(crate) target: i64,
    pub(crate) amount: i64,
}

/// Moves money.
#[transactional(exactly_once, retry = 20, timeout = "20s")]
pub(crate) async fn transfer(uow: &UnitOfWork, order: Order) -> Result<()> {
    move_money(uow, order).await
}

/// Moves money once, however often it is called with this order.
#[transactional(exactly_once = order.call, retry = 20, timeout = "20s")]
pub(crate) async fn transfer_under_key(uow: &UnitOfWork, order: Order) -> Result<()> {
    move_money(uow, order).await
}

async fn move_money(uow: &UnitOfWork, order: Order) -> Result<()> {
    let Order {
        call,
        source,
        target,
        amount,
    } = order;
    let mut changes = [(source, -amount), (target, amount)];
    // In the order of their ids, so that two transfers between the same accounts wait for each other and don't deadlock.
    changes.sort();
    for (id, change) in changes {
        Accounts::change(uow, id, change).await?;
    }
    let entry = Entry {
        id: 0,
        call,
        source,
        target,
        amount,
    };
    Ledger::insert(uow, &entry).await.map(drop)
}

/// Adds a call's number to a list.
#[transactional(exactly_once, retry = 20, timeout = "20s")]
pub(crate) async fn append(uow: &UnitOfWork, register: i64, call: i64) -> Result<()> {
    let item = format!("{call},");
    Registers::append(uow, register, &item).await.map(drop)
}

/// Writes a note in a unit of work, whose commit says where it is.
#[transactional(exactly_once, retry = 20, timeout = "20s")]
pub(crate) async fn raise_note(uow: &UnitOfWork, id: i64, value: i64) -> Result<()> {
    Notes::raise(uow, id, value).await.map(drop)
}

/// What one snapshot shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) money: i64,
    pub(crate) moves: i64,
    pub(crate) entries: i64,
}

impl Sums {
    /// Whether no transfer is there by half.
    pub(crate) fn are_whole(self) -> bool {
        self.money == ACCOUNTS * INITIAL_BALANCE && self.moves == 2 * self.entries
    }
}

/// Adds everything up, while money moves.
#[transactional(read_only, isolation = RepeatableRead, timeout = "20s")]
pub(crate) async fn sums(uow: &UnitOfWork<ReadOnly>) -> Result<Sums> {
    let (money, moves) = Accounts::sums(uow).await?;
    Ok(Sums {
        money,
        moves,
        entries: Ledger::count(uow).await? as i64,
    })
}

/// Makes the tables, which are empty but for accounts, registers and notes.
pub(crate) async fn open(db: &Database) -> Result<()> {
    db.install_guard().await?;
    db.create_table::<Account>().await?;
    db.create_table::<Entry>().await?;
    db.create_table::<Register>().await?;
    db.create_table::<Note>().await?;
    let account = |id| Account {
        id,
        balance: INITIAL_BALANCE,
        moves: 0,
    };
    let register = |id| Register {
        id,
        list: String::new(),
    };
    let note = |id| Note { id, value: 0 };
    Accounts::insert_many(db, &(0..ACCOUNTS).map(account).collect::<Vec<_>>()).await?;
    Registers::insert_many(db, &(0..REGISTERS).map(register).collect::<Vec<_>>()).await?;
    Notes::insert_many(db, &(0..NOTES).map(note).collect::<Vec<_>>()).await?;
    Ok(())
}
