//! Conditions and orders of one entity, with their values.

use std::fmt;
use std::marker::PhantomData;

use super::expr::{Expr, Op};
use super::writer::Sort;
use crate::driver::Param;
use crate::error::{Error, Result};

/// A condition on the rows of entity `E`, made by the methods of its columns.
///
/// ```ignore
/// a.balance.gt(100).and(a.owner.starts_with("a").or(a.vip.is_true()))
/// ```
#[must_use = "a filter does nothing until it is given to a repository"]
pub struct Filter<E> {
    expr: Expr,
    params: Vec<Param<'static>>,
    /// The first value that couldn't be encoded; told when the filter is used.
    problem: Option<Error>,
    of: PhantomData<fn() -> E>,
}

impl<E> Filter<E> {
    /// Every row.
    pub(crate) fn all() -> Self {
        Self {
            expr: Expr::All,
            params: Vec::new(),
            problem: None,
            of: PhantomData,
        }
    }

    pub(crate) fn condition<'a, const N: usize>(
        column: usize,
        op: Op,
        values: [Result<Param<'a>>; N],
    ) -> Self {
        let mut params = Vec::with_capacity(N);
        let mut problem = None;
        for value in values {
            match value {
                Ok(value) => params.push(value.into_owned()),
                Err(error) => problem = problem.or(Some(error)),
            }
        }
        let is_null = params.first().is_some_and(Param::is_null);
        let op = match op {
            Op::Eq if is_null => Op::IsNull,
            Op::Ne if is_null => Op::IsNotNull,
            op => op,
        };
        if matches!(op, Op::IsNull | Op::IsNotNull) {
            params.clear();
        }
        Self {
            expr: Expr::Condition {
                column,
                op,
                ignore_case: false,
            },
            params,
            problem,
            of: PhantomData,
        }
    }

    /// Both hold.
    pub fn and(self, other: Self) -> Self {
        self.join(other, Expr::and)
    }

    /// At least one holds.
    pub fn or(self, other: Self) -> Self {
        if matches!(self.expr, Expr::All) {
            return self;
        }
        if matches!(other.expr, Expr::All) {
            return other;
        }
        self.join(other, Expr::or)
    }

    /// It doesn't hold. Where a NULL makes a condition neither true nor false, so it does here, as in SQL.
    #[expect(
        clippy::should_implement_trait,
        reason = "reads as the other two do, and `!` would be easy to overlook"
    )]
    pub fn not(self) -> Self {
        Self {
            expr: Expr::Not(Box::new(self.expr)),
            ..self
        }
    }

    /// Compares without regard to upper and lower case.
    pub(crate) fn ignoring_case(mut self) -> Self {
        if let Expr::Condition { ignore_case, .. } = &mut self.expr {
            *ignore_case = true;
        }
        self
    }

    fn join(mut self, other: Self, join: fn(Expr, Expr) -> Expr) -> Self {
        self.params.extend(other.params);
        Self {
            expr: join(self.expr, other.expr),
            params: self.params,
            problem: self.problem.or(other.problem),
            of: PhantomData,
        }
    }

    /// The tree and its values.
    pub(crate) fn into_parts(self) -> Result<(Expr, Vec<Param<'static>>)> {
        match self.problem {
            Some(problem) => Err(problem),
            None => Ok((self.expr, self.params)),
        }
    }
}

impl<E> fmt::Debug for Filter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be anybody's business; the shape is not.
        f.debug_tuple("Filter").field(&self.expr).finish()
    }
}

/// The order of one column, made by [`Column::asc`](crate::Column::asc) and [`Column::desc`](crate::Column::desc).
pub struct Order<E> {
    pub(crate) sort: Sort,
    of: PhantomData<fn() -> E>,
}

impl<E> Order<E> {
    pub(crate) fn new(column: usize, descending: bool) -> Self {
        Self {
            sort: Sort { column, descending },
            of: PhantomData,
        }
    }
}

impl<E> fmt::Debug for Order<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Order").field(&self.sort).finish()
    }
}
