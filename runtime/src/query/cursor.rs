//! The place at which a page ended, as an opaque text.
//!
//! The text is hexadecimal: a checksum, then JSON with the order it belongs to and the keys of the last row. The checksum
//! (FNV-1a, 64 bits; Fowler, Noll and Vo) tells what was cut or altered; it keeps no secret, and needs none: the keys are
//! bound as arguments, whatever they say.

use std::fmt;
use std::str::FromStr;

use crate::driver::hex;
use crate::error::{Error, ErrorKind, Result};

/// The longest text that is looked at.
const LONGEST: usize = 16 * 1024;

/// The place at which a page ended, to go on from.
///
/// Opaque, but it can be stored and sent: it displays as a text, parses from it, and serialises as one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor {
    order: String,
    place: Vec<Option<String>>,
}

impl Cursor {
    pub(crate) fn new(order: String, place: Vec<Option<String>>) -> Self {
        Self { order, place }
    }

    /// The keys of the last row, if the cursor belongs to this order.
    pub(crate) fn place(&self, order: &str, keys: usize) -> Result<&[Option<String>]> {
        // The last key is the id, which is never NULL.
        if self.order != order
            || self.place.len() != keys
            || self.place.last().is_none_or(Option::is_none)
        {
            return Err(malformed("belongs to another query or another order"));
        }
        Ok(&self.place)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::json!([self.order, self.place]).to_string();
        write!(
            f,
            "{:016x}{}",
            checksum(json.as_bytes()),
            hex(json.as_bytes())
        )
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.len() > LONGEST {
            return Err(malformed("is too long"));
        }
        let altered = || malformed("was altered or cut");
        let bytes = text.as_bytes().chunks(2).map(|pair| {
            let pair = std::str::from_utf8(pair)
                .ok()
                .filter(|pair| pair.len() == 2 && !pair.starts_with('+'))?;
            u8::from_str_radix(pair, 16).ok()
        });
        let bytes: Vec<u8> = bytes.collect::<Option<_>>().ok_or_else(altered)?;
        let (sum, json) = bytes.split_at_checked(8).ok_or_else(altered)?;
        if sum != checksum(json).to_be_bytes() {
            return Err(altered());
        }
        let (order, place) = serde_json::from_slice(json).map_err(|_| altered())?;
        Ok(Self { order, place })
    }
}

impl serde::Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Cursor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

fn malformed(how: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, format!("the cursor {how}"))
}

fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor() -> Cursor {
        Cursor::new("accounts+id".into(), vec![None, Some("7".into())])
    }

    #[test]
    fn a_cursor_survives_its_text() {
        assert_eq!(
            cursor()
                .to_string()
                .parse::<Cursor>()
                .expect("its own text"),
            cursor()
        );
    }

    #[test]
    fn every_altered_or_shortened_text_is_refused() {
        let text = cursor().to_string();
        for place in 0..text.len() {
            let mut altered = text.clone().into_bytes();
            altered[place] = if altered[place] == b'0' { b'1' } else { b'0' };
            let altered = String::from_utf8(altered).expect("digits");
            assert_eq!(
                altered.parse::<Cursor>().expect_err("altered").kind(),
                ErrorKind::InvalidArgument,
                "{altered}"
            );
            assert!(text[..place].parse::<Cursor>().is_err(), "cut at {place}");
        }
        for text in ["", "x", "é", "+1+1+1+1+1+1+1+1", &"0".repeat(LONGEST + 1)] {
            assert!(text.parse::<Cursor>().is_err());
        }
    }

    #[test]
    fn a_cursor_of_another_order_is_refused() {
        assert!(cursor().place("accounts+id", 2).is_ok());
        assert!(cursor().place("accounts-id", 2).is_err());
        assert!(cursor().place("accounts+id", 1).is_err());
    }
}
