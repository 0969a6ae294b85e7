//! Says what one SQL text reads, writes and binds, before it runs.
//!
//! It opens no connection and knows no schema: a view, a trigger, a rule or a function of the user's own can do more than
//! the text shows. It validates little beyond syntax; the server is the judge of names and types.
//!
//! Terms: a *placeholder* is `:name`; a *column list* is `{Entity}` or `{Entity as alias}`; a *piece* is a part of the text
//! between them; a *class* is the worst that the statement can do.
//!
//! The stages, a file or a few each: `scan` (with `quote`) finds placeholders; `token` checks that the parser sees the same
//! ones, and `dialect_gap` spells what it couldn't read; `parse` makes the tree of exactly one statement; `verb`, `query`,
//! `select`, `relation`, `change`, `expr` and `call` walk it and collect `facts`, `function` knows which calls are more than
//! a computation; `piece` cuts the text; `portable` merges what the dialects say.
//!
//! The walk is our own and not the `visitor` feature of `sqlparser`: the derived visitors report common table expressions
//! as tables and don't report table functions, so that most of the walk would remain; and with them the parser takes 24 s
//! to compile instead of 17 s, which every build with our macros pays.
//!
//! ```
//! use wharf_sql::{Class, Dialect, Placeholders, analyze};
//!
//! let found = analyze("SELECT {User as u} FROM app.users u WHERE u.id IN (:ids)", Dialect::Postgres)?;
//! assert_eq!(found.class, Class::Read);
//! assert_eq!(found.reads, ["app.users"]);
//! let (text, order) = found.render(Placeholders::Dollar, &|_, alias| format!("{}.id", alias.unwrap_or("t")));
//! assert_eq!(text, "SELECT u.id FROM app.users u WHERE u.id IN ($1)");
//! assert_eq!(order, [0]);
//! # Ok::<(), wharf_sql::SyntaxError>(())
//! ```

#![deny(clippy::disallowed_methods)]

mod call;
mod change;
mod class;
mod dialect_gap;
mod error;
mod expr;
mod facts;
mod function;
mod operation;
mod parse;
mod piece;
mod place;
mod portable;
mod query;
mod quote;
mod relation;
mod scan;
mod select;
mod stack;
mod statement;
mod token;
mod verb;

#[cfg(test)]
mod tests;

pub use class::{Class, Dialect};
pub use error::SyntaxError;
pub use piece::{Piece, Placeholders};
pub use portable::analyze_portable;
pub use statement::{MAX_LENGTH, Statement, analyze};
