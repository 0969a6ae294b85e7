//! The functions that are no mere computation, one table for each dialect.
//!
//! What isn't listed is taken to be pure, a user's own functions included: only the server knows what those do.

use sqlparser::ast::{Expr, FunctionArg, FunctionArgExpr, ObjectName, Value};

use crate::{
    Dialect,
    facts::{Facts, last_part},
};

/// What calling a function does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Effect {
    /// Returns something else each time, and leaves nothing behind.
    Varies,
    /// Leaves something behind that a change may leave behind as well: a sequence's value, a message, a lock of the
    /// transaction, lost time. A query that calls it is no read.
    Acts,
    /// Leaves the statement: files, other servers, settings of the session, SQL in a string. Makes everything unknown.
    Escapes,
}

use Effect::{Acts, Escapes, Varies};

/// Names in lower case; a `*` at the end stands for any rest. The first match counts.
type Table = &'static [(&'static str, Effect)];

const SQLITE: Table = &[
    ("changes", Varies),
    ("current_date", Varies),
    ("current_time", Varies),
    ("current_timestamp", Varies),
    ("last_insert_rowid", Varies),
    ("random", Varies),
    ("randomblob", Varies),
    ("total_changes", Varies),
    ("edit", Escapes),
    ("eval", Escapes),
    ("fsdir", Escapes),
    ("fts3_tokenizer", Escapes),
    ("load_extension", Escapes),
    ("lsdir", Escapes),
    ("readfile", Escapes),
    ("sqlite_log", Escapes),
    ("writefile", Escapes),
    ("zipfile", Escapes),
];

/// SQLite's dates vary only when they are asked for the present.
const SQLITE_DATES: &[&str] = &[
    "date",
    "datetime",
    "julianday",
    "strftime",
    "time",
    "timediff",
    "unixepoch",
];

const POSTGRES: Table = &[
    ("clock_timestamp", Varies),
    ("current_date", Varies),
    ("current_time", Varies),
    ("current_timestamp", Varies),
    ("currval", Varies),
    ("gen_random_bytes", Varies),
    ("gen_random_uuid", Varies),
    ("lastval", Varies),
    ("localtime", Varies),
    ("localtimestamp", Varies),
    ("now", Varies),
    ("random", Varies),
    ("random_normal", Varies),
    ("statement_timestamp", Varies),
    ("timeofday", Varies),
    ("transaction_timestamp", Varies),
    ("uuid_generate_*", Varies),
    ("uuidv4", Varies),
    ("uuidv7", Varies),
    ("nextval", Acts),
    ("pg_advisory_xact_*", Acts),
    ("pg_current_xact_id", Acts),
    ("pg_notify", Acts),
    ("pg_sleep*", Acts),
    ("pg_try_advisory_xact_*", Acts),
    ("setval", Acts),
    ("txid_current", Acts),
    ("brin_*", Escapes),
    ("connectby", Escapes),
    ("crosstab*", Escapes),
    ("cursor_to_xml*", Escapes),
    ("database_to_xml*", Escapes),
    ("dblink*", Escapes),
    ("gin_clean_pending_list", Escapes),
    ("lo_*", Escapes),
    ("loread", Escapes),
    ("lowrite", Escapes),
    ("pg_advisory_*", Escapes),
    ("pg_backup_*", Escapes),
    ("pg_cancel_backend", Escapes),
    ("pg_copy_*", Escapes),
    ("pg_create_*", Escapes),
    ("pg_drop_*", Escapes),
    ("pg_execute_server_program", Escapes),
    ("pg_export_snapshot", Escapes),
    ("pg_file_*", Escapes),
    ("pg_import_system_collations", Escapes),
    ("pg_log_*", Escapes),
    ("pg_logical_*", Escapes),
    ("pg_ls_*", Escapes),
    ("pg_prewarm", Escapes),
    ("pg_promote", Escapes),
    ("pg_read_*", Escapes),
    ("pg_reload_conf", Escapes),
    ("pg_replication_*", Escapes),
    ("pg_rotate_logfile*", Escapes),
    ("pg_start_backup", Escapes),
    ("pg_stat_file", Escapes),
    ("pg_stat_reset*", Escapes),
    ("pg_stop_backup", Escapes),
    ("pg_switch_wal", Escapes),
    ("pg_terminate_backend", Escapes),
    ("pg_try_advisory_*", Escapes),
    ("pg_wal_replay_*", Escapes),
    ("query_to_xml*", Escapes),
    ("schema_to_xml*", Escapes),
    ("set_config", Escapes),
    ("setseed", Escapes),
    ("table_to_xml*", Escapes),
    ("ts_rewrite", Escapes),
    ("ts_stat", Escapes),
    ("xpath_table", Escapes),
];

const MYSQL: Table = &[
    ("connection_id", Varies),
    ("curdate", Varies),
    ("current_date", Varies),
    ("current_time", Varies),
    ("current_timestamp", Varies),
    ("curtime", Varies),
    ("found_rows", Varies),
    ("is_free_lock", Varies),
    ("is_used_lock", Varies),
    ("last_insert_id", Varies),
    ("lastval", Varies),
    ("localtime", Varies),
    ("localtimestamp", Varies),
    ("now", Varies),
    ("rand", Varies),
    ("random_bytes", Varies),
    ("row_count", Varies),
    ("sysdate", Varies),
    ("unix_timestamp", Varies),
    ("utc_date", Varies),
    ("utc_time", Varies),
    ("utc_timestamp", Varies),
    ("uuid", Varies),
    ("uuid_short", Varies),
    ("benchmark", Acts),
    ("nextval", Acts),
    ("setval", Acts),
    ("sleep", Acts),
    ("get_lock", Escapes),
    ("load_file", Escapes),
    ("master_pos_wait", Escapes),
    ("release_all_locks", Escapes),
    ("release_lock", Escapes),
    ("source_pos_wait", Escapes),
    ("sys_eval", Escapes),
    ("sys_exec", Escapes),
    ("wait_for_executed_gtid_set", Escapes),
    ("wait_until_sql_thread_after_gtids", Escapes),
];

impl Facts {
    /// Notes a call; the schema of the name doesn't count, since the search path decides what is meant without one.
    pub(crate) fn call(&mut self, name: &ObjectName, args: &[FunctionArg]) {
        if name.0.iter().any(|part| part.as_ident().is_none()) {
            self.unknown();
        }
        let name = last_part(name).to_lowercase();
        let table = match self.dialect {
            Dialect::Sqlite => SQLITE,
            Dialect::Postgres => POSTGRES,
            Dialect::MySql => MYSQL,
        };
        let found = table
            .iter()
            .find(|(pattern, _)| matches(pattern, &name))
            .map(|&(_, effect)| effect);
        let effect = match found {
            // With an argument it sets what the session's next call returns.
            Some(Varies) if name == "last_insert_id" && !args.is_empty() => Some(Escapes),
            None if self.dialect == Dialect::Sqlite && SQLITE_DATES.contains(&&*name) => {
                present(args).then_some(Varies)
            }
            known => known,
        };
        if let Some(effect) = effect {
            self.effect(name, effect);
        }
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or_else(|| pattern == name, |start| name.starts_with(start))
}

/// Whether a date is asked for the present: by `'now'`, or by leaving it out.
fn present(args: &[FunctionArg]) -> bool {
    let is_now = |arg: &FunctionArg| {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) = arg else {
            return false;
        };
        let (Value::SingleQuotedString(text) | Value::DoubleQuotedString(text)) = &value.value
        else {
            return false;
        };
        text.eq_ignore_ascii_case("now")
    };
    args.is_empty() || args.iter().any(is_now)
}
