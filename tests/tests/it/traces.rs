//! Spans under OpenTelemetry's stable names, and what never appears in them.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use wharf::prelude::*;

use crate::entities::{Account, account};
use crate::harness::{Place, refused};

const SECRET: &str = "s3cret";

#[repository(Account)]
struct Accounts;

#[repository]
impl Accounts {
    #[query("SELECT {Account} FROM accounts WHERE owner = :owner")]
    async fn of(db: &impl Executor, owner: &str) -> Result<Vec<Account>>;

    async fn count_by_owner(db: &impl Executor, owner: &str) -> Result<u64>;
}

/// The fields of every span and event of this thread, with the span's name as `name`.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Fields>>>);

#[derive(Default)]
struct Fields {
    id: Option<u64>,
    values: BTreeMap<String, String>,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.values.insert(
            field.name().to_owned(),
            format!("{value:?}").trim_matches('"').to_owned(),
        );
    }
}

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let mut fields = Fields {
            id: Some(id.into_u64()),
            ..Fields::default()
        };
        fields
            .values
            .insert("name".to_owned(), attributes.metadata().name().to_owned());
        attributes.record(&mut fields);
        self.0.lock().expect("nobody panics with it").push(fields);
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, _: Context<'_, S>) {
        let mut all = self.0.lock().expect("nobody panics with it");
        let span = all
            .iter_mut()
            .rev()
            .find(|fields| fields.id == Some(id.into_u64()));
        record.record(span.expect("a span is made before it is recorded on"));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.0.lock().expect("nobody panics with it").push(fields);
    }
}

impl Recorder {
    /// Listens on this thread, which is the one that polls a law.
    fn listen() -> (Self, DefaultGuard) {
        let recorder = Self::default();
        let guard =
            tracing::subscriber::set_default(tracing_subscriber::registry().with(recorder.clone()));
        (recorder, guard)
    }

    /// What was recorded since the last look.
    fn take(&self) -> Vec<BTreeMap<String, String>> {
        let all = std::mem::take(&mut *self.0.lock().expect("nobody panics with it"));
        all.into_iter().map(|fields| fields.values).collect()
    }
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
