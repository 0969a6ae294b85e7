//! How PostgreSQL replicates: streaming with slots, `pg_rewind` for a primary that comes back.
//!
//! A node's own settings are on its command line and in `postgresql.auto.conf`, because `pg_rewind` overwrites all other
//! files with those of its source.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use super::node::Node;
use super::replication::{Place, Replication};
use super::template::Template;
use crate::postgres::Postgres;
use crate::server::Engine;
use crate::supervisor::{Launch, hermetic_command};

/// A hundred times what a step takes on an idle machine.
const STEP_LIMIT: Duration = Duration::from_secs(30);

/// How long a replica that may be ahead of its primary is given to prove that it isn't.
const FOLLOW_LIMIT: Duration = Duration::from_secs(4);

// Hints are logged for `pg_rewind`; the time-outs free the slot of a node that is frozen.
const SETTINGS: &str = "\
wal_level = replica
wal_log_hints = on
wal_keep_size = 64MB
hot_standby_feedback = on
wal_receiver_status_interval = 1s
wal_retrieve_retry_interval = 100ms
wal_sender_timeout = 5s
wal_receiver_timeout = 5s
";

/// Servers of the newest installed PostgreSQL.
#[derive(Debug)]
pub(super) struct Streaming {
    server: Postgres,
    /// The value of `synchronous_standby_names`, the same on all nodes.
    synchronous: String,
}

impl Streaming {
    /// With `synchronous`, one of the other nodes has to store a commit before it is acknowledged.
    pub(super) fn new(names: &[String], synchronous: bool) -> Streaming {
        let any_one = || format!("ANY 1 ({})", names.join(", "));
        Streaming {
            server: Postgres::find(),
            synchronous: if synchronous {
                any_one()
            } else {
                String::new()
            },
        }
    }

    fn template(&self) -> &'static Template {
        static TEMPLATE: OnceLock<Template> = OnceLock::new();
        TEMPLATE.get_or_init(|| {
            Template::make(&self.server, |directory| {
                fs::write(directory.join("replication"), SETTINGS).expect("write the settings");
                let launch = self.server.launch(directory, 5432);
                Launch {
                    setup: format!(
                        "({}) && cat replication >>data/postgresql.conf",
                        launch.setup
                    ),
                    ..launch
                }
            })
        })
    }

    /// The text of a node's `postgresql.auto.conf`.
    fn configuration(&self, name: &str, primary: Option<SocketAddr>) -> String {
        format!(
            "synchronous_standby_names = '{}'\nprimary_conninfo = '{}'\nprimary_slot_name = '{name}'\n",
            self.synchronous,
            primary
                .map(|address| connection(name, address))
                .unwrap_or_default()
        )
    }

    /// Slots keep what a replica still needs. Only those of the primary do: a replica's would fall behind for ever.
    fn create_slots(&self, primary: &Node, replicas: &[&Node]) {
        let names: Vec<String> = replicas
            .iter()
            .map(|node| format!("'{}'", node.name()))
            .collect();
        primary.execute(&format!(
            "select pg_create_physical_replication_slot(name, true) from unnest(array[{}]::name[]) name \
             where name not in (select slot_name from pg_replication_slots)",
            names.join(", ")
        ));
    }

    fn set(&self, node: &Node, setting: &str, value: &str) {
        let mut command = node.command(&format!("alter system set {setting} = '{value}'"));
        // Each on its own: `ALTER SYSTEM` can't be part of a transaction.
        command.args(["-c", "select pg_reload_conf()"]);
        node.run(command)
            .unwrap_or_else(|message| node.fail(setting, &message));
    }

    /// Looks for the timeline as well: a replica that is ahead of its primary connects again and again, in vain, for more
    /// of the old one. And for what it shows: whether it can go on with what it receives is known when it does.
    fn wait_until_streaming(
        &self,
        node: &Node,
        primary: &Node,
        limit: Duration,
    ) -> Result<(), String> {
        let timeline = primary
            .query("select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int");
        let is_streaming = format!(
            "select count(*) > 0 from pg_stat_wal_receiver \
             where status = 'streaming' and received_tli = {timeline} and sender_port = {} and {}",
            primary.address().port(),
            shows_all_of(primary)
        );
        node.wait_for(&is_streaming, limit)
    }
}

impl Replication for Streaming {
    fn engine(&self) -> &dyn Engine {
        &self.server
    }

    fn launch(&self, directory: &Path, place: &Place<'_>) -> Launch {
        let configuration = self.configuration(place.name, place.primary);
        fs::write(directory.join("configuration"), configuration).expect("write the settings");
        let template = self.template().data();
        let mut setup = format!(
            "cp -a '{}' data && cat configuration >data/postgresql.auto.conf",
            template.display()
        );
        if place.primary.is_some() {
            setup += " && : >data/standby.signal";
        }
        let port = place.port.to_string();
        let mut server = ["postgres", "-D", "data", "-p", &port, "-k"]
            .map(Into::into)
            .to_vec();
        server.push(directory.into());
        Launch {
            programs: self.server.programs().to_owned(),
            setup,
            server,
            stop_signal: "QUIT",
        }
    }

    fn command(&self, directory: &Path, port: u16, sql: &str) -> Command {
        let mut command = self.server.command(directory, port, sql);
        command.args(["--no-align", "--tuples-only"]);
        command.env("PGCONNECT_TIMEOUT", "20");
        command
    }

    fn run_in(&self, command: &mut Command, database: &str) {
        command.args(["-d", database]);
    }

