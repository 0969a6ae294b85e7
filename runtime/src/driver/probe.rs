//! Asks a node what it is and how far it is. Judges nothing: see `topology/state.rs`.

mod answers;
mod failure;

use std::time::Instant;

use super::answer::By;
use super::connect::Role;
use super::dialect::Dialect;
use super::report::{History, Report, Switch};
use super::request::{Operation, Request};
use super::value::FromRow;
use super::wire::Wire;
use crate::error::{Error, ErrorKind, Result};
use answers::{MariaDbRow, PostgresRow};

const PROBE: Operation = Operation::read("probe", "");

/// One statement for everything, so that it all belongs together. A server that is promoted meanwhile is asked about
/// once, in the inner query: what a primary knows raises an error during recovery.
///
/// The position is the replayed one on a replica, since what was only received can't be read yet; on a primary it is that
/// of the last insert, since what is committed without waiting for the disk is not yet in the written part.
const POSTGRES: &str = "\
    SELECT NOT node.recovers, \
      (CASE WHEN node.recovers THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END)::text, \
      (CASE WHEN node.recovers THEN (SELECT received_tli FROM pg_stat_wal_receiver) \
        ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END)::int8, \
      node.recovers AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE coalesce(status, 'streaming') = 'streaming'), \
      (CASE WHEN NOT node.recovers THEN pg_last_wal_replay_lsn() END)::text, \
      current_setting('synchronous_standby_names') <> '' \
        AND current_setting('synchronous_commit') NOT IN ('off', 'local') \
    FROM (SELECT pg_is_in_recovery() AS recovers OFFSET 0) node";
/// Permissions are looked at before a statement runs, so that no `CASE` helps: they are asked for first.
const POSTGRES_MAY: &str = "\
    SELECT has_function_privilege('pg_control_system()', 'execute'), \
      has_function_privilege('pg_read_file(text,bigint,bigint,boolean)', 'execute')";
const POSTGRES_CLUSTER: &str = "SELECT system_identifier FROM pg_control_system()";
/// Everything as text: of the server's variables the types differ between versions.
const MARIADB: &str = "\
    SELECT CAST(@@server_id AS CHAR), CAST(@@global.read_only AS CHAR), \
      COALESCE(CAST(@@gtid_binlog_pos AS CHAR), ''), COALESCE(CAST(@@gtid_slave_pos AS CHAR), ''), \
      COALESCE(CAST(@@gtid_binlog_state AS CHAR), ''), \
      CASE WHEN @@global.rpl_semi_sync_master_enabled = 1 \
        AND @@global.rpl_semi_sync_master_wait_point = 'AFTER_SYNC' THEN '1' ELSE '0' END";
const MYSQL: &str =
    "SELECT CAST(@@server_id AS CHAR), CAST(@@global.read_only AS CHAR), '', '', '', '0'";

/// Asks one node again and again, over one connection, and keeps what doesn't change in between.
#[derive(Debug)]
pub(crate) struct Prober {
    /// What an SQLite file is used for. A server says itself what it is.
    role: Role,
    identity: Option<Identity>,
    /// The timeline whose history is known, and the history.
    history: Option<(u32, Vec<Switch>)>,
}

/// What stays for as long as a connection does.
#[derive(Debug, Clone, Copy, Default)]
struct Identity {
    cluster: Option<u64>,
    may_read_history: bool,
}

impl Prober {
    /// For a new connection.
    pub(crate) fn new(role: Role) -> Self {
        Self {
            role,
            identity: None,
            history: None,
        }
    }

    /// Asks how the node is: one statement, and up to three more on a new connection or a new timeline.
    ///
    /// # Errors
    /// What the node or the way to it had against it: see [`ProbeFailure::of`](super::ProbeFailure::of).
    ///
    /// # Cancel safety
    /// Dropped in between, the exchange stays on the wire, which then isn't clean: drop both.
    pub(crate) async fn probe(&mut self, wire: &mut Wire) -> Result<Report> {
        let asked_at = Instant::now();
        let Some(connection) = wire.connection() else {
            return Err(Error::new(
                ErrorKind::ConnectionLost,
                "the connection is in use or gone",
            ));
        };
        let is_mariadb = connection.has_returning;
        match connection.dialect() {
            Dialect::Sqlite => {
                let _: (i64,) = ask(wire, "SELECT 1").await?;
                Ok(answers::sqlite(asked_at, self.role == Role::Writer))
            }
            Dialect::Postgres => self.probe_postgres(wire, asked_at).await,
            Dialect::MySql => {
                let sql = if is_mariadb { MARIADB } else { MYSQL };
                let row: MariaDbRow = ask(wire, sql).await?;
                answers::mariadb(asked_at, row)
            }
        }
    }

    async fn probe_postgres(&mut self, wire: &mut Wire, asked_at: Instant) -> Result<Report> {
        let identity = match self.identity {
            Some(identity) => identity,
            None => *self.identity.insert(identify(wire).await?),
        };
        let row: PostgresRow = ask(wire, POSTGRES).await?;
        let mut report = answers::postgres(asked_at, identity.cluster, row)?;
        if report.is_writable
            && identity.may_read_history
            && let Some(timeline) = report.timeline
        {
            if self.history.as_ref().is_none_or(|(of, _)| *of != timeline) {
                self.history = history_of(wire, timeline)
                    .await?
                    .map(|switches| (timeline, switches));
            }
            if let Some((_, switches)) = &self.history {
                report.history = History::Switches(switches.clone());
            }
        }
        Ok(report)
    }
}

async fn identify(wire: &mut Wire) -> Result<Identity> {
    let (may_read_cluster, may_read_history): (bool, bool) = ask(wire, POSTGRES_MAY).await?;
    let cluster = if may_read_cluster {
        let (cluster,): (i64,) = ask(wire, POSTGRES_CLUSTER).await?;
        Some(cluster.cast_unsigned())
    } else {
        None
    };
    Ok(Identity {
        cluster,
        may_read_history,
    })
}

/// Where the timelines before this one ended. The first has nobody before it, and no file that says so.
async fn history_of(wire: &mut Wire, timeline: u32) -> Result<Option<Vec<Switch>>> {
    if timeline <= 1 {
        return Ok(Some(Vec::new()));
    }
    let sql = format!("SELECT pg_read_file('pg_wal/{timeline:08X}.history', 0, 1048576, true)");
    let (text,): (Option<String>,) = ask(wire, sql).await?;
    Ok(text.and_then(|text| answers::switches(&text)))
}

async fn ask<T: FromRow>(wire: &mut Wire, sql: impl Into<super::request::Sql>) -> Result<T> {
    let dialect = wire.connection().map(|connection| connection.dialect());
    let request = Request::statement(dialect.unwrap_or(Dialect::Sqlite), PROBE, sql, &[])?;
    let answer = wire.exchange(request).await?;
    let row = answer.rows.decode_first(By::Position)?;
    row.ok_or_else(|| Error::new(ErrorKind::Decode, "the node answered a probe without a row"))
}
