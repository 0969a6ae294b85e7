//! Parameters as JSON text: how rows and lists travel to SQLite and MariaDB in one argument.
//!
//! What JSON has no form for is written as text (times, decimals) or as hexadecimal text (bytes, UUIDs), and the bulk
//! statement turns it back; a 64-bit integer keeps all its digits, since both engines read numbers from the text.

use std::fmt::Write as _;

use super::param::Param;
use crate::error::{Error, ErrorKind, Result};

/// `[v, …]`
pub(crate) fn json_text(values: &[Param<'_>]) -> Result<String> {
    let mut text = String::with_capacity(2 + values.len() * 12);
    push_array(&mut text, values)?;
    Ok(text)
}

/// Appends `[v, …]`.
pub(crate) fn push_array<'p>(
    text: &mut String,
    values: impl IntoIterator<Item = &'p Param<'p>>,
) -> Result<()> {
    text.push('[');
    for (place, value) in values.into_iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        push(text, value)?;
    }
    text.push(']');
    Ok(())
}

fn push(text: &mut String, value: &Param<'_>) -> Result<()> {
    match value {
        Param::Null(_) => text.push_str("null"),
        Param::Bool(value) => text.push(if *value { '1' } else { '0' }),
        Param::I16(value) => push_integer(text, i64::from(*value)),
        Param::I32(value) => push_integer(text, i64::from(*value)),
        Param::I64(value) => push_integer(text, *value),
        Param::F32(value) => push_float(text, f64::from(*value))?,
        Param::F64(value) => push_float(text, *value)?,
        Param::Text(value) => push_text(text, value),
        // As a text, so that the database stores it and doesn't take it apart.
        Param::Json(value) => push_text(text, value),
        Param::Bytes(value) => push_text(text, &hex(value)),
        Param::Array(_, values) => push_array(text, values)?,
        #[cfg(feature = "uuid")]
        Param::Uuid(value) => push_text(text, &hex(value.as_bytes())),
        #[cfg(feature = "rust_decimal")]
        Param::Decimal(value) => push_text(text, &value.to_string()),
        #[cfg(any(feature = "chrono", feature = "time"))]
        other => push_text(text, &time_text(other).unwrap_or_default()),
    }
    Ok(())
}

fn push_float(text: &mut String, value: f64) -> Result<()> {
    if !value.is_finite() {
        return Err(Error::new(
            ErrorKind::Encode,
            format!("{value} has no form in a bulk statement on this engine"),
        ));
    }
    // `{:?}` keeps the point of a whole number, so that the database reads a float.
    text.push_str(&format!("{value:?}"));
    Ok(())
}

fn push_integer(text: &mut String, value: i64) {
    // Writing to a `String` can't fail.
    let _ = write!(text, "{value}");
}

fn push_text(text: &mut String, value: &str) {
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if value.bytes().all(is_plain) {
        text.push('"');
        text.push_str(value);
        text.push('"');
        return;
    }
    // A text always has a JSON form.
    text.push_str(&serde_json::Value::from(value).to_string());
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A time as SQLite stores it; `None` for anything that isn't a time.
#[cfg(any(feature = "chrono", feature = "time"))]
pub(crate) fn time_text(value: &Param<'_>) -> Option<String> {
    #[cfg(feature = "chrono")]
    use super::value::chrono;
    #[cfg(feature = "time")]
    use super::value::time;
    Some(match value {
        #[cfg(feature = "chrono")]
        Param::ChronoTimestamp(value) => chrono::civil_of_timestamp(*value).timestamp(),
        #[cfg(feature = "chrono")]
        Param::ChronoDateTime(value) => chrono::civil_of_date_time(*value).date_time(),
        #[cfg(feature = "chrono")]
        Param::ChronoDate(value) => chrono::civil_of_date(*value).date(),
        #[cfg(feature = "chrono")]
        Param::ChronoTime(value) => chrono::civil_of_time(*value).time(),
        #[cfg(feature = "time")]
        Param::TimeTimestamp(value) => time::civil_of_timestamp(*value).timestamp(),
        #[cfg(feature = "time")]
        Param::TimeDateTime(value) => time::civil_of_date_time(*value).date_time(),
        #[cfg(feature = "time")]
        Param::TimeDate(value) => time::civil_of_date(*value).date(),
        #[cfg(feature = "time")]
        Param::TimeTime(value) => time::civil_of_time(*value).time(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_all_their_digits_and_signs() {
        let values = [
            Param::I64(i64::MIN),
            Param::F64(1.0),
            Param::F64(0.1),
            Param::Text("a\"b\\c\n\u{1}é".into()),
            Param::Bytes((&[0u8, 255][..]).into()),
            Param::Null(crate::driver::Kind::I64),
            Param::Bool(true),
        ];
        let text = json_text(&values).expect("all of them have a form");
        assert_eq!(
            text,
            r#"[-9223372036854775808,1.0,0.1,"a\"b\\c\n\u0001é","00ff",null,1]"#
        );
    }

    #[test]
    fn what_has_no_form_is_refused() {
        let error = json_text(&[Param::F64(f64::NAN)]).expect_err("JSON has no NaN");
        assert_eq!(error.kind(), ErrorKind::Encode);
    }
}
