//! A value on its way into the database, independent of the engine.

use std::borrow::Cow;

use super::Kind;

/// A value on its way into the database.
///
/// Built by [`Value::to_param`](crate::Value::to_param). Borrows texts and bytes where it can.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the variants are the kinds, documented there")]
pub enum Param<'a> {
    Null(Kind),
    Bool(bool),
    I16(i16),
    I32(i32),
    I64(i64),
    F32(f32),
    F64(f64),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
    /// A JSON document, already written as text.
    Json(Cow<'a, str>),
    /// Values of one kind: an array on PostgreSQL.
    Array(Kind, Vec<Param<'a>>),
    #[cfg(feature = "uuid")]
    Uuid(uuid::Uuid),
    #[cfg(feature = "rust_decimal")]
    Decimal(rust_decimal::Decimal),
    #[cfg(feature = "chrono")]
    ChronoTimestamp(chrono::DateTime<chrono::Utc>),
    #[cfg(feature = "chrono")]
    ChronoDateTime(chrono::NaiveDateTime),
    #[cfg(feature = "chrono")]
    ChronoDate(chrono::NaiveDate),
    #[cfg(feature = "chrono")]
    ChronoTime(chrono::NaiveTime),
    #[cfg(feature = "time")]
    TimeTimestamp(time::OffsetDateTime),
    #[cfg(feature = "time")]
    TimeDateTime(time::PrimitiveDateTime),
    #[cfg(feature = "time")]
    TimeDate(time::Date),
    #[cfg(feature = "time")]
    TimeTime(time::Time),
}

impl Param<'_> {
    /// What kind of value this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Null(kind) => *kind,
            Self::Bool(_) => Kind::Bool,
            Self::I16(_) => Kind::I16,
            Self::I32(_) => Kind::I32,
            Self::I64(_) => Kind::I64,
            Self::F32(_) => Kind::F32,
            Self::F64(_) => Kind::F64,
            Self::Text(_) => Kind::Text,
            Self::Bytes(_) => Kind::Bytes,
            Self::Json(_) => Kind::Json,
            // The kind of the elements: nothing asks an array parameter for more.
            Self::Array(kind, _) => *kind,
            #[cfg(feature = "uuid")]
            Self::Uuid(_) => Kind::Uuid,
            #[cfg(feature = "rust_decimal")]
            Self::Decimal(_) => Kind::Decimal,
            #[cfg(feature = "chrono")]
            Self::ChronoTimestamp(_) => Kind::Timestamp,
            #[cfg(feature = "chrono")]
            Self::ChronoDateTime(_) => Kind::DateTime,
            #[cfg(feature = "chrono")]
            Self::ChronoDate(_) => Kind::Date,
            #[cfg(feature = "chrono")]
            Self::ChronoTime(_) => Kind::Time,
            #[cfg(feature = "time")]
            Self::TimeTimestamp(_) => Kind::Timestamp,
            #[cfg(feature = "time")]
            Self::TimeDateTime(_) => Kind::DateTime,
            #[cfg(feature = "time")]
            Self::TimeDate(_) => Kind::Date,
            #[cfg(feature = "time")]
            Self::TimeTime(_) => Kind::Time,
        }
    }

    /// Whether this is SQL's NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null(_))
    }

    /// The value as a text from which [`Cell::Text`](crate::Cell::Text) reads it back; `None` for NULL and for arrays.
    pub fn to_text(&self) -> Option<String> {
        Some(match self {
            Self::Null(_) | Self::Array(..) => return None,
            Self::Bool(value) => i64::from(*value).to_string(),
            Self::I16(value) => value.to_string(),
            Self::I32(value) => value.to_string(),
            Self::I64(value) => value.to_string(),
            Self::F32(value) => value.to_string(),
            Self::F64(value) => value.to_string(),
            Self::Text(value) | Self::Json(value) => value.to_string(),
            Self::Bytes(value) => super::json::hex(value),
            #[cfg(feature = "uuid")]
            Self::Uuid(value) => value.to_string(),
            #[cfg(feature = "rust_decimal")]
            Self::Decimal(value) => value.to_string(),
            #[cfg(any(feature = "chrono", feature = "time"))]
            other => return super::json::time_text(other),
        })
    }

    /// The same value, borrowing nothing.
    pub fn into_owned(self) -> Param<'static> {
        match self {
            Self::Null(kind) => Param::Null(kind),
            Self::Bool(v) => Param::Bool(v),
            Self::I16(v) => Param::I16(v),
            Self::I32(v) => Param::I32(v),
            Self::I64(v) => Param::I64(v),
            Self::F32(v) => Param::F32(v),
            Self::F64(v) => Param::F64(v),
            Self::Text(v) => Param::Text(Cow::Owned(v.into_owned())),
            Self::Bytes(v) => Param::Bytes(Cow::Owned(v.into_owned())),
            Self::Json(v) => Param::Json(Cow::Owned(v.into_owned())),
            Self::Array(kind, values) => {
                Param::Array(kind, values.into_iter().map(Param::into_owned).collect())
            }
            #[cfg(feature = "uuid")]
            Self::Uuid(v) => Param::Uuid(v),
            #[cfg(feature = "rust_decimal")]
            Self::Decimal(v) => Param::Decimal(v),
            #[cfg(feature = "chrono")]
            Self::ChronoTimestamp(v) => Param::ChronoTimestamp(v),
            #[cfg(feature = "chrono")]
            Self::ChronoDateTime(v) => Param::ChronoDateTime(v),
            #[cfg(feature = "chrono")]
            Self::ChronoDate(v) => Param::ChronoDate(v),
            #[cfg(feature = "chrono")]
            Self::ChronoTime(v) => Param::ChronoTime(v),
            #[cfg(feature = "time")]
            Self::TimeTimestamp(v) => Param::TimeTimestamp(v),
            #[cfg(feature = "time")]
            Self::TimeDateTime(v) => Param::TimeDateTime(v),
            #[cfg(feature = "time")]
            Self::TimeDate(v) => Param::TimeDate(v),
            #[cfg(feature = "time")]
            Self::TimeTime(v) => Param::TimeTime(v),
        }
    }
}
