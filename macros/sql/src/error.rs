//! Why a text was refused, and where.

use std::{error, fmt};

use crate::place::location_of;

/// A text that can't be used, with the place to look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    /// What is wrong: a lowercase fragment without a final dot.
    pub message: String,
    /// Where, in bytes from the start of the text.
    pub offset: usize,
    /// Where: the line, from 1.
    pub line: usize,
    /// Where: the character in that line, from 1.
    pub column: usize,
}

impl SyntaxError {
    /// An error at a byte offset of the text.
    pub(crate) fn at(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let (line, column) = location_of(text, offset);
        Self {
            message: message.into(),
            offset,
            line,
            column,
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} at line {}, column {}",
            self.message, self.line, self.column
        )
    }
}

impl error::Error for SyntaxError {}
