//! What the walk has collected so far, and what the names it meets mean where it stands.

use std::{collections::BTreeSet, mem};

use sqlparser::{
    ast::{Ident, ObjectName, ObjectNamePart, With},
    tokenizer::Location,
};

use crate::{Class, Dialect, function::Effect};

/// The state of one walk.
pub(crate) struct Facts {
    pub(crate) dialect: Dialect,
    pub(crate) operation: &'static str,
    pub(crate) reads: BTreeSet<String>,
    pub(crate) writes: BTreeSet<String>,
    pub(crate) volatile: BTreeSet<String>,
    pub(crate) returns_rows: bool,
    pub(crate) has_limit: bool,
    /// One for each mark: whether it stands alone in `IN (..)`.
    pub(crate) lists: Vec<bool>,
    /// The first thing that can't be sent, with its place.
    pub(crate) fault: Option<(Location, &'static str)>,
    /// The worst seen so far.
    class: Class,
    /// Whether a function was called that isn't a mere read, though one that a change may call.
    acts: bool,
    marks: Vec<Location>,
    /// Common table expressions that can be named here, innermost last.
    scope: Vec<String>,
    /// Names of relations that are changed and not read: set while the relations of a change are walked.
    targets: Vec<String>,
}

impl Facts {
    pub(crate) fn new(dialect: Dialect, marks: Vec<Location>) -> Self {
        Self {
            dialect,
            operation: "",
            reads: BTreeSet::new(),
            writes: BTreeSet::new(),
            volatile: BTreeSet::new(),
            returns_rows: false,
            has_limit: false,
            lists: vec![false; marks.len()],
            fault: None,
            class: Class::Read,
            acts: false,
            marks,
            scope: Vec::new(),
            targets: Vec::new(),
        }
    }

    /// An empty state for the same text.
    pub(crate) fn fresh(&self) -> Self {
        Self::new(self.dialect, self.marks.clone())
    }

    /// Makes the class no better than this.
    pub(crate) fn at_least(&mut self, class: Class) {
        self.class = self.class.max(class);
    }

    /// Notes that something was not understood.
    pub(crate) fn unknown(&mut self) {
        self.at_least(Class::Unknown);
    }

    /// The class, when the walk is over.
    pub(crate) fn verdict(&self) -> Class {
        if self.acts && self.class <= Class::ReadLock {
            Class::Unknown
        } else {
            self.class
        }
    }

    pub(crate) fn refuse(&mut self, location: Location, message: &'static str) {
        self.fault.get_or_insert((location, message));
    }

    /// Notes a placeholder that is the only element of `IN (..)`.
    pub(crate) fn lone_in(&mut self, location: Location) {
        if let Ok(mark) = self.marks.binary_search(&location) {
            self.lists[mark] = true;
        }
    }

    /// Notes a function call.
    pub(crate) fn effect(&mut self, name: String, effect: Effect) {
        self.volatile.insert(name);
        match effect {
            Effect::Varies => {}
            Effect::Acts => self.acts = true,
            Effect::Escapes => self.unknown(),
        }
    }

    /// Notes that a relation is used under `binding`: its alias, or the last part of its name.
    pub(crate) fn relation(&mut self, name: &ObjectName, binding: &str) {
        let folded = self.table_name(name);
        if self.targets.iter().any(|target| target == binding) {
            self.writes.insert(folded);
        } else if !(name.0.len() == 1 && self.in_scope(&folded)) {
            match (self.dialect, &*folded) {
                // MySQL's name for no table at all.
                (Dialect::MySql, "dual") => {}
                // A reserved word that `dialect_gap` has left, so it isn't the name of the table.
                (Dialect::Postgres, "only") => self.unknown(),
                _ => drop(self.reads.insert(folded)),
            }
        }
    }

    /// Notes a table that is changed whatever else its name may mean.
    pub(crate) fn writes(&mut self, name: &ObjectName) {
        let folded = self.table_name(name);
        self.writes.insert(folded);
    }

    /// The spelling of a table in the findings.
    pub(crate) fn table_name(&mut self, name: &ObjectName) -> String {
        for part in &name.0 {
            match part {
                ObjectNamePart::Identifier(ident)
                    if self.marks.binary_search(&ident.span.start).is_ok() =>
                {
                    self.refuse(
                        ident.span.start,
                        "`{..}` stands for columns, and a table is expected here",
                    );
                }
                ObjectNamePart::Identifier(_) => {}
                ObjectNamePart::Function(_) => self.unknown(),
            }
        }
        folded(name)
    }

    /// Walks the relations of a change: those bound to one of `targets` are written, the others read.
    pub(crate) fn with_targets(&mut self, targets: Vec<String>, walk: impl FnOnce(&mut Self)) {
        let outer = mem::replace(&mut self.targets, targets);
        walk(self);
        self.targets = outer;
    }

    /// Walks `WITH` and then what it belongs to, in which its names hide tables.
    ///
    /// A name is known to the ones after it; to itself and the ones before it only with `RECURSIVE`, which SQLite implies.
    pub(crate) fn with_scope(&mut self, with: Option<&With>, walk: impl FnOnce(&mut Self)) {
        let outer = self.scope.len();
        // A query within a change reads its own relations only.
        let targets = mem::take(&mut self.targets);
        if let Some(with) = with {
            let recursive = with.recursive || self.dialect == Dialect::Sqlite;
            if recursive {
                self.scope
                    .extend(with.cte_tables.iter().map(|cte| fold(&cte.alias.name)));
            }
            for cte in &with.cte_tables {
                if cte.from.is_some() {
                    self.unknown();
                }
                self.query(&cte.query);
                if !recursive {
                    self.scope.push(fold(&cte.alias.name));
                }
            }
        }
        walk(self);
        self.targets = targets;
        self.scope.truncate(outer);
    }

    fn in_scope(&self, name: &str) -> bool {
        let same = |known: &String| match self.dialect {
            Dialect::Postgres => known == name,
            // Quotes don't keep the case apart there.
            Dialect::Sqlite | Dialect::MySql => known.eq_ignore_ascii_case(name),
        };
        self.scope.iter().any(same)
    }
}

/// A name as engines compare it: unquoted ones in lower case.
pub(crate) fn fold(ident: &Ident) -> String {
    if ident.quote_style.is_some() {
        ident.value.clone()
    } else {
        ident.value.to_lowercase()
    }
}

/// A qualified name, folded and joined by dots.
pub(crate) fn folded(name: &ObjectName) -> String {
    let parts: Vec<String> = name
        .0
        .iter()
        .filter_map(ObjectNamePart::as_ident)
        .map(fold)
        .collect();
    parts.join(".")
}

/// The last part of a qualified name, folded.
pub(crate) fn last_part(name: &ObjectName) -> String {
    name.0
        .last()
        .and_then(ObjectNamePart::as_ident)
        .map(fold)
        .unwrap_or_default()
}
