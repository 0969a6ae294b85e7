//! A column of an entity, with its type: what filters and orders are made of.

use std::fmt;
use std::marker::PhantomData;

use crate::driver::{Operand, Param, Value};
use crate::error::Result;
use crate::query::{Filter, Op, Order};

/// A column of entity `E` that holds a `T`.
///
/// An `Option` column compares with the value inside; `eq(None)` is `is_null`, and no other comparison matches NULL,
/// as in SQL.
pub struct Column<E, T> {
    place: usize,
    of: PhantomData<fn() -> (E, T)>,
}

impl<E, T> Column<E, T> {
    /// The column at a place in the entity's table.
    pub const fn at(place: usize) -> Self {
        Self {
            place,
            of: PhantomData,
        }
    }

    /// Its place in the entity's table.
    pub const fn place(&self) -> usize {
        self.place
    }

    /// In ascending order; NULLs come last on every engine.
    pub fn asc(&self) -> Order<E> {
        Order::new(self.place, false)
    }

    /// In descending order; NULLs come last on every engine.
    pub fn desc(&self) -> Order<E> {
        Order::new(self.place, true)
    }

    /// The value is NULL.
    pub fn is_null(&self) -> Filter<E> {
        Filter::condition(self.place, Op::IsNull, [])
    }

    /// The value isn't NULL.
    pub fn is_not_null(&self) -> Filter<E> {
        Filter::condition(self.place, Op::IsNotNull, [])
    }
}

impl<E, T: Value> Column<E, T> {
    /// The value equals this one; `eq(None)` is `is_null`.
    pub fn eq<'a>(&self, value: impl Operand<'a, T>) -> Filter<E> {
        self.compare(Op::Eq, value)
    }

    /// The value differs from this one; `ne(None)` is `is_not_null`.
    pub fn ne<'a>(&self, value: impl Operand<'a, T>) -> Filter<E> {
        self.compare(Op::Ne, value)
    }

    /// The value is greater.
    pub fn gt<'a>(&self, value: impl Operand<'a, T>) -> Filter<E> {
        self.compare(Op::Gt, value)
    }

    /// The value is greater or equal.
    pub fn gte<'a>(&self, value: impl Operand<'a, T>) -> Filter<E> {
        self.compare(Op::Gte, value)
    }

    /// The value is less.
    pub fn lt<'a>(&self, value: impl Operand<'a, T>) -> Filter<E> {
        self.compare(Op::Lt, value)
    }

    /// The value is less or equal.
    pub fn lte<'a>(&self, value: impl Operand<'a, T>) -> Filter<E> {
        self.compare(Op::Lte, value)
    }

    /// The value is between these two, both included.
    pub fn between<'a>(&self, low: impl Operand<'a, T>, high: impl Operand<'a, T>) -> Filter<E> {
        Filter::condition(
            self.place,
            Op::Between,
            [low.into_param(), high.into_param()],
        )
    }

    /// The value is one of these; of none, if there are none.
    pub fn in_<'a, V: Operand<'a, T>>(&self, values: impl IntoIterator<Item = V>) -> Filter<E> {
        Filter::condition(self.place, Op::In, [list::<T, V>(values)])
    }

    /// The value is none of these; any value is, if there are none. NULL never is, as in SQL.
    pub fn not_in<'a, V: Operand<'a, T>>(&self, values: impl IntoIterator<Item = V>) -> Filter<E> {
        Filter::condition(self.place, Op::NotIn, [list::<T, V>(values)])
    }

    fn compare<'a>(&self, op: Op, value: impl Operand<'a, T>) -> Filter<E> {
        Filter::condition(self.place, op, [value.into_param()])
    }

    #[doc(hidden)]
    pub fn operand<'a>(&self, value: impl Operand<'a, T>) -> Result<Param<'a>> {
        value.into_param()
    }

    #[doc(hidden)]
    pub fn operands<'a, V: Operand<'a, T>>(
        &self,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Param<'a>> {
        list::<T, V>(values)
    }
}

fn list<'a, T: Value, V: Operand<'a, T>>(values: impl IntoIterator<Item = V>) -> Result<Param<'a>> {
    let values = values
        .into_iter()
        .map(Operand::into_param)
        .collect::<Result<_>>()?;
    Ok(Param::Array(T::KIND, values))
}

/// A column type that holds a text: a `String`, or an `Option` of one.
#[diagnostic::on_unimplemented(message = "a column of type `{Self}` isn't a text")]
pub trait Textual: Value {}

impl Textual for String {}
impl Textual for Option<String> {}

impl<E, T: Textual> Column<E, T> {
    /// The text matches a pattern, in which `%` stands for any characters, `_` for one, and `!` takes the next literally.
    pub fn like(&self, pattern: &str) -> Filter<E> {
        self.text(Op::Like, pattern)
    }

    /// The text starts with this one, taken literally.
    pub fn starts_with(&self, text: &str) -> Filter<E> {
        self.text(Op::StartsWith, text)
    }

    /// The text ends with this one, taken literally.
    pub fn ends_with(&self, text: &str) -> Filter<E> {
        self.text(Op::EndsWith, text)
    }

    /// The text contains this one, taken literally.
    pub fn contains(&self, text: &str) -> Filter<E> {
        self.text(Op::Contains, text)
    }

    /// The text equals this one but for upper and lower case, as the database's `lower()` has it.
    pub fn eq_ignore_case(&self, text: &str) -> Filter<E> {
        self.text(Op::Eq, text).ignoring_case()
    }

    fn text(&self, op: Op, text: &str) -> Filter<E> {
        Filter::condition(self.place, op, [Ok(op.text_param(text))])
    }

    #[doc(hidden)]
    pub fn text_operand<'a>(&self, op: Op, text: &'a str) -> Result<Param<'a>> {
        Ok(op.text_param(text))
    }
}

/// A column type that is true or false.
#[diagnostic::on_unimplemented(message = "a column of type `{Self}` isn't a boolean")]
pub trait Boolean: Value {}

impl Boolean for bool {}
impl Boolean for Option<bool> {}

impl<E, T: Boolean> Column<E, T> {
    /// The value is true.
    pub fn is_true(&self) -> Filter<E> {
        Filter::condition(self.place, Op::IsTrue, [])
    }

    /// The value is false.
    pub fn is_false(&self) -> Filter<E> {
        Filter::condition(self.place, Op::IsFalse, [])
    }

    #[doc(hidden)]
    pub const fn boolean_place(&self) -> usize {
        self.place
    }
}

impl<E, T> Clone for Column<E, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, T> Copy for Column<E, T> {}

impl<E, T> fmt::Debug for Column<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Column").field(&self.place).finish()
    }
}
