//! Names what the body of a query does, and says whether it answers.

use sqlparser::{
    ast::{Query, SetExpr, Statement},
    keywords::Keyword,
    tokenizer::Token,
};

use crate::change::answers;

/// The verb of a query: that of the change which is its body, where there is one.
pub(crate) fn verb(query: &Query) -> &'static str {
    match last_body(query) {
        SetExpr::Insert(change)
        | SetExpr::Update(change)
        | SetExpr::Delete(change)
        | SetExpr::Merge(change) => change_verb(change),
        SetExpr::Values(_) => "VALUES",
        SetExpr::Select(_)
        | SetExpr::SetOperation { .. }
        | SetExpr::Table(_)
        | SetExpr::Query(_) => "SELECT",
    }
}

/// Whether a query answers with rows.
pub(crate) fn is_answered(query: &Query) -> bool {
    match last_body(query) {
        SetExpr::Insert(change)
        | SetExpr::Update(change)
        | SetExpr::Delete(change)
        | SetExpr::Merge(change) => answers(change),
        SetExpr::Select(select) => select.into.is_none(),
        SetExpr::Values(_)
        | SetExpr::SetOperation { .. }
        | SetExpr::Table(_)
        | SetExpr::Query(_) => true,
    }
}

/// The body of a query, within any parentheses around it.
fn last_body(query: &Query) -> &SetExpr {
    let mut body = &*query.body;
    while let SetExpr::Query(inner) = body {
        body = &inner.body;
    }
    body
}

/// The verb of a statement that changes rows.
pub(crate) fn change_verb(statement: &Statement) -> &'static str {
    match statement {
        // In SQLite's grammar only the first word tells.
        Statement::Insert(insert)
            if insert.replace_into || is_replace(&insert.insert_token.0.token) =>
        {
            "REPLACE"
        }
        Statement::Insert(_) => "INSERT",
        Statement::Update(_) => "UPDATE",
        Statement::Delete(_) => "DELETE",
        Statement::Merge(_) => "MERGE",
        _ => "",
    }
}

fn is_replace(token: &Token) -> bool {
    matches!(token, Token::Word(word) if word.keyword == Keyword::REPLACE)
}
