//! Proves that no money was lost, made, or moved twice.

use indicatif::HumanCount;
use wharf::prelude::*;

use crate::bank::{Accounts, Audits, Bank, INITIAL_BALANCE, Ledger};
use crate::tally::Tally;

/// What the ledger says about one account.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Expected {
    balance: i64,
    transfers: i64,
}

/// Prints each part of the proof; whether all of them hold. `open`: how many connections were left in a transaction, if
/// anybody looked.
pub(crate) async fn print(
    db: &Database,
    bank: &Bank,
    tally: &Tally,
    open: Option<u64>,
) -> Result<bool> {
    println!("\nproof");
    let mut holds = true;
    let mut part = |is_so: bool, text: String| {
        println!("  {}  {text}", if is_so { "ok   " } else { "WRONG" });
        holds &= is_so;
    };
    if let Some(open) = open {
        part(
            open == 0,
            format!("{open} connections are left in a transaction"),
        );
    }
    let money = Accounts::money(db).await?;
    let (all, start) = (human(bank.accounts), bank.money());
    part(
        money == start,
        format!(
            "{all} accounts hold {}, and held {} at the start",
            human(money.unsigned_abs()),
            human(start.unsigned_abs())
        ),
    );
    let negative = Accounts::count_by_balance_lt(db, 0).await?;
    part(
        negative == 0,
        format!("{negative} of them hold less than nothing"),
    );

    let (entries, audits) = (Ledger::count(db).await?, Audits::count(db).await?);
    let committed = tally.transfers_committed;
    let undecided = tally.transfers_undecided;
    let fits = |found: u64, known: u64| (known..=known + undecided).contains(&found);
    part(
        fits(entries, committed),
        format!(
            "{} transfers said they were committed, {} couldn't say, the ledger has {}",
            human(committed),
            human(undecided),
            human(entries)
        ),
    );
    let kept = tally.audits_kept;
    part(
        fits(audits, kept),
        format!(
            "{} audits were kept, and {} are there",
            human(kept),
            human(audits)
        ),
    );
    let astray = Audits::count_astray(db).await?;
    part(
        astray == 0,
        format!("{astray} of them belong to no transfer, or to one whose audit refused"),
    );

    let expected = by_account(db, bank.accounts).await?;
    let (mut seen, mut wrong) = (0_u64, 0_u64);
    let mut accounts = Accounts::stream(db);
    while let Some(account) = accounts.try_next().await? {
        let found = Expected {
            balance: account.balance - INITIAL_BALANCE,
            transfers: account.version - 1,
        };
        seen += 1;
        wrong += u64::from(expected.get(account.id as usize) != Some(&found));
    }
    let text = format!(
        "{} of {} accounts differ from what the ledger says, in balance or number of transfers",
        wrong,
        human(seen)
    );
    part(wrong == 0 && seen == bank.accounts, text);
    Ok(holds)
}

/// Adds the ledger up; an account's place is its id.
async fn by_account(db: &Database, accounts: u64) -> Result<Vec<Expected>> {
    let mut expected = vec![Expected::default(); accounts as usize + 1];
    let mut ledger = Ledger::stream(db);
    while let Some(entry) = ledger.try_next().await? {
        for (id, amount) in [(entry.source, -entry.amount), (entry.target, entry.amount)] {
            if let Some(expected) = expected.get_mut(id as usize) {
                expected.balance += amount;
                expected.transfers += 1;
            }
        }
    }
    Ok(expected)
}

fn human(number: u64) -> String {
    HumanCount(number).to_string()
}
