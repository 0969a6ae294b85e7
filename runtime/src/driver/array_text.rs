//! Arrays as PostgreSQL writes them in text: how they travel in bulk, where an array can't be an element.

use super::param::Param;
use crate::error::{Error, ErrorKind, Result};

/// An array as PostgreSQL writes it in text, for columns that are arrays themselves.
pub(crate) fn array_literal(values: &[Param<'_>]) -> Result<String> {
    let elements = values.iter().map(|value| match value {
        Param::Null(_) => Ok("NULL".to_owned()),
        Param::Bool(value) => Ok(value.to_string()),
        Param::I16(value) => Ok(value.to_string()),
        Param::I32(value) => Ok(value.to_string()),
        Param::I64(value) => Ok(value.to_string()),
        Param::F32(value) => Ok(value.to_string()),
        Param::F64(value) => Ok(value.to_string()),
        Param::Text(value) => Ok(format!(
            "\"{}\"",
            value.replace('\\', "\\\\").replace('"', "\\\"")
        )),
        #[cfg(feature = "uuid")]
        Param::Uuid(value) => Ok(value.to_string()),
        other => Err(Error::new(
            ErrorKind::Unsupported,
            format!("an array of {} in bulk", other.kind().name()),
        )),
    });
    Ok(format!(
        "{{{}}}",
        elements.collect::<Result<Vec<_>>>()?.join(",")
    ))
}
