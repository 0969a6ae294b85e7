//! Writes valid SQL that the parser doesn't know, or takes for something else, in words that it knows.
//!
//! Only tokens are changed, never the text that is sent, and only words that say nothing about tables or placeholders:
//! - SQLite: `INDEXED BY i`, `NOT MATERIALIZED`, and `IS` between any two values, which is `=` to us;
//! - PostgreSQL: `FROM ONLY t` would be a table called `only`; `FOR NO KEY UPDATE`, `OVERRIDING SYSTEM VALUE`;
//! - MySQL: `UPDATE LOW_PRIORITY t` would be a table called `low_priority`; `LOCK IN SHARE MODE`, `MOD`, `SOUNDS LIKE`, and
//!   `UPDATE t, u`, in which the comma is a join;
//! - all: `EXCLUDE` in the frame of a window.

use sqlparser::{
    keywords::Keyword,
    tokenizer::{Token, TokenWithSpan, Whitespace, Word},
};

use crate::Dialect;

/// Bridges the gaps of a dialect.
pub(crate) fn bridge(tokens: &mut [TokenWithSpan], dialect: Dialect) {
    let solid: Vec<usize> = (0..tokens.len())
        .filter(|&index| !matches!(tokens[index].token, Token::Whitespace(_)))
        .collect();
    for place in 0..solid.len() {
        let mut here = Here {
            tokens,
            solid: &solid[place..],
        };
        here.frame();
        match dialect {
            Dialect::Sqlite => sqlite(here),
            Dialect::Postgres => postgres(here),
            Dialect::MySql => mysql(here),
        }
    }
    if dialect == Dialect::MySql {
        updated_list(Here {
            tokens,
            solid: &solid,
        });
    }
}

fn sqlite(mut here: Here<'_>) {
    // What the parser knows to follow `IS` or `IS NOT`.
    const KNOWN: [&str; 6] = ["NULL", "TRUE", "FALSE", "DISTINCT", "NOT", "JSON"];
    if here.reads(&["INDEXED", "BY"]) {
        here.blank(0..3);
    } else if here.reads(&["NOT", "INDEXED"]) || here.reads(&["NOT", "MATERIALIZED"]) {
        here.blank(0..2);
    } else if here.reads(&["AS", "MATERIALIZED"]) {
        here.blank(1..2);
    } else if here.reads(&["IS"]) {
        let value = if here.word(1, "NOT") { 2 } else { 1 };
        if !KNOWN.iter().any(|word| here.word(value, word)) {
            here.put(0, Token::Eq);
            here.blank(1..value);
        }
    }
}

fn postgres(mut here: Here<'_>) {
    const BEFORE_A_TABLE: [&str; 4] = ["FROM", "JOIN", "UPDATE", "USING"];
    let may_be_table = BEFORE_A_TABLE.iter().any(|word| here.word(0, word)) || here.is_comma();
    if here.reads(&["FOR", "NO", "KEY", "UPDATE"]) {
        here.blank(1..3);
    } else if here.reads(&["OVERRIDING", "SYSTEM", "VALUE"])
        || here.reads(&["OVERRIDING", "USER", "VALUE"])
    {
        here.blank(0..3);
    } else if here.reads(&["FOR", "KEY", "SHARE"]) || (may_be_table && here.word(1, "ONLY")) {
        here.blank(1..2);
    }
}

fn mysql(mut here: Here<'_>) {
    if here.reads(&["LOCK", "IN", "SHARE", "MODE"]) {
        here.put(0, word("FOR", Keyword::FOR));
        here.put(1, word("SHARE", Keyword::SHARE));
        here.blank(2..4);
    } else if here.reads(&["SOUNDS", "LIKE"]) {
        here.blank(0..1);
    } else if here.reads(&["MOD"]) && here.token(1) != Some(&Token::LParen) {
        here.put(0, Token::Mod);
    } else if here.reads(&["UPDATE"]) {
        here.skip_words(&["LOW_PRIORITY", "IGNORE"]);
    } else if here.reads(&["DELETE"]) {
        here.skip_words(&["LOW_PRIORITY", "QUICK", "IGNORE"]);
    }
}

/// Joins the tables between the first word, when that is `UPDATE`, and its `SET`.
fn updated_list(mut here: Here<'_>) {
    if !here.reads(&["UPDATE"]) {
        return;
    }
    let mut depth = 0_usize;
    for ahead in 1..here.solid.len() {
        match here.token(ahead) {
            Some(Token::LParen) => depth += 1,
            Some(Token::RParen) => depth = depth.saturating_sub(1),
            Some(Token::Comma) if depth == 0 => here.put(ahead, word("JOIN", Keyword::JOIN)),
            _ if depth == 0 && here.word(ahead, "SET") => return,
            _ => {}
        }
    }
}

fn word(text: &str, keyword: Keyword) -> Token {
    Token::Word(Word {
        value: text.to_owned(),
        quote_style: None,
        keyword,
    })
}

/// A place among the tokens that aren't white space.
struct Here<'a> {
    tokens: &'a mut [TokenWithSpan],
    solid: &'a [usize],
}

impl Here<'_> {
    fn token(&self, ahead: usize) -> Option<&Token> {
        self.solid
            .get(ahead)
            .map(|&index| &self.tokens[index].token)
    }

    fn word(&self, ahead: usize, text: &str) -> bool {
        matches!(self.token(ahead),
            Some(Token::Word(word)) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(text))
    }

    fn reads(&self, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(ahead, word)| self.word(ahead, word))
    }

    fn is_comma(&self) -> bool {
        self.token(0) == Some(&Token::Comma)
    }

    /// Skips `EXCLUDE ..` at the end of a window.
    fn frame(&mut self) {
        let length = [
            &["EXCLUDE", "TIES"][..],
            &["EXCLUDE", "GROUP"],
            &["EXCLUDE", "NO", "OTHERS"],
            &["EXCLUDE", "CURRENT", "ROW"],
        ]
        .iter()
        .find(|words| self.reads(words))
        .map_or(0, |words| words.len());
        if self.token(length) == Some(&Token::RParen) {
            self.blank(0..length);
        }
    }

    /// Skips any of these words, right after the one here.
    fn skip_words(&mut self, words: &[&str]) {
        let count = (1..=words.len())
            .take_while(|&ahead| words.iter().any(|word| self.word(ahead, word)))
            .count();
        self.blank(1..count + 1);
    }

    fn put(&mut self, ahead: usize, token: Token) {
        if let Some(&index) = self.solid.get(ahead) {
            self.tokens[index].token = token;
        }
    }

    fn blank(&mut self, range: std::ops::Range<usize>) {
        for ahead in range {
            if let Some(&index) = self.solid.get(ahead) {
                self.tokens[index].token = Token::Whitespace(Whitespace::Space);
            }
        }
    }
}
