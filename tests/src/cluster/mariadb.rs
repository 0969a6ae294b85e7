//! How MariaDB replicates: by global transaction ids, and a copy of all data for a node that has what others have not.
//!
//! Whether a node takes writes is in its file `options`, so that it comes back as what it was.

mod status;

use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use self::status::Status;
use super::node::Node;
use super::replication::{Place, Replication};
use super::template::Template;
use crate::mariadb::{ACCOUNTS, MariaDb, SETUP};
use crate::server::Engine;
use crate::supervisor::{Launch, hermetic_command};

/// A hundred times what a step takes on an idle machine.
const STEP_LIMIT: Duration = Duration::from_secs(30);

const REPLICATION_ACCOUNT: &str = "\
CREATE USER replicator@'%' IDENTIFIED BY 'replicator';
GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO replicator@'%';
";

const OPTIONS: [&str; 10] = [
    "--log-bin=binlog",
    "--relay-log=relay",
    "--log-slave-updates=1",
    "--gtid-strict-mode=1",
    "--binlog-format=ROW",
    "--sync-binlog=0",
    "--slave-net-timeout=4",
    // Semi-synchronous replication becomes asynchronous when this time is over: never, in a test.
    "--rpl-semi-sync-master-timeout=86400000",
    "--rpl-semi-sync-master-wait-point=AFTER_SYNC",
    "--rpl-semi-sync-slave-enabled=1",
];

/// Servers of the installed MariaDB.
#[derive(Debug)]
pub(super) struct Gtid {
    server: MariaDb,
    synchronous: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Primary,
    Replica,
}

impl Gtid {
    pub(super) fn new(synchronous: bool) -> Gtid {
        Gtid {
            server: MariaDb::find(),
            synchronous,
        }
    }

    fn template(&self) -> &'static Template {
        static TEMPLATE: OnceLock<Template> = OnceLock::new();
        TEMPLATE.get_or_init(|| {
            Template::make(&self.server, |directory| {
                // A server for setting up knows no accounts before it has read them.
                let accounts = format!("FLUSH PRIVILEGES;\n{ACCOUNTS}{REPLICATION_ACCOUNT}");
                fs::write(directory.join("accounts"), accounts).expect("write the accounts");
                let add_accounts = "mariadbd --no-defaults --bootstrap --datadir=\"$PWD/data\" \
                     --innodb-log-file-size=16M <accounts";
                Launch {
                    programs: self.server.programs().to_owned(),
                    setup: format!("({SETUP}) && {add_accounts}"),
                    server: Vec::new(),
                    stop_signal: "KILL",
                }
            })
        })
    }

    fn write_role(&self, directory: &Path, role: Role) {
        let (read_only, waits) = self.settings(role);
        // Nobody is to see what no replica has.
        let text = format!(
            "[mariadbd]\nread_only={read_only}\nrpl_semi_sync_master_enabled={waits}\n\
             rpl_semi_sync_master_wait_point=AFTER_SYNC\n"
        );
        fs::write(directory.join("options"), text).expect("write the options");
    }

    /// The values of `read_only` and `rpl_semi_sync_master_enabled`. A replica that waited for replicas of its own would
    /// wait for ever.
    fn settings(&self, role: Role) -> (u8, u8) {
        match role {
            Role::Primary => (0, u8::from(self.synchronous)),
            Role::Replica => (1, 0),
        }
    }

    fn wait_until_streaming(&self, node: &Node) -> Result<(), String> {
        let deadline = Instant::now() + STEP_LIMIT;
        loop {
            let status = Status::of(node);
            let states = [
                status.field("Slave_IO_Running"),
                status.field("Slave_SQL_Running"),
            ];
            // Both run already while the primary still looks whether it has the position that it is asked for. If it
            // has, it first says in which of its files.
            let is_accepted = !status.field("Master_Log_File").is_empty();
            if states == ["Yes", "Yes"] && is_accepted {
                return Ok(());
            }
            // A thread that has ended by an error starts no more.
            if states.contains(&"No") || Instant::now() > deadline {
                return Err(status.text().to_owned());
            }
        }
    }

    /// Replicates from `primary` whatever comes after the node's own binary log.
    fn attach(&self, node: &Node, primary: &Node) -> Result<(), String> {
        node.execute(&format!(
            "stop slave; reset slave all; set global gtid_slave_pos = @@global.gtid_binlog_pos; {}; start slave",
            change_master(primary.address())
        ));
        self.wait_until_streaming(node)
    }

    /// A copy of a frozen server is what it would find if it had been killed: it recovers from that.
    fn copy(&self, node: &Node, donor: &Node) {
        node.kill();
        let mut copy = hermetic_command("sh", self.server.programs(), node.directory());
        copy.args(["-c", "rm -rf data && cp -a \"$0\"/data data"]);
        copy.arg(donor.directory());
        donor.freeze();
        let copied = node.run_as_server(copy);
        donor.thaw();
        copied.unwrap_or_else(|message| node.fail("copy", &message));
        node.start_again();
    }
}

impl Replication for Gtid {
    fn engine(&self) -> &dyn Engine {
        &self.server
    }

    fn launch(&self, directory: &Path, place: &Place<'_>) -> Launch {
        let role = match place.primary {
            Some(_) => Role::Replica,
            None => Role::Primary,
        };
        self.write_role(directory, role);
        let mut options = OsString::from("--defaults-file=");
        options.push(directory.join("options"));
        let mut server: Vec<OsString> = vec!["mariadbd".into(), options];
        server.extend(self.server.options(directory, place.port));
        server.push(format!("--server-id={}", place.number).into());
        server.extend(OPTIONS.map(OsString::from));
        Launch {
            programs: self.server.programs().to_owned(),
            setup: format!("cp -a '{}' data", self.template().data().display()),
            server,
            stop_signal: "KILL",
        }
    }

