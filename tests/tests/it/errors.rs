//! What the database refuses is told by kind and by name.

use wharf::ConstraintKind;
use wharf::prelude::*;

use crate::entities::{
    Account, Accounts, Members, Payment, Payments, account, member, open_accounts,
};
use crate::harness::{Engine, Place, refused, refused_saying};

#[repository(Account)]
struct Writes;

#[repository]
impl Writes {
    #[query("UPDATE accounts SET owner = :owner WHERE id = :id")]
    async fn rename(db: &impl WriteExecutor, id: i64, owner: Option<&str>) -> Result<u64>;

    #[query("SELECT no_such_function(1)")]
    async fn unknown_function(db: &impl Executor) -> Result<i64>;
}

/// The violated constraint, of this kind.
#[track_caller]
fn violated<T: std::fmt::Debug>(result: Result<T>, kind: ConstraintKind) -> Option<String> {
    let error = refused(result, ErrorKind::Constraint);
    assert_eq!(error.outcome(), Outcome::RolledBack);
    assert!(!error.is_retryable());
    assert!(error.code().is_some(), "{error:?}");
    let constraint = error.constraint().expect("it says which");
    assert_eq!(constraint.kind(), kind);
    constraint.name().map(str::to_owned)
}

on_all_engines! {
    async fn a_missing_table_or_column_is_told_by_name(db: &Database) {
        let error = refused_saying(Accounts::count(db).await, ErrorKind::Schema, &["count accounts"]);
        assert!(error.code().is_some());
        assert!(std::error::Error::source(&error).is_some());
        db.execute("CREATE TABLE accounts (id BIGINT PRIMARY KEY, owner VARCHAR(20), version BIGINT)").await?;
        refused_saying(Accounts::get(db, 1).await, ErrorKind::Schema, &["balance"]);
        refused_saying(Accounts::insert(db, &account(1, "", 0)).await, ErrorKind::Schema, &["insert accounts", "balance"]);
        refused_saying(Writes::unknown_function(db).await, ErrorKind::Schema, &["no_such_function"]);
    }

    async fn a_column_of_another_type_is_told_by_the_type_or_by_the_value(db: &Database) {
        let strict = if db.dialect() == Dialect::Sqlite { "STRICT" } else { "" };
        let columns = "id INTEGER PRIMARY KEY, owner INTEGER, balance INTEGER, version INTEGER";
        db.execute(format!("CREATE TABLE accounts ({columns}) {strict}")).await?;
        let kind = match db.dialect() {
            Dialect::Sqlite | Dialect::Postgres => ErrorKind::Schema,
            // It converts what can be converted, so it is the value that is wrong.
            Dialect::MySql => ErrorKind::Encode,
        };
        refused_saying(Accounts::insert(db, &account(1, "ada", 0)).await, kind, &["insert accounts", "owner"]);
    }

    async fn a_script_that_is_no_sql_is_a_syntax_error(db: &Database) {
        refused_saying(db.execute("SELEKT 1").await, ErrorKind::Syntax, &["execute", "SELEKT"]);
        refused(db.execute("SELECT 'open").await, ErrorKind::Syntax);
        db.create_table::<Account>().await?;
        db.create_table::<Account>().await?;
        refused(db.execute("CREATE TABLE accounts (id INTEGER)").await, ErrorKind::Schema);
    }

    async fn a_value_that_is_taken_names_its_constraint(db: &Database) {
        open_accounts(db, [1]).await?;
        let name = violated(Accounts::insert(db, &account(1, "taken", 0)).await, ConstraintKind::Unique);
        let expected = match db.dialect() {
            Dialect::Sqlite => "accounts.id",
            Dialect::Postgres => "accounts_pkey",
            Dialect::MySql => "PRIMARY",
        };
        assert_eq!(name.as_deref(), Some(expected));
        db.create_table::<crate::entities::Member>().await?;
        Members::insert(db, &member("ada@x", "Ada")).await?;
        let name = violated(Members::insert(db, &member("ada@x", "Eve")).await, ConstraintKind::Unique);
        let expected = match db.dialect() {
            Dialect::Sqlite => "members.email",
            Dialect::Postgres => "members_email_key",
            Dialect::MySql => "email",
        };
        assert_eq!(name.as_deref(), Some(expected));
    }

    async fn a_null_where_none_may_be_names_its_column(db: &Database) {
        open_accounts(db, [1]).await?;
        let name = violated(Writes::rename(db, 1, None).await, ConstraintKind::NotNull);
        assert!(name.is_some_and(|name| name.ends_with("owner")));
    }

    async fn a_row_that_points_nowhere_is_refused_both_ways(db: &Database) {
        open_accounts(db, [1]).await?;
        db.create_table::<Payment>().await?;
        let payment = |account_id| Payment { id: 0, account_id, amount: 1 };
        let name = violated(Payments::insert(db, &payment(9)).await, ConstraintKind::ForeignKey);
        // SQLite doesn't say which.
        assert_eq!(name.is_some(), db.dialect() != Dialect::Sqlite);
        Payments::insert(db, &payment(1)).await?;
        violated(Accounts::delete(db, 1).await, ConstraintKind::ForeignKey);
        violated(Accounts::delete_many(db, &[1]).await, ConstraintKind::ForeignKey);
    }

    async fn a_condition_that_fails_names_its_constraint(db: &Database) {
        let table = "CREATE TABLE accounts (id BIGINT PRIMARY KEY, owner VARCHAR(20), balance BIGINT, version BIGINT, \
                     CONSTRAINT not_negative CHECK (balance >= 0))";
        db.execute(table).await?;
        let name = violated(Accounts::insert(db, &account(1, "poor", -1)).await, ConstraintKind::Check);
        assert_eq!(name.as_deref(), Some("not_negative"));
    }

    async fn a_text_that_is_too_long_is_refused_where_columns_have_a_length(db: &Database, place: &Place) {
        db.create_table::<crate::entities::Member>().await?;
        let long = Members::insert(db, &member(&"x".repeat(256), "long")).await;
        match place.engine {
            // Only MariaDB's unique texts have one.
            Engine::MariaDb => drop(refused_saying(long, ErrorKind::Encode, &["email"])),
            _ => assert_eq!(long?.email.len(), 256),
        }
    }

    async fn an_error_is_one_line_and_fits_everywhere(db: &Database) {
        fn fits<T: std::error::Error + Send + Sync + 'static>(_: &T) {}
        let error = refused(Accounts::count(db).await, ErrorKind::Schema);
        fits(&error);
        let text = error.to_string();
        assert!(!text.contains('\n') && !text.ends_with('.') && text.starts_with("count accounts: "), "{text}");
        assert_eq!(size_of_val(&error), size_of::<usize>());
    }
}
