//! Makes the tree of exactly one statement, or says by its first word what a statement is that the parser can't read.

use sqlparser::{
    ast,
    dialect::{Dialect as Grammar, GenericDialect},
    parser::{Parser, ParserError},
    tokenizer::{Location, Token, TokenWithSpan},
};

use crate::{
    Class, Dialect, SyntaxError,
    place::offset_of,
    scan::Scan,
    token::{USE_NAMES, grammar, lower_first},
};

/// What became of the tokens.
pub(crate) enum Parsed {
    Tree(Box<ast::Statement>),
    /// No grammar knows the rest, but nothing that starts with this word is a query or changes rows by itself.
    Word {
        class: Class,
        operation: &'static str,
        returns_rows: bool,
    },
}

/// Parses one statement: in its dialect's grammar, then in the parser's generic one.
///
/// The generic grammar is given the tokens of the dialect, so that both see the same strings and comments. It knows some
/// valid SQL that the dialects' own don't, such as MariaDB's `INSERT .. RETURNING`.
///
/// # Errors
/// At the place that the better of the two reached, and at the start of a second statement.
pub(crate) fn parse(
    text: &str,
    scan: &Scan,
    tokens: Vec<TokenWithSpan>,
    dialect: Dialect,
) -> Result<Parsed, SyntaxError> {
    let own = match attempt(text, scan, tokens.clone(), grammar(dialect)) {
        Err(Failure::Syntax(error)) => error,
        Err(Failure::Second(error)) => return Err(error),
        Ok(tree) => return Ok(Parsed::Tree(tree)),
    };
    match by_first_word(&tokens) {
        Some(Ok(parsed)) => return Ok(parsed),
        Some(Err(next)) => {
            return Err(SyntaxError::at(
                text,
                offset_of(text, next).unwrap_or(scan.end),
                SECOND,
            ));
        }
        None => {}
    }
    match attempt(text, scan, tokens, &GenericDialect {}) {
        Ok(tree) => Ok(Parsed::Tree(tree)),
        Err(Failure::Second(error)) => Err(error),
        Err(Failure::Syntax(error)) if error.offset > own.offset => Err(error),
        Err(Failure::Syntax(_)) => Err(own),
    }
}

const SECOND: &str = "one statement expected, a second one begins here";

enum Failure {
    Syntax(SyntaxError),
    /// The first statement is sound, so no other grammar is asked.
    Second(SyntaxError),
}

fn attempt(
    text: &str,
    scan: &Scan,
    tokens: Vec<TokenWithSpan>,
    grammar: &dyn Grammar,
) -> Result<Box<ast::Statement>, Failure> {
    let mut parser = Parser::new(grammar).with_tokens_with_locations(tokens);
    let tree = parser
        .parse_statement()
        .map_err(|error| Failure::Syntax(refusal(text, scan, &error)))?;
    let ended = parser.consume_token(&Token::SemiColon);
    while parser.consume_token(&Token::SemiColon) {}
    let next = parser.peek_token();
    if next.token == Token::EOF {
        return Ok(Box::new(tree));
    }
    let offset = offset_of(text, next.span.start).unwrap_or(scan.end);
    Err(if ended {
        Failure::Second(SyntaxError::at(text, offset, SECOND))
    } else {
        Failure::Syntax(found(text, scan, offset, "expected: end of statement"))
    })
}

/// Puts an error of the parser, whose place is the end of its message, into ours.
fn refusal(text: &str, scan: &Scan, error: &ParserError) -> SyntaxError {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
        ParserError::RecursionLimitExceeded => {
            return SyntaxError::at(text, 0, "nested too deeply to be read");
        }
    };
    let (message, location) = split_place(message);
    let offset = location
        .and_then(|location| offset_of(text, location))
        .unwrap_or(scan.end);
    // What was found is told in the words of the text, in which there are no masks.
    match message.rsplit_once(", found: ") {
        Some((expected, _)) => found(text, scan, offset, &lower_first(expected)),
        None => SyntaxError::at(text, offset, lower_first(message)),
    }
}

/// Splits `.. at Line: 1, Column: 8`.
fn split_place(message: &str) -> (&str, Option<Location>) {
    let split = || {
        let (before, place) = message.rsplit_once(" at Line: ")?;
        let (line, column) = place.split_once(", Column: ")?;
        Some((
            before,
            Location {
                line: line.parse().ok()?,
                column: column.parse().ok()?,
            },
        ))
    };
    split().map_or((message, None), |(before, location)| {
        (before, Some(location))
    })
}

