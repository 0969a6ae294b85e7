//! How far a client has seen, as a text that travels. Compares nothing with a cluster: see `timeline.rs`.
#![deny(clippy::disallowed_methods)]

use std::fmt;
use std::str::FromStr;

use crate::driver::{Dialect, GtidSet, Position};
use crate::error::{Error, ErrorKind, Result};

/// A token comes from outside: a longer one is none.
const MOST_BYTES: usize = 2_048;
/// No cluster has as many domains.
const MOST_DOMAINS: usize = 64;

/// How far a client has seen: whoever [observes](crate::Session) it sees at least that.
///
/// It is a text of one line that can travel in a header, in JSON or to the next process. It says nothing about rows, and
/// keeps its meaning through a failover: what was lost there is reported. Of two tokens, [`CausalToken::merge`] makes one
/// that covers both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CausalToken {
    pub(crate) engine: Dialect,
    /// PostgreSQL's system identifier, where the login may know it.
    pub(crate) cluster: Option<u64>,
    /// PostgreSQL's timeline.
    pub(crate) timeline: Option<u32>,
    /// `None`: everything up to when it is used.
    pub(crate) position: Option<Position>,
}

impl CausalToken {
    /// The least token that covers both.
    ///
    /// Of two timelines the later one counts.
    ///
    /// # Errors
    /// [`ErrorKind::ForeignCluster`] if they are of two clusters, or of two engines.
    pub fn merge(&self, other: &Self) -> Result<Self> {
        let is_foreign = self.engine != other.engine
            || matches!((self.cluster, other.cluster), (Some(own), Some(theirs)) if own != theirs);
        if is_foreign {
            let message = format!("tokens of two clusters have nothing in common: {self}, {other}");
            return Err(Error::new(ErrorKind::ForeignCluster, message));
        }
        let (later, earlier) = match self.timeline >= other.timeline {
            true => (self, other),
            false => (other, self),
        };
        let position = match (&later.position, &earlier.position) {
            (Some(own), Some(theirs)) if later.timeline == earlier.timeline => own.union(theirs),
            (_, None) if later.timeline == earlier.timeline => None,
            (own, _) => own.clone(),
        };
        Ok(Self {
            engine: self.engine,
            cluster: self.cluster.or(other.cluster),
            timeline: later.timeline,
            position,
        })
    }

    /// Which engine it is of.
    pub fn engine(&self) -> Dialect {
        self.engine
    }

    /// Everything but the checksum.
    fn body(&self) -> String {
        let engine = match self.engine {
            Dialect::Sqlite => "sqlite",
            Dialect::Postgres => "postgres",
            Dialect::MySql => "mysql",
        };
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let cluster = or_dash(self.cluster.map(|cluster| format!("{cluster:x}")));
        let timeline = or_dash(self.timeline.map(|timeline| timeline.to_string()));
        let position = match &self.position {
            None => "now".to_owned(),
            Some(Position::Lsn(lsn)) => format!("{lsn:x}"),
            // A comma has a meaning in headers.
            Some(Position::Gtid(set)) => format!("_{set}").replace(',', "_"),
        };
        format!("w1.{engine}.{cluster}.{timeline}.{position}")
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > MOST_BYTES {
            return Err("it is too long");
        }
        let (body, sum) = text.rsplit_once('.').ok_or("it has no checksum")?;
        if sum != checksum(body) {
            return Err("its checksum is wrong");
        }
        let parts: Vec<&str> = body.split('.').collect();
        let [version, engine, cluster, timeline, position] = parts[..] else {
            return Err("it hasn't six parts");
        };
        if version != "w1" {
            return Err("it is of another version");
        }
        let engine = match engine {
            "sqlite" => Dialect::Sqlite,
            "postgres" => Dialect::Postgres,
            "mysql" => Dialect::MySql,
            _ => return Err("its engine is unknown"),
        };
        let hex = |text: &str| u64::from_str_radix(text, 16).ok();
        let token = Self {
            engine,
            cluster: optional(cluster, hex).ok_or("its cluster isn't a number")?,
            timeline: optional(timeline, |text| text.parse().ok())
                .ok_or("its timeline isn't a number")?,
            position: match (position, engine) {
                ("now", _) => None,
                (text, Dialect::Postgres) => hex(text).map(Position::Lsn),
                (text, Dialect::MySql) => text
                    .strip_prefix('_')
                    .and_then(|list| GtidSet::parse(&list.replace('_', ",")))
                    .filter(|set| set.len() <= MOST_DOMAINS)
                    .map(Position::Gtid),
                (_, Dialect::Sqlite) => None,
            },
        };
        // One text for each token: what isn't written in our way, as with signs or in capitals, isn't ours.
        if token.body() != body {
            return Err("its position can't be read");
        }
        Ok(token)
    }
}

/// Reads what may be absent.
fn optional<T>(text: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    match text {
        "-" => Some(None),
        text => read(text).map(Some),
    }
}

/// FNV-1a: finds what was cut off or mistyped. It is no signature.
fn checksum(text: &str) -> String {
    let sum = text.bytes().fold(0x811C_9DC5_u32, |sum, byte| {
        (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("{sum:08x}")
}

impl fmt::Display for CausalToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body();
        write!(f, "{body}.{}", checksum(&body))
    }
}

/// # Errors
/// [`ErrorKind::InvalidToken`], for every text that isn't exactly what [`Display`](fmt::Display) wrote.
impl FromStr for CausalToken {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text).map_err(|problem| {
            let message = format!("this is no token of Wharf's: {problem}");
            Error::new(ErrorKind::InvalidToken, message)
        })
    }
}

impl serde::Serialize for CausalToken {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for CausalToken {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
