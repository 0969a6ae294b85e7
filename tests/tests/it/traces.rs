//! Spans under OpenTelemetry's stable names, and what never appears in them.

use wharf::prelude::*;

use crate::entities::{Account, account};
use crate::harness::{Place, refused};
use crate::recorder::Recorder;

const SECRET: &str = "s3cret";

#[repository(Account)]
struct Accounts;

#[repository]
impl Accounts {
    #[query("SELECT {Account} FROM accounts WHERE owner = :owner")]
    async fn of(db: &impl Executor, owner: &str) -> Result<Vec<Account>>;

    async fn count_by_owner(db: &impl Executor, owner: &str) -> Result<u64>;
}

on_all_engines! {
    async fn a_statement_has_a_span_with_the_stable_names(db: &Database) {
        db.create_table::<Account>().await?;
        let (recorder, _guard) = Recorder::listen();
        Accounts::insert(db, &account(1, SECRET, 1)).await?;
        Accounts::of(db, SECRET).await?;
        Accounts::count_by_owner(db, SECRET).await?;
        let spans = recorder.take();
        let system = db.dialect().name();
        let expected = [("INSERT", "insert"), ("SELECT", "of"), ("SELECT", "count")];
        assert_eq!(spans.len(), expected.len(), "{spans:?}");
        for (span, (verb, function)) in spans.iter().zip(expected) {
            assert_eq!(span["name"], "db.statement");
            assert_eq!(span["db.system.name"], system);
            assert_eq!(span["db.operation.name"], verb);
            assert_eq!(span["db.collection.name"], "accounts");
            assert_eq!(span["db.query.summary"], format!("{verb} accounts"));
            assert_eq!(span["otel.kind"], "client");
            assert!(span["code.function.name"].contains(function), "{span:?}");
            assert!(!span.contains_key("db.query.text") && !span.contains_key("error.type"));
        }
    }

    async fn a_unit_has_a_span_with_its_outcome(db: &Database) {
        db.create_table::<Account>().await?;
        let (recorder, _guard) = Recorder::listen();
        db.transaction(async |uow| Accounts::count(uow).await).await?;
        let dropped = db.begin().await?;
        drop(dropped);
        let mut spans = recorder.take();
        spans.retain(|span| span.get("name").is_some_and(|name| name == "wharf.transaction"));
        let outcomes: Vec<(&str, &str)> =
            spans.iter().map(|span| (&span["otel.name"][..], &span["wharf.transaction.outcome"][..])).collect();
        assert_eq!(outcomes, [("transaction", "committed"), ("begin", "rolled_back")]);
    }

    async fn a_failure_is_on_the_span_and_no_parameter_is_anywhere(_db: &Database, place: &Place) {
        for traces_text in [false, true] {
            let builder = Database::builder().primary(&place.url).trace_statements(traces_text);
            let db = &builder.connect().await?;
            db.create_table::<Account>().await?;
            let (recorder, guard) = Recorder::listen();
            let _ = Accounts::insert(db, &account(1, SECRET, 77_007)).await;
            refused(Accounts::insert(db, &account(1, SECRET, 77_007)).await, ErrorKind::Constraint);
            Accounts::insert_many(db, &[account(2 + i64::from(traces_text), SECRET, 77_007)]).await?;
            Accounts::of(db, SECRET).await?;
            Accounts::filter(|a| a.owner.starts_with(SECRET).or(a.balance.in_([77_007]))).all(db).await?;
            drop(guard);
            let spans = recorder.take();
            let failed: Vec<_> = spans.iter().filter_map(|span| span.get("error.type")).collect();
            assert!(!failed.is_empty());
            assert!(spans.iter().all(|span| span.get("error.type") == span.get("db.response.status_code")));
            for value in spans.iter().flat_map(|span| span.values()) {
                assert!(!value.contains(SECRET) && !value.contains("77007"), "{value}");
            }
            let texts = spans.iter().filter(|span| span.contains_key("db.query.text")).count();
            assert_eq!(texts, if traces_text { spans.len() } else { 0 });
            db.close().await;
        }
    }
}
