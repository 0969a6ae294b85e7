//! What every peer can do, each in the way that its own documentation shows.

use crate::Result;

/// The values of one row, before a peer makes its own structure of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Values {
    pub(crate) id: i64,
    pub(crate) owner: String,
    pub(crate) email: String,
    pub(crate) balance: i64,
    pub(crate) visits: i32,
}

impl Values {
    pub(crate) fn new(id: i64, visits: i32) -> Self {
        Self {
            id,
            owner: format!("owner {id}"),
            email: format!("owner.{id}@example.org"),
            balance: 1_000,
            visits,
        }
    }
}

/// A way to reach the table `accounts`.
pub(crate) trait Peer: Clone + Send + Sync + 'static {
    const NAME: &'static str;

    type Account: Send + 'static;

    fn account(values: Values) -> Self::Account;

    fn find(&self, id: i64) -> impl Future<Output = Result<Option<Self::Account>>> + Send;

    /// All or none.
    fn insert(&self, accounts: Vec<Self::Account>) -> impl Future<Output = Result<()>> + Send;

    /// All columns; all rows or none.
    fn update(&self, accounts: Vec<Self::Account>) -> impl Future<Output = Result<()>> + Send;

    /// Begin, select, select, update, update, commit: the same statements for everybody.
    fn transfer(&self, from: i64, to: i64, amount: i64) -> impl Future<Output = Result<()>> + Send;

    fn rows(&self) -> impl Future<Output = Result<Vec<Self::Account>>> + Send;
}
