//! How far a node is: a place in PostgreSQL's log, or one transaction a domain on MariaDB. Asks nobody.
//!
//! Terms: a *domain* of MariaDB is a stream of transactions with a sequence of its own; its *state* is the last sequence
//! number of every server that ever wrote into a domain.
#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::fmt;

/// How far a node is, as its engine says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Position {
    /// PostgreSQL: bytes of the log since the beginning. Comparable within one timeline of one cluster.
    Lsn(u64),
    /// MariaDB: the last transaction of every domain.
    Gtid(GtidSet),
}

impl Position {
    /// Further than any log gets: what ended, and nobody knows where, is held to end there.
    pub(crate) const ENDLESS: u64 = u64::MAX;

    /// As a server says it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match parse_lsn(text) {
            Some(lsn) => Some(Self::Lsn(before_header(lsn))),
            None if text.is_empty() => None,
            None => GtidSet::parse(text).map(Self::Gtid),
        }
    }

    /// Whether everything up to `other` is in here. Never true between engines.
    pub(crate) fn reaches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Lsn(own), Self::Lsn(other)) => own >= other,
            (Self::Gtid(own), Self::Gtid(other)) => own.reaches(other),
            _ => false,
        }
    }

    /// The least position that reaches both; `None` between engines.
    pub(crate) fn union(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Lsn(own), Self::Lsn(other)) => Some(Self::Lsn(*own.max(other))),
            (Self::Gtid(own), Self::Gtid(other)) => Some(Self::Gtid(own.union(other))),
            _ => None,
        }
    }

    /// Whether it stands for an end that nobody knows.
    pub(crate) fn is_endless(&self) -> bool {
        match self {
            Self::Lsn(lsn) => *lsn == Self::ENDLESS,
            Self::Gtid(set) => set.iter().any(|gtid| gtid.sequence == Self::ENDLESS),
        }
    }

    /// How many transactions of MariaDB this is behind the other; `None` on other engines.
    pub(crate) fn transactions_behind(&self, other: &Self) -> Option<u64> {
        match (self, other) {
            (Self::Gtid(own), Self::Gtid(other)) => Some(own.behind(other)),
            _ => None,
        }
    }

    /// How many bytes of the log `other` is ahead; `None` where positions aren't counted in bytes.
    pub(crate) fn bytes_behind(&self, other: &Self) -> Option<u64> {
        match (self, other) {
            (Self::Lsn(own), Self::Lsn(other)) => Some(other.saturating_sub(*own)),
            _ => None,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lsn(lsn) => write_lsn(*lsn, f),
            Self::Gtid(set) => write!(f, "{set}"),
        }
    }
}

/// PostgreSQL's own form: `16/B374D848`.
pub(crate) fn write_lsn(lsn: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{:X}/{:X}", lsn >> 32, lsn & 0xFFFF_FFFF)
}

/// Reads PostgreSQL's own form.
pub(crate) fn parse_lsn(text: &str) -> Option<u64> {
    let half = |text: &str| {
        let is_hex = (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        is_hex.then(|| u64::from_str_radix(text, 16).ok()).flatten()
    };
    let (high, low) = text.split_once('/')?;
    Some(half(high)? << 32 | half(low)?)
}

/// Where the last record of the log ends. When that is the end of a page, a primary names the place where the next record
/// will begin, behind the header of the next page: its replicas, which have everything, never say so, and neither does the
/// history of a timeline that ends there. See `XLogBytePosToRecPtr` and `XLogBytePosToEndRecPtr` in PostgreSQL's `xlog.c`.
///
/// Nothing is lost by it where pages have another size: no record of a commit is as short as this header. Headers of 40 bytes,
/// once in 2,048 pages, are left alone, since such records are.
fn before_header(lsn: u64) -> u64 {
    const PAGE: u64 = 8_192;
    const HEADER: u64 = 24;
    if lsn % PAGE == HEADER {
        lsn - HEADER
    } else {
        lsn
    }
}

/// One transaction of MariaDB: `0-1-100`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Gtid {
    pub(crate) domain: u32,
    pub(crate) server: u32,
    pub(crate) sequence: u64,
}

impl Gtid {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let gtid = Self {
            domain: number(parts.next()?)?,
            server: number(parts.next()?)?,
            sequence: number(parts.next()?)?,
        };
        parts.next().is_none().then_some(gtid)
    }
}

