//! Skips what quotes: strings, quoted names, comments, dollar quotes.

use crate::{
    Dialect, SyntaxError,
    scan::{Scanner, names},
};

/// What a backslash in a string is.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Backslash {
    Escapes,
    Plain,
}

impl Scanner<'_> {
    /// Whether the letter just before is the prefix of a string and not the end of a name.
    pub(crate) fn follows_prefix(&self, letter: u8) -> bool {
        self.before(1)
            .is_some_and(|byte| byte.eq_ignore_ascii_case(&letter))
            && !self.before(2).is_some_and(names)
    }

    /// Skips a string or a quoted name.
    pub(crate) fn quoted(&mut self, close: u8, backslash: Backslash) -> Result<(), SyntaxError> {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            if byte == b'\\' && backslash == Backslash::Escapes {
                self.at += 1;
            } else if byte == close {
                // A doubled quote is one quote inside; SQLite's brackets know no doubling.
                if close == b']' || self.peek(0) != Some(close) {
                    return Ok(());
                }
                self.at += 1;
            }
        }
        let what = if close == b'\'' {
            "a string"
        } else {
            "a quoted name"
        };
        self.error(start, &format!("{what} begins here and doesn't end"))
    }

    /// MySQL asks for white space after the dashes, so that `5--1` is 6.
    pub(crate) fn starts_line_comment(&self) -> bool {
        self.peek(1) == Some(b'-')
            && (self.dialect != Dialect::MySql
                || self.peek(2).is_none_or(|byte| byte.is_ascii_whitespace()))
    }

    /// Skips a comment up to the end of its line.
    pub(crate) fn line_comment(&mut self) {
        // PostgreSQL ends a line at a carriage return, too.
        let ends =
            |&byte: &u8| byte == b'\n' || (byte == b'\r' && self.dialect == Dialect::Postgres);
        self.at = self.bytes[self.at..]
            .iter()
            .position(ends)
            .map_or(self.bytes.len(), |length| self.at + length);
    }

    /// Skips a comment and says whether some server could execute it. Those are kept wherever they stand, so that a text
    /// has the same pieces in every dialect.
    pub(crate) fn block_comment(&mut self) -> Result<bool, SyntaxError> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'*')) if depth == 0 || self.dialect == Dialect::Postgres => {
                    depth += 1;
                    self.at += 2;
                }
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        break;
                    }
                }
                (Some(_), _) => self.at += 1,
                (None, _) => return self.error(start, "a comment begins here and doesn't end"),
            }
        }
        let inside = &self.bytes[start + 2..self.at];
        let executable = inside.starts_with(b"!") || inside.starts_with(b"M!");
        if executable && self.dialect == Dialect::MySql {
            self.found.executable = true;
            // Character by character: places are counted in characters, and lines must stay lines.
            let blank: String = self.text[start..self.at]
                .chars()
                .map(|c| if c == '\n' { c } else { ' ' })
                .collect();
            self.mask(start, &blank);
        }
        Ok(executable)
    }

    /// Skips `$tag$ .. $tag$`, or a dollar.
    pub(crate) fn dollar(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        let tag_end = start
            + 1
            + self.bytes[start + 1..]
                .iter()
                .take_while(|&&byte| names(byte) && byte != b'$')
                .count();
        let opens = self.bytes.get(tag_end) == Some(&b'$')
            && !self.bytes[start + 1].is_ascii_digit()
            && !self.before(1).is_some_and(names);
        if !opens {
            self.at += 1;
            return Ok(());
        }
        let tag = &self.text[start..=tag_end];
        match self.text[tag_end + 1..].find(tag) {
            Some(length) => self.at = tag_end + 1 + length + tag.len(),
            None => return self.error(start, "a dollar-quoted string begins here and doesn't end"),
        }
        Ok(())
    }
}
