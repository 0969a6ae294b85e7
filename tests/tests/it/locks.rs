//! What a write keeps others from, where rows are locked one by one. SQLite has one writer.

use wharf::prelude::*;

use crate::entities::{Accounts, open_accounts, set_balance};

on_servers! {
    async fn a_bulk_delete_locks_its_rows_alone(db: &Database) {
        // So many that no engine finds it cheaper to read them all.
        open_accounts(db, 1..=1_000).await?;
        let unit = db.begin().await?;
        assert_eq!(Accounts::delete_many(&unit, &[1, 2]).await?, 2);
        set_balance(db, 998, 7).await?;
        assert_eq!(Accounts::filter(|a| a.id.in_([3, 4])).delete(&unit).await?, 2);
        set_balance(db, 999, 7).await?;
        unit.commit().await?;
        assert_eq!(Accounts::count(db).await?, 996);
    }
}