/// Digits alone: no sign, which `parse` would take.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// Reads a list of transactions, which may be empty.
fn parse_list(text: &str) -> Option<Vec<Gtid>> {
    let items = text.split(',').map(str::trim);
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    items.map(Gtid::parse).collect()
}

impl fmt::Display for Gtid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.domain, self.server, self.sequence)
    }
}

/// The last transaction of every domain: `0-1-100,1-2-5`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GtidSet(BTreeMap<u32, Gtid>);

impl GtidSet {
    /// Reads MariaDB's own form. Of two transactions in one domain the later one counts.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(parse_list(text)?.into_iter().collect())
    }

    /// Whether every domain of `other` is here, and at least as far.
    pub(crate) fn reaches(&self, other: &Self) -> bool {
        other.iter().all(|theirs| {
            self.0
                .get(&theirs.domain)
                .is_some_and(|own| own.sequence >= theirs.sequence)
        })
    }

    /// The later transaction of every domain.
    fn behind(&self, other: &Self) -> u64 {
        let of = |theirs: Gtid| {
            let own = self.0.get(&theirs.domain).map_or(0, |own| own.sequence);
            theirs.sequence.saturating_sub(own)
        };
        other.iter().map(of).fold(0, u64::saturating_add)
    }

    /// Everything that either has.
    pub(crate) fn union(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Gtid> + '_ {
        self.0.values().copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<Gtid> for GtidSet {
    fn from_iter<I: IntoIterator<Item = Gtid>>(gtids: I) -> Self {
        let mut set = BTreeMap::new();
        for gtid in gtids {
            let last = set.entry(gtid.domain).or_insert(gtid);
            if gtid.sequence > last.sequence {
                *last = gtid;
            }
        }
        Self(set)
    }
}

impl fmt::Display for GtidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(self.iter(), f)
    }
}

/// The last sequence number of every server in every domain, as `@@gtid_binlog_state` says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GtidState(BTreeMap<(u32, u32), u64>);

impl GtidState {
    /// Reads MariaDB's own form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut state = BTreeMap::new();
        for gtid in parse_list(text)? {
            let last = state.entry((gtid.domain, gtid.server)).or_insert(0);
            *last = gtid.sequence.max(*last);
        }
        Some(Self(state))
    }

    /// Whether this very transaction is in there: the server's own number counts, and not the domain's.
    pub(crate) fn contains(&self, gtid: Gtid) -> bool {
        self.of(gtid.domain, gtid.server) >= Some(gtid.sequence)
    }

    /// Whether the domain has got past this transaction's number, by whichever server.
    pub(crate) fn has_passed(&self, gtid: Gtid) -> bool {
        self.iter()
            .any(|own| own.domain == gtid.domain && own.sequence >= gtid.sequence)
    }

    /// Whether `server` wrote something that `other` doesn't have.
    pub(crate) fn has_more_of(&self, server: u32, other: &Self) -> bool {
        self.iter()
            .any(|own| own.server == server && !other.contains(own))
    }

    /// Whether both have the same of all servers but this one.
    pub(crate) fn is_same_but_for(&self, server: u32, other: &Self) -> bool {
        let of_others = |gtid: &Gtid| gtid.server != server;
        self.iter()
            .filter(of_others)
            .eq(other.iter().filter(of_others))
    }

    /// All that a server may ever have written: in the domains where it is known to have, or else in the one that servers
    /// use unless they are told otherwise.
    pub(crate) fn all_of(&self, server: u32) -> GtidSet {
        let domains = self.iter().filter(|own| own.server == server);
        let mut domains: Vec<u32> = domains.map(|own| own.domain).collect();
        if domains.is_empty() {
            domains.push(0);
        }
        let end = |domain| Gtid {
            domain,
            server,
            sequence: Position::ENDLESS,
        };
        domains.into_iter().map(end).collect()
    }

    fn of(&self, domain: u32, server: u32) -> Option<u64> {
        self.0.get(&(domain, server)).copied()
    }

    fn iter(&self) -> impl Iterator<Item = Gtid> + '_ {
        self.0.iter().map(|(&(domain, server), &sequence)| Gtid {
            domain,
            server,
            sequence,
        })
    }
}

impl fmt::Display for GtidState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(self.iter(), f)
    }
}

fn write_list(gtids: impl Iterator<Item = Gtid>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (place, gtid) in gtids.enumerate() {
        let comma = if place > 0 { "," } else { "" };
        write!(f, "{comma}{gtid}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
