//! What is observable, under OpenTelemetry's stable names. Decides nothing and keeps nothing.
//!
//! Parameters never appear; a statement's text does only when asked for.

use tracing::Span;

/// What a span says of a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Statement<'a> {
    /// `db.system.name`
    pub(crate) system: &'static str,
    /// The function that sends it.
    pub(crate) function: &'static str,
    /// `db.operation.name`
    pub(crate) verb: &'static str,
    /// `db.collection.name`; empty when it isn't one table.
    pub(crate) table: &'static str,
    /// `db.query.text`, when asked for.
    pub(crate) text: Option<&'a str>,
}

/// The span of one statement.
pub(crate) fn statement(statement: Statement<'_>) -> Span {
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return Span::none();
    }
    let Statement {
        system,
        function,
        verb,
        table,
        text,
    } = statement;
    let summary = if table.is_empty() {
        verb.to_owned()
    } else {
        format!("{verb} {table}")
    };
    tracing::debug_span!(
        "db.statement",
        otel.name = summary,
        otel.kind = "client",
        db.system.name = system,
        db.operation.name = verb,
        db.collection.name = (!table.is_empty()).then_some(table),
        db.query.summary = summary,
        db.query.text = text,
        code.function.name = function,
        wharf.node.name = tracing::field::Empty,
        wharf.node.reason = tracing::field::Empty,
        error.type = tracing::field::Empty,
        db.response.status_code = tracing::field::Empty,
    )
}

/// The span of one unit of work.
pub(crate) fn unit(system: &'static str, name: &str) -> Span {
    tracing::debug_span!(
        "wharf.transaction",
        otel.name = name,
        db.system.name = system,
        wharf.transaction.outcome = tracing::field::Empty,
    )
}

/// Notes on the current statement's span where it goes, and why.
pub(crate) fn goes_to(node: &str, because: impl std::fmt::Display) {
    if tracing::enabled!(tracing::Level::DEBUG) {
        let span = Span::current();
        span.record("wharf.node.name", node);
        span.record("wharf.node.reason", tracing::field::display(because));
    }
}

/// Notes on a statement's span how it failed.
pub(crate) fn failed(span: &Span, error: &crate::Error) {
    if span.is_disabled() {
        return;
    }
    match error.code() {
        Some(code) => {
            span.record("db.response.status_code", code);
            span.record("error.type", code);
        }
        None => {
            span.record("error.type", format!("{:?}", error.kind()));
        }
    }
}
