//! Turns places between their two spellings: byte offsets, and lines with columns.

use sqlparser::tokenizer::Location;

/// Line and column of a byte offset, both from 1; columns count characters.
///
/// An offset beyond the text, or inside a character, is moved back to the nearest place that exists.
pub(crate) fn location_of(text: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

/// Byte offset of a location that the parser reported; `None` for its "nowhere" (line 0) and for what the text hasn't.
pub(crate) fn offset_of(text: &str, location: Location) -> Option<usize> {
    let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
    let mut start = 0;
    for _ in 0..line {
        start += text[start..].find('\n')? + 1;
    }
    let rest = &text[start..];
    let width = rest
        .char_indices()
        .nth(column)
        .map_or(rest.len(), |(at, _)| at);
    Some(start + width)
}
