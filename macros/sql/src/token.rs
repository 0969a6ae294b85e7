//! Cuts the masked text into the parser's tokens, and checks that they agree with the scanner.

use std::collections::HashMap;

use sqlparser::{
    dialect::{Dialect as Grammar, MySqlDialect, PostgreSqlDialect, SQLiteDialect},
    keywords::Keyword,
    tokenizer::{Location, Token, TokenWithSpan, Tokenizer},
};

use crate::{
    Dialect, SyntaxError, dialect_gap,
    place::offset_of,
    scan::{Scan, Sort},
};

/// What is said of `?`, `$1`, `?1` and `@a`.
pub(crate) const USE_NAMES: &str = "use `:name`";

/// The most joins in one text. The parser goes one level deeper, unchecked, for each join without a condition; the engines
/// themselves stop at 61 and 64 tables, or at what they can plan.
const MAX_JOINS: usize = 200;

/// The parser's own words for a dialect.
pub(crate) fn grammar(dialect: Dialect) -> &'static dyn Grammar {
    match dialect {
        Dialect::Sqlite => &SQLiteDialect {},
        Dialect::Postgres => &PostgreSqlDialect {},
        Dialect::MySql => &MySqlDialect {},
    }
}

/// The tokens of a scanned text.
///
/// # Errors
/// At what is no token, at a native placeholder, and where scanner and tokenizer disagree about a mark.
pub(crate) fn tokens(
    text: &str,
    scan: &Scan,
    dialect: Dialect,
) -> Result<Vec<TokenWithSpan>, SyntaxError> {
    let mut tokens = Tokenizer::new(grammar(dialect), &scan.masked)
        .tokenize_with_location()
        .map_err(|error| {
            SyntaxError::at(
                text,
                offset_of(text, error.location).unwrap_or(scan.end),
                lower_first(&error.message),
            )
        })?;
    for (index, token) in tokens.iter().enumerate() {
        let native = match token.token {
            Token::Placeholder(_) => true,
            // SQLite's `@name`; elsewhere it is a variable or an operator.
            Token::AtSign if dialect == Dialect::Sqlite => tokens
                .get(index + 1)
                .is_some_and(|next| matches!(next.token, Token::Word(_))),
            // MySQL takes it for a name that begins with a dollar.
            Token::Word(ref word) => word.quote_style.is_none() && is_numbered(&word.value),
            _ => false,
        };
        if native {
            return Err(SyntaxError::at(
                text,
                offset_of(text, token.span.start).unwrap_or(scan.end),
                USE_NAMES,
            ));
        }
    }
    let joins = |token: &&TokenWithSpan| matches!(&token.token, Token::Word(word) if word.keyword == Keyword::JOIN);
    if let Some(one_more) = tokens.iter().filter(joins).nth(MAX_JOINS) {
        let offset = offset_of(text, one_more.span.start).unwrap_or(scan.end);
        return Err(SyntaxError::at(
            text,
            offset,
            format!("more than {MAX_JOINS} joins in one statement"),
        ));
    }
    agree(text, scan, &tokens)?;
    dialect_gap::bridge(&mut tokens, dialect);
    Ok(tokens)
}

/// Whether a name is `$1`.
fn is_numbered(name: &str) -> bool {
    name.strip_prefix('$')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Each mark must be exactly one token. Otherwise one of the two took a quote for something else.
fn agree(text: &str, scan: &Scan, tokens: &[TokenWithSpan]) -> Result<(), SyntaxError> {
    if scan.marks.is_empty() {
        return Ok(());
    }
    let at: HashMap<Location, &Token> = tokens
        .iter()
        .map(|token| (token.span.start, &token.token))
        .collect();
    for (mark, location) in scan.marks.iter().zip(locations(text, scan)) {
        let length = match (at.get(&location), &mark.sort) {
            (Some(Token::Number(digits, _)), Sort::Name(_)) => digits.len(),
            (Some(Token::Word(word)), Sort::Columns { .. }) => word.value.len(),
            _ => 0,
        };
        if length != mark.end - mark.start {
            let message = format!(
                "`{}` can be read in two ways: put spaces around it",
                &text[mark.start..mark.end]
            );
            return Err(SyntaxError::at(text, mark.start, message));
        }
    }
    Ok(())
}

/// Where the marks are, in the parser's words.
pub(crate) fn locations(text: &str, scan: &Scan) -> Vec<Location> {
    let mut location = Location { line: 1, column: 1 };
    let mut passed = 0;
    let mut found = Vec::with_capacity(scan.marks.len());
    for mark in &scan.marks {
        for c in text[passed..mark.start].chars() {
            location = match c {
                '\n' => Location {
                    line: location.line + 1,
                    column: 1,
                },
                _ => Location {
                    line: location.line,
                    column: location.column + 1,
                },
            };
        }
        passed = mark.start;
        found.push(location);
    }
    found
}

/// Fits a message of the parser into ours.
pub(crate) fn lower_first(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}