    fn waiting_command(
        &self,
        directory: &Path,
        port: u16,
        condition: &str,
        limit: Duration,
    ) -> Command {
        self.command(directory, port, &waiting(condition, limit))
    }

    fn clean_up(&self, directory: &Path) {
        // They have the number of a dead server, which may be another process by now.
        let _ = fs::remove_file(directory.join("data/postmaster.pid"));
        for entry in fs::read_dir(directory)
            .expect("list the directory")
            .flatten()
        {
            if entry.file_name().to_string_lossy().starts_with(".s.PGSQL.") {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn begin(&self, primary: &Node, replicas: &[&Node]) {
        self.create_slots(primary, replicas);
        for node in replicas {
            self.wait_until_streaming(node, primary, STEP_LIMIT)
                .unwrap_or_else(|message| node.fail("stream", &message));
        }
    }

    fn promote(&self, node: &Node, others: &[&Node]) {
        // `pg_promote(true)` looks every 100 ms only.
        execute_until(node, "select pg_promote(false)", "not pg_is_in_recovery()");
        self.create_slots(node, others);
    }

    fn follow(&self, node: &Node, primary: &Node) -> Result<(), String> {
        self.create_slots(primary, &[node]);
        // A replica that was cut off in a record which goes on in the next segment asks the new primary for that segment
        // alone, misses the beginning of the record on the new timeline, and panics.
        node.expect_end();
        // Else it would not get as far as to ask for the new timeline.
        self.resume_replay(node);
        self.delay_apply(node, Duration::ZERO);
        self.set(
            node,
            "primary_conninfo",
            &connection(node.name(), primary.address()),
        );
        self.wait_until_streaming(node, primary, FOLLOW_LIMIT)
    }

    fn rejoin(&self, node: &Node, primary: &Node, _donor: &Node) {
        node.stop("INT");
        node.kill_orphans();
        self.clean_up(node.directory());
        // Else its control file shows the old timeline, and `pg_rewind` sees nothing to do.
        primary.execute("checkpoint");
        self.create_slots(primary, &[node]);

        let configuration = self.configuration(node.name(), Some(primary.address()));
        fs::write(node.directory().join("configuration"), configuration)
            .expect("write the settings");
        let mut script = hermetic_command("sh", self.server.programs(), node.directory());
        script.args(["-c", include_str!("rejoin.sh"), "rejoin"]);
        script.arg(primary.address().port().to_string());
        node.run_as_server(script)
            .unwrap_or_else(|message| node.fail("rejoin", &message));
        node.start_again();
        self.wait_until_streaming(node, primary, STEP_LIMIT)
            .unwrap_or_else(|message| node.fail("stream", &message));
    }

    fn step_down(&self, primary: &Node, _heir: &Node) {
        // Ends only when the replicas have everything.
        primary.stop("INT");
    }

    fn step_back(&self, node: &Node, primary: &Node) {
        self.rejoin(node, primary, primary);
    }

    fn pause_replay(&self, node: &Node) {
        let is_paused = "pg_get_wal_replay_pause_state() = 'paused'";
        execute_until(node, "select pg_wal_replay_pause()", is_paused);
    }

    fn resume_replay(&self, node: &Node) {
        node.execute("select pg_wal_replay_resume()");
    }

    fn delay_apply(&self, node: &Node, delay: Duration) {
        let value = format!("{}ms", delay.as_millis());
        self.set(node, "recovery_min_apply_delay", &value);
    }

    fn cut(&self, node: &Node) {
        self.set(node, "primary_conninfo", "");
        node.wait_for("select count(*) = 0 from pg_stat_wal_receiver", STEP_LIMIT)
            .unwrap_or_else(|message| node.fail("cut off", &message));
    }

    fn wait_caught_up(&self, node: &Node, primary: &Node) {
        node.wait_for(&shows_all_of(primary), STEP_LIMIT)
            .unwrap_or_else(|message| node.fail("catch up", &message));
    }

    fn received(&self, node: &Node) -> u64 {
        let sql = "select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0'";
        node.query(sql).parse().expect("a position in bytes")
    }
}

fn connection(name: &str, primary: SocketAddr) -> String {
    format!(
        "host={} port={} user=postgres application_name={name} connect_timeout=2",
        primary.ip(),
        primary.port()
    )
}

/// The condition that a replica shows everything that is committed on the primary now.
fn shows_all_of(primary: &Node) -> String {
    // Not the position of the next insert, which may lie behind a page's header that no record will reach.
    let position = primary.query("select pg_current_wal_flush_lsn()");
    format!("pg_last_wal_replay_lsn() >= '{position}'")
}

/// Executes a statement, and waits until what it is to bring about is there.
fn execute_until(node: &Node, sql: &str, condition: &str) {
    let mut command = node.command(sql);
    // On its own: it can't be part of a transaction.
    command.args(["-c", &waiting(condition, STEP_LIMIT)]);
    node.run(command)
        .unwrap_or_else(|message| node.fail(sql, &message));
}

/// A statement that ends when `condition` holds: the server looks every 2 ms, which no program could that is started for
/// each look.
///
/// Each look is a transaction. On a replica a snapshot that is held for longer keeps what removes old versions of rows
/// from being replayed, and a condition on the replay would wait for itself.
fn waiting(condition: &str, limit: Duration) -> String {
    let limit_ms = limit.as_millis();
    format!(
        "do $$ declare deadline timestamptz := clock_timestamp() + interval '{limit_ms} ms'; begin \
         while not coalesce(({condition}), false) loop \
         if clock_timestamp() > deadline then raise 'not within {limit_ms} ms'; end if; \
         perform pg_sleep(0.002); commit; \
         end loop; end $$"
    )
}
