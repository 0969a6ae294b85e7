//! A connection that does nothing, and the database of sqlx's that it takes to have one in sqlx's pool.
//!
//! A pool only opens, pings and closes, so whatever a statement would need is a type without a value.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use log::LevelFilter;
use sqlx::error::BoxDynError;
use sqlx::query::{Query, QueryAs, QueryScalar};
use sqlx::{
    Arguments, Column, ColumnIndex, ConnectOptions, Connection, Database, Either, Encode, Error,
    FromRow, IntoArguments, Row, SqlStr, Statement, Transaction, Type, TypeInfo, Value, ValueRef,
};
use sqlx_core::transaction::TransactionManager;
use url::Url;

/// A connection that is always there.
#[derive(Debug)]
pub(crate) struct Nothing;

#[derive(Debug)]
pub(crate) struct NothingDatabase;

#[derive(Debug, Clone)]
pub(crate) struct NoOptions;

#[derive(Debug)]
pub(crate) struct NoTransactions;

#[derive(Debug, Default)]
pub(crate) struct NoArguments;

#[derive(Debug, Default)]
pub(crate) struct NoResult;

/// Rows, columns, values, their types, and statements: there are none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Never {}

impl Database for NothingDatabase {
    type Connection = Nothing;
    type TransactionManager = NoTransactions;
    type Row = Never;
    type QueryResult = NoResult;
    type Column = Never;
    type TypeInfo = Never;
    type Value = Never;
    type ValueRef<'r> = Never;
    type Arguments = NoArguments;
    type ArgumentBuffer = ();
    type Statement = Never;

    const NAME: &'static str = "nothing";
    const URL_SCHEMES: &'static [&'static str] = &["nothing"];
}

impl Connection for Nothing {
    type Database = NothingDatabase;
    type Options = NoOptions;

    async fn close(self) -> Result<(), Error> {
        Ok(())
    }

    async fn close_hard(self) -> Result<(), Error> {
        Ok(())
    }

    async fn ping(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn begin(
        &mut self,
    ) -> impl Future<Output = Result<Transaction<'_, NothingDatabase>, Error>> + Send + '_ {
        Transaction::begin(self, None)
    }

    fn shrink_buffers(&mut self) {}

    async fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn should_flush(&self) -> bool {
        false
    }
}

impl ConnectOptions for NoOptions {
    type Connection = Nothing;

    fn from_url(_: &Url) -> Result<Self, Error> {
        Ok(Self)
    }

    async fn connect(&self) -> Result<Nothing, Error> {
        Ok(Nothing)
    }

    fn log_statements(self, _: LevelFilter) -> Self {
        self
    }

    fn log_slow_statements(self, _: LevelFilter, _: Duration) -> Self {
        self
    }
}

impl FromStr for NoOptions {
    type Err = Error;

    fn from_str(_: &str) -> Result<Self, Error> {
        Ok(Self)
    }
}

impl TransactionManager for NoTransactions {
    type Database = NothingDatabase;

    async fn begin(_: &mut Nothing, _: Option<SqlStr>) -> Result<(), Error> {
        Ok(())
    }

    async fn commit(_: &mut Nothing) -> Result<(), Error> {
        Ok(())
    }

    async fn rollback(_: &mut Nothing) -> Result<(), Error> {
        Ok(())
    }

    fn start_rollback(_: &mut Nothing) {}

    fn get_transaction_depth(_: &Nothing) -> usize {
        0
    }
}

impl Arguments for NoArguments {
    type Database = NothingDatabase;

    fn reserve(&mut self, _: usize, _: usize) {}

    fn add<'t, T>(&mut self, _: T) -> Result<(), BoxDynError>
    where
        T: Encode<'t, NothingDatabase> + Type<NothingDatabase>,
    {
        Ok(())
    }

    fn len(&self) -> usize {
        0
    }
}

impl Extend<Self> for NoResult {
    fn extend<T: IntoIterator<Item = Self>>(&mut self, _: T) {}
}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl Row for Never {
    type Database = NothingDatabase;

    fn columns(&self) -> &[Never] {
        match *self {}
    }

    fn try_get_raw<I: ColumnIndex<Self>>(&self, _: I) -> Result<Never, Error> {
        match *self {}
    }
}

impl Column for Never {
    type Database = NothingDatabase;

    fn ordinal(&self) -> usize {
        match *self {}
    }

    fn name(&self) -> &str {
        match *self {}
    }

    fn type_info(&self) -> &Never {
        match *self {}
    }
}

impl TypeInfo for Never {
    fn is_null(&self) -> bool {
        match *self {}
    }

    fn name(&self) -> &str {
        match *self {}
    }
}

impl Value for Never {
    type Database = NothingDatabase;

    fn as_ref(&self) -> Never {
        match *self {}
    }

    fn type_info(&self) -> Cow<'_, Never> {
        match *self {}
    }

    fn is_null(&self) -> bool {
        match *self {}
    }
}

impl ValueRef<'_> for Never {
    type Database = NothingDatabase;

    fn to_owned(&self) -> Never {
        match *self {}
    }

    fn type_info(&self) -> Cow<'_, Never> {
        match *self {}
    }

    fn is_null(&self) -> bool {
        match *self {}
    }
}

impl Statement for Never {
    type Database = NothingDatabase;

    fn into_sql(self) -> SqlStr {
        match self {}
    }

    fn sql(&self) -> &SqlStr {
        match *self {}
    }

    fn parameters(&self) -> Option<Either<&[Never], usize>> {
        match *self {}
    }

    fn columns(&self) -> &[Never] {
        match *self {}
    }

    fn query(&self) -> Query<'_, NothingDatabase, NoArguments> {
        match *self {}
    }

    fn query_with<A>(&self, _: A) -> Query<'_, NothingDatabase, A>
    where
        A: IntoArguments<NothingDatabase>,
    {
        match *self {}
    }

    fn query_as<O>(&self) -> QueryAs<'_, NothingDatabase, O, NoArguments>
    where
        O: for<'r> FromRow<'r, Never>,
    {
        match *self {}
    }

    fn query_as_with<'s, O, A>(&'s self, _: A) -> QueryAs<'s, NothingDatabase, O, A>
    where
        O: for<'r> FromRow<'r, Never>,
        A: IntoArguments<NothingDatabase>,
    {
        match *self {}
    }

    fn query_scalar<O>(&self) -> QueryScalar<'_, NothingDatabase, O, NoArguments>
    where
        (O,): for<'r> FromRow<'r, Never>,
    {
        match *self {}
    }

    fn query_scalar_with<'s, O, A>(&'s self, _: A) -> QueryScalar<'s, NothingDatabase, O, A>
    where
        (O,): for<'r> FromRow<'r, Never>,
        A: IntoArguments<NothingDatabase>,
    {
        match *self {}
    }
}