    fn command(&self, directory: &Path, port: u16, sql: &str) -> Command {
        let mut command = self.server.command(directory, port, sql);
        command.args(["--user=root", "--batch", "--raw", "--skip-column-names"]);
        command.env_remove("MYSQL_PWD");
        command
    }

    fn run_in(&self, command: &mut Command, database: &str) {
        command.arg(database);
    }

    fn waiting_command(
        &self,
        directory: &Path,
        port: u16,
        condition: &str,
        limit: Duration,
    ) -> Command {
        let limit_ms = limit.as_millis();
        let sql = format!(
            "begin not atomic \
             declare deadline datetime(6) default sysdate(6) + interval {limit_ms} * 1000 microsecond; \
             while not coalesce(({condition}), false) do \
             if sysdate(6) > deadline then \
             signal sqlstate '45000' set message_text = 'not within {limit_ms} ms'; end if; \
             do sleep(0.002); \
             end while; end"
        );
        let mut command = self.command(directory, port, &sql);
        command.arg("--delimiter=//");
        command
    }

    fn clean_up(&self, _directory: &Path) {}

    fn begin(&self, primary: &Node, replicas: &[&Node]) {
        for node in replicas {
            self.attach(node, primary)
                .unwrap_or_else(|status| node.fail("replicate", &status));
        }
    }

    fn promote(&self, node: &Node, _others: &[&Node]) {
        // While one of the threads runs, starting the other keeps what was received and not applied yet.
        node.execute("start slave sql_thread; stop slave io_thread");
        let received = Status::of(node).field("Gtid_IO_Pos").to_owned();
        wait_for_gtid(node, &received);
        self.write_role(node.directory(), Role::Primary);
        let (read_only, waits) = self.settings(Role::Primary);
        node.execute(&format!(
            "stop slave; reset slave all; set global rpl_semi_sync_master_enabled = {waits}; \
             set global read_only = {read_only}"
        ));
    }

    fn follow(&self, node: &Node, primary: &Node) -> Result<(), String> {
        node.execute(&format!(
            "stop slave; {}; start slave",
            change_master(primary.address())
        ));
        self.wait_until_streaming(node)
    }

    fn rejoin(&self, node: &Node, primary: &Node, donor: &Node) {
        // Not told to become a replica: commits that wait for one would be acknowledged then.
        if node.is_running() {
            node.kill();
        }
        self.write_role(node.directory(), Role::Replica);
        node.start_again();
        if self.attach(node, primary).is_err() {
            // Only a replica that follows well has nothing but what the primary has.
            let donor = if Status::of(donor).follows(primary) {
                donor
            } else {
                primary
            };
            self.copy(node, donor);
            self.attach(node, primary)
                .unwrap_or_else(|status| node.fail("replicate", &status));
        }
    }

    fn step_down(&self, primary: &Node, heir: &Node) {
        self.write_role(primary.directory(), Role::Replica);
        // It waits for the writes under way and holds back all others, so that a write may wait for the lock of a unit
        // that is held back. Then it has to let them go, and try again.
        let deadline = Instant::now() + STEP_LIMIT;
        let refuse_writes = "set lock_wait_timeout = 1; set global read_only = 1";
        while let Err(message) = primary.try_query(refuse_writes) {
            if !message.contains("Lock wait timeout") || Instant::now() > deadline {
                primary.fail("refuse writes", &message);
            }
        }
        self.wait_caught_up(heir, primary);
    }

    fn step_back(&self, node: &Node, primary: &Node) {
        node.execute("set global rpl_semi_sync_master_enabled = 0");
        self.attach(node, primary)
            .unwrap_or_else(|status| node.fail("replicate", &status));
    }

    fn pause_replay(&self, node: &Node) {
        node.execute("stop slave sql_thread");
    }

    fn resume_replay(&self, node: &Node) {
        node.execute("start slave sql_thread");
    }

    fn delay_apply(&self, node: &Node, delay: Duration) {
        let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
        node.execute(&format!(
            "stop slave; change master to master_delay = {seconds}; start slave"
        ));
        self.wait_until_streaming(node)
            .unwrap_or_else(|status| node.fail("replicate", &status));
    }

    fn cut(&self, node: &Node) {
        node.execute("stop slave io_thread");
    }

    fn wait_caught_up(&self, node: &Node, primary: &Node) {
        wait_for_gtid(node, &primary.query("select @@global.gtid_binlog_pos"));
    }

    fn received(&self, node: &Node) -> u64 {
        let status = Status::of(node);
        // "0-1-17": there is one domain, and the sequence goes on with each primary.
        let sequence = |gtid: &str| {
            gtid.rsplit('-')
                .next()
                .and_then(|number| number.parse().ok())
        };
        let applied = node.query("select @@global.gtid_binlog_pos");
        let positions = [status.field("Gtid_IO_Pos"), &applied];
        positions
            .into_iter()
            .filter_map(sequence)
            .max()
            .unwrap_or(0)
    }
}

fn change_master(primary: SocketAddr) -> String {
    format!(
        "change master to master_host = '{}', master_port = {}, master_user = 'replicator', \
         master_password = 'replicator', master_use_gtid = slave_pos, master_connect_retry = 1, master_delay = 0",
        primary.ip(),
        primary.port()
    )
}

/// Returns when the node shows everything up to a position.
fn wait_for_gtid(node: &Node, position: &str) {
    let limit = STEP_LIMIT.as_secs();
    let answer = node.query(&format!("select master_gtid_wait('{position}', {limit})"));
    if answer != "0" {
        node.fail("catch up", &format!("{position} not within {limit} s"));
    }
}