fn found(text: &str, scan: &Scan, offset: usize, expected: &str) -> SyntaxError {
    let expected = expected.replacen("expected: ", "expected ", 1);
    if offset >= scan.end {
        return SyntaxError::at(text, scan.end, format!("{expected}, found the end"));
    }
    let rest = &text[offset..scan.end];
    if rest.starts_with('?') {
        return SyntaxError::at(text, offset, USE_NAMES);
    }
    let word = match scan.marks.iter().find(|mark| mark.start == offset) {
        Some(mark) => &text[mark.start..mark.end],
        None => {
            let symbol = rest.chars().next().map_or(0, char::len_utf8);
            let length = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            &rest[..length.max(symbol)]
        }
    };
    SyntaxError::at(text, offset, format!("{expected}, found `{word}`"))
}

/// Statements that hold no query at their start and of which the parser reads few.
///
/// None of them is harmless, so the class by the word alone is safe, provided that nothing hides behind a `;`.
const WORDS: &[(&str, Class, bool)] = &[
    ("ALTER", Class::Ddl, false),
    ("CLUSTER", Class::Ddl, false),
    ("COMMENT", Class::Ddl, false),
    ("CREATE", Class::Ddl, false),
    ("DROP", Class::Ddl, false),
    ("GRANT", Class::Ddl, false),
    ("OPTIMIZE", Class::Ddl, true),
    ("REFRESH", Class::Ddl, false),
    ("REINDEX", Class::Ddl, false),
    ("RENAME", Class::Ddl, false),
    ("REPAIR", Class::Ddl, true),
    ("REVOKE", Class::Ddl, false),
    ("TRUNCATE", Class::Ddl, false),
    ("ABORT", Class::Session, false),
    ("BEGIN", Class::Session, false),
    ("CLOSE", Class::Session, false),
    ("COMMIT", Class::Session, false),
    ("DEALLOCATE", Class::Session, false),
    ("DETACH", Class::Session, false),
    ("DISCARD", Class::Session, false),
    ("END", Class::Session, false),
    ("LISTEN", Class::Session, false),
    ("LOCK", Class::Session, false),
    ("PRAGMA", Class::Session, true),
    ("RELEASE", Class::Session, false),
    ("RESET", Class::Session, false),
    ("ROLLBACK", Class::Session, false),
    ("SAVEPOINT", Class::Session, false),
    ("START", Class::Session, false),
    ("UNLISTEN", Class::Session, false),
    ("UNLOCK", Class::Session, false),
    ("USE", Class::Session, false),
    ("XA", Class::Session, false),
    ("ANALYZE", Class::Unknown, true),
    ("ATTACH", Class::Unknown, false),
    ("BINLOG", Class::Unknown, false),
    ("CALL", Class::Unknown, true),
    ("CHECK", Class::Unknown, true),
    ("CHECKPOINT", Class::Unknown, false),
    ("COPY", Class::Unknown, false),
    ("DECLARE", Class::Unknown, false),
    ("DO", Class::Unknown, false),
    ("EXECUTE", Class::Unknown, true),
    ("FETCH", Class::Unknown, true),
    ("FLUSH", Class::Unknown, false),
    ("HANDLER", Class::Unknown, true),
    ("IMPORT", Class::Unknown, false),
    ("INSTALL", Class::Unknown, false),
    ("KILL", Class::Unknown, false),
    ("LOAD", Class::Unknown, false),
    ("MOVE", Class::Unknown, false),
    ("NOTIFY", Class::Unknown, false),
    ("PREPARE", Class::Unknown, false),
    ("PURGE", Class::Unknown, false),
    ("REASSIGN", Class::Unknown, false),
    ("SECURITY", Class::Unknown, false),
    // MariaDB's SET STATEMENT runs whatever follows it.
    ("SET", Class::Unknown, false),
    ("SHOW", Class::Unknown, true),
    ("SHUTDOWN", Class::Unknown, false),
    ("TABLE", Class::Unknown, true),
    ("VACUUM", Class::Unknown, false),
];

/// What the first word says, or where a second statement begins.
fn by_first_word(tokens: &[TokenWithSpan]) -> Option<Result<Parsed, Location>> {
    let mut solid = tokens
        .iter()
        .filter(|token| !matches!(token.token, Token::Whitespace(_)));
    let Token::Word(first) = &solid.next()?.token else {
        return None;
    };
    if first.quote_style.is_some() {
        return None;
    }
    let &(operation, class, returns_rows) = WORDS
        .iter()
        .find(|(word, ..)| first.value.eq_ignore_ascii_case(word))?;
    let ends = |token: &&TokenWithSpan| token.token == Token::SemiColon;
    let next = solid
        .skip_while(|token| !ends(token))
        .find(|token| !ends(token));
    Some(match next {
        None => Ok(Parsed::Word {
            class,
            operation,
            returns_rows,
        }),
        // The body of a trigger or a routine has semicolons of its own, and where it ends only a grammar knows.
        Some(_) if operation == "CREATE" => Ok(Parsed::Word {
            class: Class::Unknown,
            operation,
            returns_rows,
        }),
        Some(second) => Err(second.span.start),
    })
}
