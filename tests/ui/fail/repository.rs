//! What `#[repository]` refuses on a struct and on a block, each message once.

use wharf::prelude::*;

#[derive(Entity)]
struct Account {
    #[id]
    id: i64,
}

#[repository]
struct NoEntity;

#[repository(Account)]
struct WithFields {
    a: i64,
}

#[repository(Account)]
struct Generic<const N: usize>;

#[repository(Account, cached(ttl = "5m"))]
struct Cached;

#[repository(Account, table = "accounts")]
struct UnknownWord;

#[repository("accounts")]
struct NoPath;

#[repository(Account)]
enum NoStruct {}

#[repository(Account)]
struct Accounts;

#[repository(Account)]
impl Accounts {}

#[repository]
impl Clone for Accounts {
    fn clone(&self) -> Self {
        Self
    }
}

#[repository]
impl<const N: usize> Generic<N> {}

#[repository]
impl &Accounts {}

fn main() {}
