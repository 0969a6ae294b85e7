//! Migrations, as `sqlx::migrate!` embeds them.

use sqlx::migrate::Migrator;
use wharf::prelude::*;

use crate::entities::{Accounts, account, balance};
use crate::harness::refused_saying;

pub(crate) static MIGRATOR: Migrator = sqlx::migrate!("tests/it/migrations");

on_all_engines! {
    async fn migrations_run_once(db: &Database) {
        db.migrate(&MIGRATOR).await?;
        assert_eq!(balance(db, 1).await?, 500);
        Accounts::insert(db, &account(2, "Grace", 1)).await?;
        db.migrate(&MIGRATOR).await?;
        assert_eq!(Accounts::count(db).await?, 2);
    }

    async fn a_migration_that_fails_is_told_and_can_be_run_again(db: &Database) {
        db.execute("CREATE TABLE accounts (id INTEGER)").await?;
        let error = db.migrate(&MIGRATOR).await;
        refused_saying(error, ErrorKind::Schema, &["migrate", "accounts"]);
        db.execute("DROP TABLE accounts").await?;
        if db.dialect() == Dialect::MySql {
            // MariaDB commits before each change of the schema, so that half of a migration may stay.
            refused_saying(db.migrate(&MIGRATOR).await, ErrorKind::Schema, &["migration 1", "partially applied"]);
            return Ok(());
        }
        db.migrate(&MIGRATOR).await?;
        assert_eq!(balance(db, 1).await?, 500);
    }
}
