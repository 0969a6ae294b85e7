//! From facts to SQL text. Pure: runs nothing and asks nobody.
//!
//! Texts that don't depend on a call are made once and kept for good: their number is bounded by the program's own
//! methods.

mod bulk;
mod cursor;
mod ddl;
mod derived;
mod expr;
mod filter;
mod keyset;
mod lists;
mod statements;
mod template;
mod writer;

pub(crate) use bulk::{carried_by_update, inserts_as_sent, updates_as_sent};
pub use cursor::Cursor;
pub(crate) use ddl::create_table;
pub use derived::{Derived, DerivedOrder, Term};
pub(crate) use expr::Expr;
pub use expr::Op;
pub use filter::{Filter, Order};
pub(crate) use keyset::Keyset;
pub use statements::StatementCache;
pub(crate) use statements::Statements;
pub(crate) use statements::{inserted, updated};
pub use template::{Effect, Piece, Template, Texts};
pub(crate) use writer::{Sort, Writer};
