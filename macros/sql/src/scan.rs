//! Finds `:name` and `{Entity}` in a text, outside of everything that quotes.
//!
//! It doesn't understand SQL: it knows strings, quoted names and comments, so that `':a'` and `-- :a` stay what they are. Its
//! view is compared with the parser's own in `token`, so a mistake here is an error and never a wrong binding.
//!
//! The rule for a placeholder: a colon, directly followed by a letter or `_`, and *not* directly preceded by a letter, a
//! digit, `_`, `$`, a closing bracket, a quote or another colon. So `x::int`, `a[lo:hi]`, `a[1:2]` and `:=` are none.

use crate::{Dialect, SyntaxError, quote::Backslash};

/// What the scanner found in one text.
pub(crate) struct Scan {
    /// Placeholders and column lists, in order.
    pub(crate) marks: Vec<Mark>,
    /// The distinct names, in order of first appearance.
    pub(crate) names: Vec<String>,
    /// The text with every mark replaced by something that every grammar takes, character for character as long.
    pub(crate) masked: String,
    /// Where the statement ends: without closing `;`, white space and comments. 0 when there is nothing.
    pub(crate) end: usize,
    /// Whether there are comments that MySQL or MariaDB would execute. They are masked.
    pub(crate) executable: bool,
}

/// One placeholder or column list; `start..end` are bytes of the text.
#[derive(PartialEq, Debug)]
pub(crate) struct Mark {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) sort: Sort,
}

/// What a mark stands for.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Sort {
    /// Index into [`Scan::names`].
    Name(usize),
    Columns {
        entity: String,
        alias: Option<String>,
    },
}

/// Scans one text.
///
/// # Errors
/// At a string, quoted name, comment or brace that doesn't end.
pub(crate) fn scan(text: &str, dialect: Dialect) -> Result<Scan, SyntaxError> {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        dialect,
        at: 0,
        copied: 0,
        found: Scan {
            marks: Vec::new(),
            names: Vec::new(),
            masked: String::with_capacity(text.len()),
            end: 0,
            executable: false,
        },
    };
    scanner.run()?;
    scanner.found.masked.push_str(&text[scanner.copied..]);
    Ok(scanner.found)
}

/// A scan that is under way.
pub(crate) struct Scanner<'a> {
    pub(crate) text: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) dialect: Dialect,
    pub(crate) at: usize,
    /// How far the text is in `found.masked`.
    copied: usize,
    pub(crate) found: Scan,
}

impl Scanner<'_> {
    fn run(&mut self) -> Result<(), SyntaxError> {
        use Dialect::{MySql, Postgres, Sqlite};
        while let Some(byte) = self.peek(0) {
            let start = self.at;
            match (byte, self.dialect) {
                (b'\'', MySql) => self.quoted(b'\'', Backslash::Escapes)?,
                (b'\'', Postgres) if self.follows_prefix(b'e') => {
                    self.quoted(b'\'', Backslash::Escapes)?
                }
                (b'\'', _) => self.quoted(b'\'', Backslash::Plain)?,
                (b'"', MySql) => self.quoted(b'"', Backslash::Escapes)?,
                (b'"', _) => self.quoted(b'"', Backslash::Plain)?,
                (b'`', MySql | Sqlite) => self.quoted(b'`', Backslash::Plain)?,
                (b'[', Sqlite) => self.quoted(b']', Backslash::Plain)?,
                (b'#', MySql) => {
                    self.line_comment();
                    continue;
                }
                (b'-', _) if self.starts_line_comment() => {
                    self.line_comment();
                    continue;
                }
                (b'/', _) if self.peek(1) == Some(b'*') => {
                    if !self.block_comment()? {
                        continue;
                    }
                }
                (b'$', Postgres) => self.dollar()?,
                (b':', _) => self.colon(),
                (b'{', _) => self.braces()?,
                _ => self.at += 1,
            }
            if !(byte.is_ascii_whitespace() || byte == b';') {
                debug_assert!(self.at > start, "every arm moves on");
                self.found.end = self.at;
            }
        }
        Ok(())
    }

    pub(crate) fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    pub(crate) fn before(&self, back: usize) -> Option<u8> {
        self.at
            .checked_sub(back)
            .and_then(|at| self.bytes.get(at))
            .copied()
    }

    pub(crate) fn error<T>(&self, offset: usize, message: &str) -> Result<T, SyntaxError> {
        Err(SyntaxError::at(self.text, offset, message))
    }

    fn colon(&mut self) {
        let start = self.at;
        let joined = self
            .before(1)
            .is_some_and(|byte| names(byte) || b")]}'\"`:".contains(&byte));
        self.at += 1;
        if joined
            || !self
                .peek(0)
                .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        {
            return;
        }
        let name = self.word();
        let index = self
            .found
            .names
            .iter()
            .position(|known| *known == name)
            .unwrap_or_else(|| {
                self.found.names.push(name);
                self.found.names.len() - 1
            });
        self.found.marks.push(Mark {
            start,
            end: self.at,
            sort: Sort::Name(index),
        });
        // A number is an expression everywhere, and a table or a column name nowhere.
        self.mask(start, &format!("1{}", "0".repeat(self.at - start - 1)));
    }

    fn braces(&mut self) -> Result<(), SyntaxError> {
        const EXPECTED: &str = "expected `{Entity}` or `{Entity as alias}`";
        let start = self.at;
        self.at += 1;
        let Some(length) = self.bytes[self.at..]
            .iter()
            .position(|&byte| byte == b'}' || byte == b'\n')
        else {
            return self.error(start, "a brace opens here and isn't closed");
        };
        let inside = &self.text[self.at..self.at + length];
        let words: Vec<&str> = inside
            .split([' ', '\t'])
            .filter(|word| !word.is_empty())
            .collect();
        let alias = match words[..] {
            [_] => None,
            [_, r#as, alias] if r#as.eq_ignore_ascii_case("as") => Some(alias),
            _ => return self.error(start, EXPECTED),
        };
        if self.bytes[self.at + length] != b'}' || !words.iter().all(|word| is_word(word)) {
            return self.error(start, EXPECTED);
        }
        self.at += length + 1;
        let sort = Sort::Columns {
            entity: words[0].to_owned(),
            alias: alias.map(str::to_owned),
        };
        self.found.marks.push(Mark {
            start,
            end: self.at,
            sort,
        });
        // One name that is no keyword: a column everywhere.
        self.mask(start, &format!("w{}", "_".repeat(self.at - start - 1)));
        Ok(())
    }

    /// Takes a name of ASCII letters, digits and `_`.
    fn word(&mut self) -> String {
        let start = self.at;
        while self
            .peek(0)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            self.at += 1;
        }
        self.text[start..self.at].to_owned()
    }

    /// Puts `instead` for what was passed since `start`.
    pub(crate) fn mask(&mut self, start: usize, instead: &str) {
        self.found.masked.push_str(&self.text[self.copied..start]);
        self.found.masked.push_str(instead);
        self.copied = self.at;
    }
}

/// Whether a byte can be part of a name. Bytes of non-ASCII characters can.
pub(crate) fn names(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}

fn is_word(word: &str) -> bool {
    !word.starts_with(|c: char| c.is_ascii_digit())
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
