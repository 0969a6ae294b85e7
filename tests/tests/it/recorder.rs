//! Spans and events, as a subscriber gets them.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// The fields of every span and event of this thread, with the span's name as `name`.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<Fields>>>);

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
        // One that began before somebody listened, or has been looked at already, has nobody to tell.
        if let Some(span) = span {
            record.record(span);
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.0.lock().expect("nobody panics with it").push(fields);
    }
}

impl Recorder {
    /// Listens on this thread, which is the one that polls a law.
    pub(crate) fn listen() -> (Self, DefaultGuard) {
        let recorder = Self::default();
        let guard =
            tracing::subscriber::set_default(tracing_subscriber::registry().with(recorder.clone()));
        (recorder, guard)
    }

    /// What was recorded since the last look.
    pub(crate) fn take(&self) -> Vec<BTreeMap<String, String>> {
        let all = std::mem::take(&mut *self.0.lock().expect("nobody panics with it"));
        all.into_iter().map(|fields| fields.values).collect()
    }
}
