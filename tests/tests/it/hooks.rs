//! What is done once the outcome is known.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use wharf::prelude::*;

use crate::entities::{Accounts, account, open_accounts, set_balance};
use crate::harness::refused;

/// What has run, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<&'static str>>>);

impl Log {
    fn note(&self, what: &'static str) {
        self.0.lock().expect("nobody panics with it").push(what);
    }

    /// What has run since the last look.
    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().expect("nobody panics with it"))
    }

    /// Has a unit note both of its ends.
    fn watch(&self, uow: &UnitOfWork, committed: &'static str, rolled_back: &'static str) {
        let (log, other) = (self.clone(), self.clone());
        uow.on_commit(move || log.note(committed));
        uow.on_rollback(move || other.note(rolled_back));
    }
}

on_all_engines! {
    async fn commit_hooks_run_once_in_order_after_the_outermost_commit(db: &Database) {
        open_accounts(db, [1]).await?;
        let log = Log::default();
        let unit = db.begin().await?;
        log.watch(&unit, "outer", "outer undone");
        unit.nested(async |inner| {
            log.watch(inner, "inner", "inner undone");
            set_balance(inner, 1, 1).await
        })
        .await?;
        log.watch(&unit, "last", "last undone");
        assert_eq!(log.take(), [""; 0]);
        unit.commit().await?;
        assert_eq!(log.take(), ["outer", "inner", "last"]);
    }

    async fn hooks_of_what_is_undone_run_then_and_are_forgotten(db: &Database) {
        open_accounts(db, [1]).await?;
        let log = Log::default();
        let unit = db.begin().await?;
        log.watch(&unit, "outer", "outer undone");
        let failed = unit.nested(async |inner| {
            log.watch(inner, "inner", "inner undone");
            Accounts::get(inner, 77).await
        });
        refused(failed.await, ErrorKind::NotFound);
        assert_eq!(log.take(), ["inner undone"]);
        let before = unit.savepoint("before").await?;
        log.watch(&unit, "after", "after undone");
        unit.rollback_to(&before).await?;
        assert_eq!(log.take(), ["after undone"]);
        unit.commit().await?;
        assert_eq!(log.take(), ["outer"]);
    }

    async fn rollback_hooks_run_on_err_on_a_panic_and_on_a_drop(db: &Database) {
        open_accounts(db, [1]).await?;
        let log = Log::default();
        let failed = db.transaction(async |uow| {
            log.watch(uow, "", "err");
            Accounts::get(uow, 77).await
        });
        refused(failed.await, ErrorKind::NotFound);
        let panicked = db.transaction(async |uow| {
            log.watch(uow, "", "panic");
            if Accounts::exists(uow, 1).await? {
                panic!("on purpose");
            }
            Ok::<_, Error>(())
        });
        assert!(AssertUnwindSafe(panicked).catch_unwind().await.is_err());
        let unit = db.begin().await?;
        log.watch(&unit, "", "drop");
        drop(unit);
        let unit = db.begin().await?;
        log.watch(&unit, "", "told");
        unit.rollback().await?;
        let unit = db.begin().await?;
        log.watch(&unit, "", "doomed");
        refused(Accounts::insert(&unit, &account(1, "taken", 0)).await, ErrorKind::Constraint);
        refused(unit.commit().await, ErrorKind::RolledBack);
        assert_eq!(log.take(), ["err", "panic", "drop", "told", "doomed"]);
    }

    async fn a_hook_that_panics_keeps_neither_the_commit_nor_the_others_from_happening(db: &Database) {
        open_accounts(db, [1]).await?;
        let log = Log::default();
        let unit = db.begin().await?;
        set_balance(&unit, 1, 1).await?;
        log.watch(&unit, "first", "");
        unit.on_commit(|| panic!("on purpose"));
        log.watch(&unit, "last", "");
        assert!(AssertUnwindSafe(unit.commit()).catch_unwind().await.is_err());
        assert_eq!(log.take(), ["first", "last"]);
        assert_eq!(Accounts::get(db, 1).await?.balance, 1);
    }
}
