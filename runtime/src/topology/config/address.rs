//! Which server and database a URL leads to, so that two URLs of the same one are recognized.
#![deny(clippy::disallowed_methods)]

use std::fmt;

/// A URL without what doesn't say where it leads: login, password and options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// `sqlite`, `postgres` or `mysql`, or whatever is there.
    pub(super) engine: String,
    /// Host and port in lower case; empty for a file.
    host: String,
    /// The database, or the file's path.
    database: String,
}

impl Address {
    pub(super) fn of(url: &str) -> Self {
        let (scheme, rest) = url.split_once(':').unwrap_or(("", url));
        let (engine, port) = match scheme {
            "postgres" | "postgresql" => ("postgres", "5432"),
            "mysql" | "mariadb" => ("mysql", "3306"),
            other => (other, ""),
        };
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        if engine == "sqlite" {
            let is_in_memory = query.split('&').any(|pair| pair == "mode=memory");
            let path = rest.trim_start_matches("./");
            return Self {
                engine: engine.to_owned(),
                host: String::new(),
                database: if is_in_memory { ":memory:" } else { path }.to_owned(),
            };
        }
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let host = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        // sqlx takes host and port from the options too.
        let option = |wanted: &str| {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(key, _)| *key == wanted)
                .map(|(_, value)| value)
        };
        let (host, own_port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => (name, Some(port)),
            _ => (host, None),
        };
        let host = option("host").or(option("socket")).unwrap_or(host);
        let port = option("port").or(own_port).unwrap_or(port);
        Self {
            engine: engine.to_owned(),
            host: format!("{}:{port}", host.to_ascii_lowercase()),
            database: option("dbname").unwrap_or(database).to_owned(),
        }
    }

    pub(super) fn is_in_memory(&self) -> bool {
        self.engine == "sqlite" && (self.database == ":memory:" || self.database.is_empty())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.as_str() {
            "" => f.write_str(&self.database),
            host => write!(f, "{host}/{}", self.database),
        }
    }
}
