//! One text for every engine: what all dialects that can read it say together.

use std::collections::BTreeSet;

use crate::{
    Dialect, Piece, Statement, SyntaxError, stack,
    statement::{check_length, read},
    token::USE_NAMES,
};

/// Reads a text that is to serve every engine; it must parse in at least one dialect.
///
/// The facts of all dialects that parse are merged: the worst class, all tables and functions, a limit only when each sees
/// one.
///
/// # Errors
/// That of the dialect that got furthest. Also, when two dialects take different parts of the text for placeholders: then
/// nobody can say what would be bound, and the dialect has to be named.
pub fn analyze_portable(text: &str) -> Result<Statement, SyntaxError> {
    check_length(text)?;
    stack::run(|| read_all(text)).unwrap_or_else(|failure| Err(SyntaxError::at(text, 0, failure)))
}

fn read_all(text: &str) -> Result<Statement, SyntaxError> {
    let mut merged: Option<(Dialect, Statement)> = None;
    let mut worst: Option<SyntaxError> = None;
    for dialect in Dialect::ALL {
        match (read(text, dialect), &mut merged) {
            (Ok(found), None) => merged = Some((dialect, found)),
            (Ok(found), Some((first, known))) => {
                if found.pieces != known.pieces {
                    return Err(disagreement(text, (*first, known), (dialect, &found)));
                }
                merge(known, found);
            }
            (Err(error), _) => {
                // A `?` helps nobody to see where another dialect stumbles.
                let told = worst
                    .as_ref()
                    .is_some_and(|worst| worst.message == USE_NAMES);
                let further = worst
                    .as_ref()
                    .is_none_or(|worst| error.offset > worst.offset);
                if !told && (further || error.message == USE_NAMES) {
                    worst = Some(error);
                }
            }
        }
    }
    match (merged, worst) {
        (Some((_, statement)), _) => Ok(statement),
        (None, Some(error)) => Err(error),
        (None, None) => Err(SyntaxError::at(text, 0, "no dialect to read it in")),
    }
}

fn merge(known: &mut Statement, found: Statement) {
    if known.operation != found.operation {
        known.operation = "";
    }
    known.class = known.class.max(found.class);
    known.returns_rows |= found.returns_rows;
    known.has_limit &= found.has_limit;
    unite(&mut known.reads, found.reads);
    unite(&mut known.writes, found.writes);
    unite(&mut known.volatile, found.volatile);
}

fn unite(known: &mut Vec<String>, found: Vec<String>) {
    let all: BTreeSet<String> = known.drain(..).chain(found).collect();
    known.extend(all);
}

fn disagreement(
    text: &str,
    first: (Dialect, &Statement),
    second: (Dialect, &Statement),
) -> SyntaxError {
    let mut offset = 0;
    for (left, right) in first.1.pieces.iter().zip(&second.1.pieces) {
        if let (Piece::Text(left), Piece::Text(right)) = (left, right) {
            let same = left
                .chars()
                .zip(right.chars())
                .take_while(|(left, right)| left == right);
            offset += same.map(|(c, _)| c.len_utf8()).sum::<usize>();
        }
        if left != right {
            break;
        }
        offset += match left {
            Piece::Text(_) => 0,
            Piece::Arg(name) | Piece::List(name) => {
                first.1.names.get(*name).map_or(0, |name| name.len() + 1)
            }
            Piece::Columns { .. } => text
                .get(offset..)
                .and_then(|rest| rest.find('}'))
                .map_or(0, |end| end + 1),
        };
    }
    let message = format!(
        "{} and {} find different placeholders here: name the dialect",
        first.0.name(),
        second.0.name()
    );
    SyntaxError::at(text, offset, message)
}
