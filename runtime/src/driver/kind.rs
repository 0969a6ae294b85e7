//! The kinds of value that a column can hold, named independently of the engine.

/// What a column holds; each engine has its own type for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// True or false.
    Bool,
    /// A 16-bit integer.
    I16,
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
    /// A JSON document.
    Json,
    /// A UUID.
    Uuid,
    /// A moment: date and time in UTC, to the microsecond.
    Timestamp,
    /// Date and time without a zone, to the microsecond.
    DateTime,
    /// A day.
    Date,
    /// A time of day, to the microsecond.
    Time,
    /// An exact decimal number.
    Decimal,
    /// An array (PostgreSQL only).
    Array(&'static Kind),
}

impl Kind {
    /// The name that error texts use.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bool => "a boolean",
            Self::I16 => "a 16-bit integer",
            Self::I32 => "a 32-bit integer",
            Self::I64 => "a 64-bit integer",
            Self::F32 => "a 32-bit float",
            Self::F64 => "a 64-bit float",
            Self::Text => "a text",
            Self::Bytes => "bytes",
            Self::Json => "JSON",
            Self::Uuid => "a UUID",
            Self::Timestamp => "a moment in UTC",
            Self::DateTime => "a date and time",
            Self::Date => "a date",
            Self::Time => "a time of day",
            Self::Decimal => "a decimal number",
            Self::Array(_) => "an array",
        }
    }
}
