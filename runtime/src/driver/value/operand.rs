//! What may be given where a column's value is wanted: `&str` for a `String`, `T` for an `Option<T>`.

use std::borrow::Cow;

use super::{Kind, Param, Value};
use crate::error::Result;

/// Something that can be compared with, or given to, a column of type `T`.
#[diagnostic::on_unimplemented(
    message = "a column of type `{T}` can't be compared with `{Self}`",
    label = "expected `{T}`, or a reference to it"
)]
pub trait Operand<'a, T> {
    /// The operand on its way into the database.
    ///
    /// # Errors
    /// As [`Value::to_param`].
    fn into_param(self) -> Result<Param<'a>>;
}

impl<'a, T: Value> Operand<'a, T> for T {
    fn into_param(self) -> Result<Param<'a>> {
        self.to_param().map(Param::into_owned)
    }
}

impl<'a, T: Value> Operand<'a, T> for &'a T {
    fn into_param(self) -> Result<Param<'a>> {
        self.to_param()
    }
}

impl<'a, T: Value> Operand<'a, Option<T>> for T {
    fn into_param(self) -> Result<Param<'a>> {
        self.to_param().map(Param::into_owned)
    }
}

impl<'a, T: Value> Operand<'a, Option<T>> for &'a T {
    fn into_param(self) -> Result<Param<'a>> {
        self.to_param()
    }
}

impl<'a> Operand<'a, String> for &'a str {
    fn into_param(self) -> Result<Param<'a>> {
        Ok(Param::Text(Cow::Borrowed(self)))
    }
}

impl<'a> Operand<'a, Option<String>> for &'a str {
    fn into_param(self) -> Result<Param<'a>> {
        Ok(Param::Text(Cow::Borrowed(self)))
    }
}

impl<'a> Operand<'a, Option<String>> for Option<&'a str> {
    fn into_param(self) -> Result<Param<'a>> {
        Ok(self.map_or(Param::Null(Kind::Text), |text| {
            Param::Text(Cow::Borrowed(text))
        }))
    }
}

impl<'a> Operand<'a, Vec<u8>> for &'a [u8] {
    fn into_param(self) -> Result<Param<'a>> {
        Ok(Param::Bytes(Cow::Borrowed(self)))
    }
}

/// An argument of a `#[query]` method: a column type, `str`, `[u8]`, or a slice of column types.
#[diagnostic::on_unimplemented(message = "`{Self}` can't be an argument of a query")]
pub trait ToParam {
    /// The argument on its way into the database.
    ///
    /// # Errors
    /// As [`Value::to_param`].
    fn to_param(&self) -> Result<Param<'_>>;
}

impl<T: Value> ToParam for T {
    fn to_param(&self) -> Result<Param<'_>> {
        Value::to_param(self)
    }
}

impl ToParam for str {
    fn to_param(&self) -> Result<Param<'_>> {
        Ok(Param::Text(Cow::Borrowed(self)))
    }
}

impl ToParam for [u8] {
    fn to_param(&self) -> Result<Param<'_>> {
        Ok(Param::Bytes(Cow::Borrowed(self)))
    }
}

impl ToParam for Option<&str> {
    fn to_param(&self) -> Result<Param<'_>> {
        Ok(self.map_or(Param::Null(Kind::Text), |text| {
            Param::Text(Cow::Borrowed(text))
        }))
    }
}

impl ToParam for [&str] {
    fn to_param(&self) -> Result<Param<'_>> {
        Ok(Param::Array(
            Kind::Text,
            self.iter()
                .map(|text| Param::Text(Cow::Borrowed(text)))
                .collect(),
        ))
    }
}

/// The element of a list argument: every column type except bytes, whose slices are byte strings.
pub trait Element: Value {}

impl<T: Element> ToParam for [T] {
    fn to_param(&self) -> Result<Param<'_>> {
        Ok(Param::Array(
            T::KIND,
            self.iter().map(Value::to_param).collect::<Result<_>>()?,
        ))
    }
}

impl Element for bool {}
impl Element for i16 {}
impl Element for i32 {}
impl Element for i64 {}
impl Element for u16 {}
impl Element for u32 {}
impl Element for u64 {}
impl Element for f32 {}
impl Element for f64 {}
impl Element for String {}
#[cfg(feature = "uuid")]
impl Element for uuid::Uuid {}
#[cfg(feature = "rust_decimal")]
impl Element for rust_decimal::Decimal {}
