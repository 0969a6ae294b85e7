//! One text in one dialect: from bytes to what is known about it.

use crate::{
    Class, Dialect, Piece, SyntaxError,
    facts::Facts,
    parse::{self, Parsed},
    piece, place,
    scan::{Scan, scan},
    stack,
    token::{locations, tokens},
};

/// The longest text that is read, in bytes. Longer ones are refused before parsing: the depth of the tree grows with the
/// text, and its stack has to be big enough for the worst.
pub const MAX_LENGTH: usize = 64 * 1024;

/// What was found out about one text.
///
/// The tables are complete for [`Class::Read`], [`Class::ReadLock`] and [`Class::Write`]; for the worse classes they are
/// what was seen on the way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// The worst that it can do.
    pub class: Class,
    /// Its verb in capitals: `"SELECT"`, `"INSERT"`, ...; empty when unknown.
    pub operation: &'static str,
    /// Tables and views that are read: qualified as written, unquoted names in lower case, without quotes, sorted, once each.
    pub reads: Vec<String>,
    /// Tables that are written, spelled like [`Statement::reads`].
    pub writes: Vec<String>,
    /// Functions called that don't return the same for the same arguments, or do more than return; in lower case, sorted.
    ///
    /// Functions that aren't known aren't listed. A table for each dialect is in `function.rs`.
    pub volatile: Vec<String>,
    /// Whether it answers with rows: `SELECT`, `VALUES`, `RETURNING`, `SHOW`, `EXPLAIN`, `PRAGMA`.
    pub returns_rows: bool,
    /// Whether the outermost query has `LIMIT`, `FETCH` or `OFFSET`.
    pub has_limit: bool,
    /// The text, cut at placeholders and column lists.
    pub pieces: Vec<Piece>,
    /// The distinct `:names`, in order of first appearance.
    pub names: Vec<String>,
}

/// Reads one statement of one dialect.
///
/// # Errors
/// At a text that is empty or longer than [`MAX_LENGTH`], doesn't parse, holds a second statement, or binds by `?` or `$1`.
pub fn analyze(text: &str, dialect: Dialect) -> Result<Statement, SyntaxError> {
    check_length(text)?;
    stack::run(|| read(text, dialect))
        .unwrap_or_else(|failure| Err(SyntaxError::at(text, 0, failure)))
}

/// Refuses what is too long to be read at all.
pub(crate) fn check_length(text: &str) -> Result<(), SyntaxError> {
    if text.len() > MAX_LENGTH {
        return Err(SyntaxError::at(
            text,
            0,
            format!("a text of {} bytes, at most {MAX_LENGTH}", text.len()),
        ));
    }
    Ok(())
}

/// Reads a text of bearable length, on the stack it is on.
pub(crate) fn read(text: &str, dialect: Dialect) -> Result<Statement, SyntaxError> {
    let scan = scan(text, dialect)?;
    if scan.end == 0 {
        return Err(SyntaxError::at(
            text,
            0,
            "a statement expected, the text is empty",
        ));
    }
    let marks = locations(text, &scan);
    let mut facts = Facts::new(dialect, marks);
    match parse::parse(text, &scan, tokens(text, &scan, dialect)?, dialect)? {
        Parsed::Tree(tree) => facts.statement(&tree),
        Parsed::Word {
            class,
            operation,
            returns_rows,
        } => {
            facts.at_least(class);
            facts.operation = operation;
            facts.returns_rows = returns_rows;
        }
    }
    if let Some((location, message)) = facts.fault {
        return Err(SyntaxError::at(
            text,
            place::offset_of(text, location).unwrap_or(scan.end),
            message,
        ));
    }
    Ok(conclude(text, scan, facts))
}

fn conclude(text: &str, scan: Scan, facts: Facts) -> Statement {
    Statement {
        class: if scan.executable {
            Class::Unknown
        } else {
            facts.verdict()
        },
        operation: facts.operation,
        pieces: piece::cut(text, &scan, &facts.lists),
        reads: facts.reads.into_iter().collect(),
        writes: facts.writes.into_iter().collect(),
        volatile: facts.volatile.into_iter().collect(),
        returns_rows: facts.returns_rows,
        has_limit: facts.has_limit,
        names: scan.names,
    }
}
