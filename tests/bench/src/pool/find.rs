//! One row by its id on PostgreSQL, through pools of the same size.

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};

use ::deadpool::managed::{self, Metrics, Pool, RecycleResult};

use super::case::CONNECTIONS;
use super::compare::Side;
use super::load::Load;
use crate::Result;
use crate::crud::case::ROWS;
use crate::crud::peer;
use crate::crud::plain_sqlx::{Account, FIND, PlainSqlx};
use crate::crud::stage::Stage;
use crate::crud::wharf;

/// Wharf, plain sqlx, and deadpool with a connection of sqlx's in it.
pub(crate) async fn sides(stage: &Stage, tasks: u64) -> Result<Vec<Side>> {
    let own = Find(wharf::connect(stage.url(), CONNECTIONS).await?);
    let sqlx = Find(PlainSqlx(stage.postgres_pool(CONNECTIONS)?));
    let deadpool = DeadpoolFind(deadpool(stage.url())?);
    Ok(vec![
        Side::under_load("wharf", own, tasks),
        Side::under_load("sqlx", sqlx, tasks),
        Side::under_load("deadpool", deadpool, tasks),
    ])
}

/// Neighbours in time are far apart in the table.
fn id(turn: u64) -> i64 {
    (turn * 7_919 % ROWS as u64) as i64 + 1
}

#[derive(Clone)]
struct Find<P>(P);

impl<P: peer::Peer> Load for Find<P> {
    const OPERATIONS: u64 = 1;

    async fn turn(&self, number: u64) -> Result<()> {
        let found = self.0.find(id(number)).await?;
        found.map(drop).ok_or_else(|| "a row wasn't found".into())
    }
}

#[derive(Clone)]
struct DeadpoolFind(Pool<Manager>);

impl Load for DeadpoolFind {
    const OPERATIONS: u64 = 1;

    async fn turn(&self, number: u64) -> Result<()> {
        let mut connection = self.0.get().await?;
        let found: Option<Account> = sqlx::query_as(FIND)
            .bind(id(number))
            .fetch_optional(&mut *connection)
            .await?;
        found.map(drop).ok_or_else(|| "a row wasn't found".into())
    }
}

/// Lends what it has without asking the server, as deadpool's own manager for PostgreSQL does by default.
struct Manager(PgConnectOptions);

impl managed::Manager for Manager {
    type Type = PgConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> sqlx::Result<PgConnection> {
        self.0.connect().await
    }

    async fn recycle(&self, _: &mut PgConnection, _: &Metrics) -> RecycleResult<sqlx::Error> {
        Ok(())
    }
}

fn deadpool(url: &str) -> Result<Pool<Manager>> {
    let options = url.parse::<PgConnectOptions>()?.disable_statement_logging();
    Ok(Pool::builder(Manager(options))
        .max_size(CONNECTIONS as usize)
        .build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_turn_finds_a_row_of_the_table() {
        assert_eq!(id(0), 1);
        assert!((0..ROWS as u64 * 2).all(|turn| (1..=ROWS).contains(&id(turn))));
    }
}
