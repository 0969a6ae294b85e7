//! What one commit is called, so that it can be asked about later.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Error, ErrorKind, Result};

/// What one commit is called, so that [`Database::resolve`](crate::Database::resolve) can say what became of it.
///
/// An error of kind [`ErrorKind::CommitUnknown`] carries it, where there is one. As text, and for serde, it is 48
/// hexadecimal digits; it can be kept in a log or a queue and read back by another process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitId {
    pub(crate) unit: [u8; 16],
    /// Counts the tries under a caller's key, from 1; without a key every try has a unit of its own.
    pub(crate) attempt: u16,
    /// When it began, in milliseconds since 1970: the row that tells about it isn't kept for ever.
    began_ms: u64,
}

const BYTES: usize = 24;

impl CommitId {
    pub(crate) fn new(unit: [u8; 16], attempt: u16, since_1970: Duration) -> Self {
        let began_ms = u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX);
        Self {
            unit,
            attempt,
            began_ms: began_ms & 0xffff_ffff_ffff,
        }
    }

    /// How long ago it began, by a clock that may differ from the one it was begun by.
    pub(crate) fn age(self, since_1970: Duration) -> Duration {
        since_1970.saturating_sub(Duration::from_millis(self.began_ms))
    }

    fn to_bytes(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes[..16].copy_from_slice(&self.unit);
        bytes[16..18].copy_from_slice(&self.attempt.to_be_bytes());
        bytes[18..].copy_from_slice(&self.began_ms.to_be_bytes()[2..]);
        bytes
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CommitId({self})")
    }
}

impl FromStr for CommitId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let malformed = || {
            let message = format!(
                "the id of a commit is {} hexadecimal digits, and this has {} characters",
                2 * BYTES,
                text.chars().count()
            );
            Error::new(ErrorKind::InvalidArgument, message)
        };
        let digits = text.as_bytes();
        if digits.len() != 2 * BYTES {
            return Err(malformed());
        }
        let mut bytes = [0u8; BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let value = char::from(*digit).to_digit(16).ok_or_else(|| {
                    let message = "the id of a commit is hexadecimal digits and nothing else";
                    Error::new(ErrorKind::InvalidArgument, message)
                })?;
                *byte = (*byte << 4) | u8::try_from(value).unwrap_or_default();
            }
        }
        let mut unit = [0; 16];
        unit.copy_from_slice(&bytes[..16]);
        let began_ms = bytes[18..]
            .iter()
            .fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        Ok(Self {
            unit,
            attempt: u16::from_be_bytes([bytes[16], bytes[17]]),
            began_ms,
        })
    }
}

impl Serialize for CommitId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CommitId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> CommitId {
        CommitId::new([0xab; 16], 3, Duration::from_millis(1_700_000_000_123))
    }

    #[test]
    fn its_text_is_read_back() {
        let text = id().to_string();
        assert_eq!(text, "ab".repeat(16) + "0003018bcfe5687b");
        assert_eq!(text.parse::<CommitId>().expect("a commit's id"), id());
        let json = serde_json::to_string(&id()).expect("JSON");
        assert_eq!(
            serde_json::from_str::<CommitId>(&json).expect("an id"),
            id()
        );
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "ab", &"x".repeat(48), &"ä".repeat(24), &"ab".repeat(25)] {
            let error = text.parse::<CommitId>().expect_err("no id");
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{text}");
        }
    }

    #[test]
    fn it_knows_its_age() {
        let began = Duration::from_millis(1_700_000_000_123);
        assert_eq!(
            id().age(began + Duration::from_secs(9)),
            Duration::from_secs(9)
        );
        assert_eq!(
            id().age(Duration::ZERO),
            Duration::ZERO,
            "a clock that is behind"
        );
    }
}
