//! What a query does to the database, and whether the method may.

use std::collections::BTreeSet;

use wharf_sql::Class;

use crate::{
    errors::Errors,
    repository::methods::{signature::Signature, sql::Sql},
};

/// What a query does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Effect {
    /// Its verb in capitals, empty if the texts differ.
    pub(in super::super) verb: &'static str,
    /// The only table it touches, empty if there are several or none.
    pub(in super::super) table: String,
    pub(in super::super) writes: bool,
    pub(in super::super) ddl: bool,
}

impl Effect {
    /// The worst of all texts; what the method may not do is in `errors`.
    pub(super) fn of(sqls: &[&Sql], signature: &Signature, errors: &mut Errors) -> Self {
        let statements = || sqls.iter().map(|sql| &sql.statement);
        let mut told = false;
        for sql in sqls {
            if sql.statement.class == Class::Session {
                errors.at(
                    sql.literal.span(),
                    "transaction control and session settings aren't allowed in `#[query]`: \
                     the connection goes back to others",
                );
            } else if let Some(why) = why_it_writes(sql)
                && !told
            {
                signature.require_write(&why, errors);
                told = true;
            }
        }
        let verbs: BTreeSet<_> = statements().map(|statement| statement.operation).collect();
        let tables: BTreeSet<_> = statements()
            .flat_map(|statement| statement.reads.iter().chain(&statement.writes))
            .collect();
        Self {
            verb: only(verbs).unwrap_or_default(),
            table: only(tables).cloned().unwrap_or_default(),
            writes: statements().any(|statement| statement.class != Class::Read),
            ddl: statements().any(|statement| statement.class == Class::Ddl),
        }
    }
}

fn only<T>(set: BTreeSet<T>) -> Option<T> {
    let mut all = set.into_iter();
    all.next().filter(|_| all.next().is_none())
}

/// `None` if it only reads.
fn why_it_writes(sql: &Sql) -> Option<String> {
    let statement = &sql.statement;
    let writes: Vec<_> = statement
        .writes
        .iter()
        .map(|table| format!("`{table}`"))
        .collect();
    match statement.class {
        Class::Read | Class::Session => None,
        Class::ReadLock => {
            Some("this statement locks rows, which only the primary can do".to_owned())
        }
        Class::Write if writes.is_empty() => Some("this statement writes".to_owned()),
        Class::Write => Some(format!("this statement writes {}", writes.join(", "))),
        Class::Ddl => Some("this statement changes the schema".to_owned()),
        Class::Unknown => Some("what this statement does isn't known, so it may write".to_owned()),
    }
}
