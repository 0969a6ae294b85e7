//! How the engines' SQL differs, as facts. Renders nothing: see `query/`.

/// The SQL that a database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite 3.35 or later.
    Sqlite,
    /// PostgreSQL 13 or later.
    Postgres,
    /// MariaDB 10.6 or later, and MySQL 8.
    MySql,
}

impl Dialect {
    /// The place in tables with one entry a dialect.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Sqlite => 0,
            Self::Postgres => 1,
            Self::MySql => 2,
        }
    }

    /// OpenTelemetry's `db.system.name`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgresql",
            Self::MySql => "mysql",
        }
    }

    /// Appends a name in quotes.
    pub(crate) fn quote(self, name: &str, out: &mut String) {
        // SQLite would take a double-quoted name that it doesn't know for a text, and return it in every row.
        let mark = if self == Self::Postgres { '"' } else { '`' };
        for (place, part) in name.split('.').enumerate() {
            if place > 0 {
                out.push('.');
            }
            out.push(mark);
            for c in part.chars() {
                if c == mark {
                    out.push(mark);
                }
                out.push(c);
            }
            out.push(mark);
        }
    }

    /// Appends the placeholder of the `number`th argument, counted from 1.
    pub(crate) fn placeholder(self, number: usize, out: &mut String) {
        match self {
            Self::Sqlite => out.push_str(&format!("?{number}")),
            Self::Postgres => out.push_str(&format!("${number}")),
            Self::MySql => out.push('?'),
        }
    }

    /// Whether an argument that is named twice is bound once.
    pub(crate) fn numbers_placeholders(self) -> bool {
        self != Self::MySql
    }
}
