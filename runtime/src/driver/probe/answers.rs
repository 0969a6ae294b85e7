//! What the answers to a probe mean.
#![deny(clippy::disallowed_methods)]

use std::time::Instant;

use crate::driver::position::{GtidSet, GtidState, Position, parse_lsn};
use crate::driver::report::{History, Report, Switch};
use crate::error::{Error, ErrorKind, Result};

/// Whether it takes writes, its position, its timeline, whether it is connected to a primary, where it was promoted, and
/// whether its commits wait for a replica.
pub(super) type PostgresRow = (
    bool,
    Option<String>,
    Option<i64>,
    bool,
    Option<String>,
    bool,
);
/// The server's id, whether it refuses writes, what it wrote last, what it replicated last, what it has of everybody, and
/// whether its commits wait for a replica before anybody sees them.
pub(super) type MariaDbRow = (String, String, String, String, String, String);

pub(super) fn sqlite(asked_at: Instant, is_writable: bool) -> Report {
    Report {
        asked_at,
        cluster: None,
        server: None,
        is_writable,
        timeline: None,
        position: None,
        history: History::Unknown,
        receives: false,
        is_synchronous: false,
    }
}

pub(super) fn postgres(
    asked_at: Instant,
    cluster: Option<u64>,
    row: PostgresRow,
) -> Result<Report> {
    let (is_writable, position, timeline, receives, began, is_synchronous) = row;
    let lsn = |text: String| parse_lsn(&text).ok_or_else(|| unreadable(&text));
    let place = |text: String| Position::parse(&text).ok_or_else(|| unreadable(&text));
    let timeline = timeline
        .map(|timeline| u32::try_from(timeline).map_err(|_| unreadable(&timeline.to_string())));
    let began = began.map(lsn).transpose()?;
    Ok(Report {
        asked_at,
        cluster,
        server: None,
        is_writable,
        timeline: timeline.transpose()?,
        position: position.map(place).transpose()?,
        history: began.map_or(History::Unknown, History::Began),
        receives,
        is_synchronous,
    })
}

pub(super) fn mariadb(asked_at: Instant, row: MariaDbRow) -> Result<Report> {
    let (server, read_only, written, replicated, state, is_synchronous) = row;
    let set = |text: &str| GtidSet::parse(text).ok_or_else(|| unreadable(text));
    let server: u32 = server.parse().map_err(|_| unreadable(&server))?;
    let is_writable = matches!(read_only.as_str(), "0" | "OFF");
    let written = set(&written)?;
    // What a replica replicates is in its binary log before it can be read. What it wrote itself, as a former primary,
    // is long past.
    let visible = if is_writable {
        written
    } else {
        written
            .iter()
            .filter(|gtid| gtid.server == server)
            .collect()
    };
    Ok(Report {
        asked_at,
        cluster: None,
        server: Some(server),
        is_writable,
        timeline: None,
        position: Some(Position::Gtid(visible.union(&set(&replicated)?))),
        history: History::Gtids(GtidState::parse(&state).ok_or_else(|| unreadable(&state))?),
        receives: false,
        is_synchronous: is_synchronous == "1",
    })
}

/// Reads the history of a timeline, as PostgreSQL keeps it beside its log: a line for each timeline before it, with its
/// end and a reason. `None` if it isn't one.
pub(super) fn switches(text: &str) -> Option<Vec<Switch>> {
    let lines = text.lines().map(str::trim);
    let mut switches = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let mut words = line.split_whitespace();
            Some(Switch {
                timeline: words.next()?.parse().ok()?,
                lsn: parse_lsn(words.next()?)?,
            })
        })
        .collect::<Option<Vec<_>>>()?;
    switches.sort_by_key(|switch| switch.timeline);
    Some(switches)
}

fn unreadable(text: &str) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!("the node answered a probe with `{text}`, which can't be read"),
    )
}

#[cfg(test)]
mod tests;
