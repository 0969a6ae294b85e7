//! What is dropped: each scenario says in which states it may leave the accounts.

use std::future::Future;
use std::pin::Pin;

use wharf::prelude::*;

use crate::bank::{Account, Accounts, Bank};
use crate::fixture::Balances;

/// What ran to its end before the drop, if anything did.
pub type Verdict = Result<()>;

type Run = for<'a> fn(&'a Database) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;

pub struct Scenario {
    pub name: &'static str,
    /// The future that is dropped.
    pub run: Run,
    /// The states in which the accounts may be when it was dropped, besides the state before.
    pub allowed: &'static [Balances],
    /// The state when it got through.
    pub done: Balances,
}

macro_rules! scenario {
    ($name:literal, $allowed:expr, $done:expr, |$db:ident| $body:expr) => {
        Scenario {
            name: $name,
            run: |$db| Box::pin(async move { $body }),
            allowed: &$allowed,
            done: $done,
        }
    };
}

pub const SCENARIOS: &[Scenario] = &[
    scenario!("a single statement", [[1, 0, 0, 0]], [1, 0, 0, 0], |db| {
        Accounts::raise(db, 1).await.map(drop)
    }),
    scenario!(
        "begin, two statements, commit",
        [[1, 1, 0, 0]],
        [1, 1, 0, 0],
        |db| {
            let uow = db.begin().await?;
            Accounts::raise(&uow, 1).await?;
            Accounts::raise(&uow, 2).await?;
            uow.commit().await.map(drop)
        }
    ),
    scenario!("begin, statement, rollback", [], [0, 0, 0, 0], |db| {
        let uow = db.begin().await?;
        Accounts::raise(&uow, 1).await?;
        uow.rollback().await
    }),
    scenario!(
        "savepoint, rollback to it, commit",
        [[1, 0, 1, 0]],
        [1, 0, 1, 0],
        |db| {
            let uow = db.begin().await?;
            Accounts::raise(&uow, 1).await?;
            let savepoint = uow.savepoint("before").await?;
            Accounts::raise(&uow, 2).await?;
            uow.rollback_to(&savepoint).await?;
            Accounts::raise(&uow, 3).await?;
            uow.commit().await.map(drop)
        }
    ),
    scenario!(
        "a nested unit that is kept",
        [[1, 1, 1, 0]],
        [1, 1, 1, 0],
        |db| {
            db.transaction(async |uow| {
                Accounts::raise(uow, 1).await?;
                uow.nested(async |inner| Accounts::raise(inner, 2).await.map(drop))
                    .await?;
                Accounts::raise(uow, 3).await.map(drop)
            })
            .await
        }
    ),
    scenario!(
        "a nested unit that is undone",
        [[1, 0, 1, 0]],
        [1, 0, 1, 0],
        |db| {
            db.transaction(async |uow| {
                Accounts::raise(uow, 1).await?;
                let undone: Result<()> = uow
                    .nested(async |inner| {
                        Accounts::raise(inner, 2).await?;
                        Accounts::get(inner, 99).await.map(drop)
                    })
                    .await;
                assert_eq!(
                    undone.expect_err("there is no such account").kind(),
                    ErrorKind::NotFound
                );
                Accounts::raise(uow, 3).await.map(drop)
            })
            .await
        }
    ),
    scenario!(
        "transactional methods, one in the other",
        [[1, 1, 0, 0]],
        [1, 1, 0, 0],
        |db| Bank.raise_both(db, 1, 2).await
    ),
    scenario!("an update of many", [[7, 7, 0, 0]], [7, 7, 0, 0], |db| {
        let accounts = [1, 2].map(|id| Account { id, balance: 7 });
        Accounts::update_many(db, &accounts).await.map(drop)
    }),
    scenario!(
        "a stream, then a statement, in one unit",
        [[1, 0, 0, 0]],
        [1, 0, 0, 0],
        |db| {
            let uow = db.begin().await?;
            let mut rows = std::pin::pin!(Accounts::stream(&uow));
            while let Some(row) = rows.next().await {
                row?;
            }
            Accounts::raise(&uow, 1).await?;
            uow.commit().await.map(drop)
        }
    ),
];

/// What is dropped inside of a unit that goes on: the outer unit has raised account 1 before and raises account 4 after.
pub struct InnerScenario {
    pub name: &'static str,
    pub run: for<'a> fn(&'a UnitOfWork) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>,
    /// Whether dropping it dooms the outer unit, since it ran directly in it.
    pub dooms: bool,
    /// The states that the commit of the outer unit may leave when the inner future was dropped.
    pub allowed: &'static [Balances],
    /// The state when the inner future got through.
    pub done: Balances,
}

macro_rules! inner {
    ($name:literal, dooms: $dooms:literal, $allowed:expr, $done:expr, |$uow:ident| $body:expr) => {
        InnerScenario {
            name: $name,
            run: |$uow| Box::pin(async move { $body }),
            dooms: $dooms,
            allowed: &$allowed,
            done: $done,
        }
    };
}

pub const INNER: &[InnerScenario] = &[
    inner!("nested unit, kept", dooms: false, [[1, 0, 0, 1], [1, 1, 1, 1]], [1, 1, 1, 1], |uow| {
        uow.nested(async |inner| {
            Accounts::raise(inner, 2).await?;
            Accounts::raise(inner, 3).await.map(drop)
        })
        .await
    }),
    inner!("nested unit, undone", dooms: false, [[1, 0, 0, 1]], [1, 0, 0, 1], |uow| {
        let undone: Result<()> = uow
            .nested(async |inner| {
                Accounts::raise(inner, 2).await?;
                Accounts::get(inner, 99).await.map(drop)
            })
            .await;
        assert!(undone.is_err());
        Ok(())
    }),
    inner!("nested in nested, kept", dooms: false, [[1, 0, 0, 1], [1, 1, 1, 1]], [1, 1, 1, 1], |uow| {
        uow.nested(async |inner| {
            Accounts::raise(inner, 2).await?;
            inner.nested(async |innermost| Accounts::raise(innermost, 3).await.map(drop)).await
        })
        .await
    }),
    inner!("transactional method", dooms: false, [[1, 0, 0, 1], [1, 1, 1, 1]], [1, 1, 1, 1], |uow| {
        Bank.raise_both(uow, 2, 3).await
    }),
    inner!("plain statement", dooms: true, [], [1, 1, 0, 1], |uow| {
        Accounts::raise(uow, 2).await.map(drop)
    }),
];
