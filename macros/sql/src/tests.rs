//! Texts and what is said about them, as tables: write a text, run with `UPDATE_EXPECT=1`, read the difference.

mod classes;
mod errors;
mod limits;
mod mutation;
mod placeholders;
mod tables;

use crate::{Dialect, Piece, Statement, SyntaxError, analyze, analyze_portable};
use expect_test::Expect;

/// Reads one line of a table: `<dialect> <text>`, where the dialect is `lite`, `pg`, `my` or `any`.
fn read(line: &str) -> (&str, Result<Statement, SyntaxError>) {
    let (dialect, text) = line.trim().split_once(' ').unwrap();
    let found = match dialect {
        "lite" => analyze(text, Dialect::Sqlite),
        "pg" => analyze(text, Dialect::Postgres),
        "my" => analyze(text, Dialect::MySql),
        "any" => analyze_portable(text),
        other => panic!("no dialect {other}"),
    };
    (text, found)
}

/// Reads each text of a table, and expects below it what `show` makes of it. A table is its own input: write a text, and
/// the verdict is filled in.
fn check(table: &Expect, show: impl Fn(&Statement) -> String) {
    let mut shown = String::new();
    for line in table
        .data()
        .lines()
        .map(str::trim)
        .filter(|line| !(line.is_empty() || line.starts_with("-> ")))
    {
        let verdict = match read(line).1 {
            Ok(statement) => show(&statement),
            Err(error) => format!("error: {error}"),
        };
        shown.push_str(&format!("{line}\n    -> {verdict}\n"));
    }
    table.assert_eq(&shown);
}

/// What a statement does: class and verb, then what is worth a word.
fn facts(found: &Statement) -> String {
    let mut shown = format!("{:?} {}", found.class, found.operation);
    for (label, names) in [
        ("reads", &found.reads),
        ("writes", &found.writes),
        ("volatile", &found.volatile),
    ] {
        if !names.is_empty() {
            shown.push_str(&format!(", {label} {}", names.join(" ")));
        }
    }
    for (label, present) in [("rows", found.returns_rows), ("limit", found.has_limit)] {
        if present {
            shown.push_str(&format!(", {label}"));
        }
    }
    shown
}

/// The pieces, with the marks in angle brackets.
fn pieces(found: &Statement) -> String {
    let shown: String = found
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.escape_debug().to_string(),
            Piece::Arg(name) => format!("<{}>", found.names[*name]),
            Piece::List(name) => format!("<{}..>", found.names[*name]),
            Piece::Columns {
                entity,
                alias: None,
            } => format!("<{{{entity}}}>"),
            Piece::Columns {
                entity,
                alias: Some(alias),
            } => format!("<{{{entity}}} of {alias}>"),
        })
        .collect();
    shown.replace("\\'", "'").replace("\\\"", "\"")
}
