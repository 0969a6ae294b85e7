//! One server of a cluster: its processes, its directory, and how it is asked.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::replication::{Place, Replication};
use crate::directory::{Account, Directory};
use crate::process::{processes_in, run_within, send};
use crate::proxy::Proxy;
use crate::supervisor::{Supervisor, process_in};

/// What a statement of a test, or a copy of a data directory, may take at most.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// A server that may be killed, frozen and started again. It ends when the cluster is dropped.
///
/// Its methods block; those that ask it start a client program, which takes some 20 ms.
#[derive(Debug)]
pub struct Node {
    name: String,
    address: SocketAddr,
    directory: PathBuf,
    account: Option<Account>,
    replication: Arc<dyn Replication>,
    supervisor: Mutex<Supervisor>,
    frozen: AtomicBool,
    proxy: OnceLock<Proxy>,
}

impl Node {
    /// Starts a server and doesn't wait for it.
    pub(super) fn start(
        replication: Arc<dyn Replication>,
        name: String,
        number: usize,
        address: SocketAddr,
        primary: Option<SocketAddr>,
    ) -> Node {
        let engine = replication.engine();
        let directory = Directory::create(engine.name(), engine.account_name());
        let place = Place {
            name: &name,
            number,
            port: address.port(),
            primary,
        };
        let launch = replication.launch(directory.path(), &place);
        let supervisor = Supervisor::start(&directory, &launch);
        Node {
            name,
            address,
            directory: directory.path().to_owned(),
            account: directory.account(),
            replication,
            supervisor: Mutex::new(supervisor),
            frozen: AtomicBool::new(false),
            proxy: OnceLock::new(),
        }
    }

    /// # Errors
    /// The log, when the server ended instead.
    pub(super) fn wait_until_ready(&self) -> Result<(), String> {
        let engine = self.replication.engine();
        self.supervisor().wait_until(|| {
            process_in(&self.directory).is_some() && engine.is_ready(&self.directory)
        })
    }

    /// `node1` for the first, which replication knows it by as well.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a database on the server itself.
    pub fn url(&self, database: &str) -> String {
        self.replication.engine().url(self.address, database)
    }

    /// The URL of a database through the node's own proxy.
    ///
    /// # Panics
    /// Without [`Cluster::with_proxies`](super::Cluster::with_proxies).
    pub fn proxied_url(&self, database: &str) -> String {
        self.replication
            .engine()
            .url(self.proxy().address(), database)
    }

    /// The proxy in front of the server; the nodes reach each other without it.
    ///
    /// # Panics
    /// Without [`Cluster::with_proxies`](super::Cluster::with_proxies).
    pub fn proxy(&self) -> &Proxy {
        self.proxy
            .get()
            .expect("the cluster was started with proxies")
    }

    pub(super) async fn start_proxy(&self) {
        let proxy = Proxy::start(self.address).await;
        self.proxy
            .set(proxy)
            .expect("the cluster has no proxies yet");
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        self.supervisor().log()
    }

    /// Whether the server runs, frozen or not.
    pub fn is_running(&self) -> bool {
        self.supervisor().is_running()
    }

    /// Whether the server was frozen and not thawed since.
    pub fn is_frozen(&self) -> bool {
        self.frozen.load(Ordering::Relaxed)
    }

    /// Kills the server and its children at once, as when its machine loses power. What was stored stays.
    ///
    /// # Panics
    /// When it doesn't run.
    pub fn kill(&self) {
        self.supervisor().kill();
        self.frozen.store(false, Ordering::Relaxed);
    }

    /// Kills the server and leaves its children, who finish what they do: nobody can connect, and a commit under way
    /// may still succeed. Of MariaDB, which is one process, nothing is left.
    ///
    /// # Panics
    /// When it doesn't run.
    pub fn kill_postmaster_only(&self) {
        assert!(self.is_running(), "{} doesn't run", self.name);
        self.stop("KILL");
    }

    /// Stops all processes of the server in the middle of whatever they do. Connections stay open, nobody is answered.
    ///
    /// # Panics
    /// When it doesn't run.
    pub fn freeze(&self) {
        self.supervisor().signal("STOP");
        self.frozen.store(true, Ordering::Relaxed);
    }

    /// Lets a frozen server go on.
    ///
    /// # Panics
    /// When it doesn't run.
    pub fn thaw(&self) {
        self.supervisor().signal("CONT");
        self.frozen.store(false, Ordering::Relaxed);
    }

    /// Starts a server that was killed, as what it was before: a primary comes back as a primary, even when another
    /// has been promoted meanwhile. Waits until it takes statements.
    ///
    /// # Panics
    /// When it runs, or doesn't start.
    pub fn start_again(&self) {
        assert!(!self.is_running(), "{} runs already", self.name);
        self.kill_orphans();
        self.replication.clean_up(&self.directory);
        self.supervisor().start_again();
        self.wait_until_ready()
            .unwrap_or_else(|log| panic!("{} didn't start again; its log:\n{log}", self.name));
    }

    /// Executes statements as an administrator, outside of the tests' databases.
    ///
    /// # Panics
    /// When the server refuses or doesn't answer, with its message and log.
    pub fn execute(&self, sql: &str) {
        self.query(sql);
    }

    /// As [`execute`](Node::execute), and returns the rows: a line each, without a newline behind the last.
    ///
    /// # Panics
    /// As [`execute`](Node::execute).
    pub fn query(&self, sql: &str) -> String {
        self.try_query(sql)
            .unwrap_or_else(|message| self.fail(sql, &message))
    }

    /// As [`query`](Node::query).
    ///
    /// # Errors
    /// What the client program says.
    pub fn try_query(&self, sql: &str) -> Result<String, String> {
        self.run(self.command(sql))
    }

    /// As [`query`](Node::query), in a database.
    ///
    /// # Panics
    /// As [`execute`](Node::execute).
    pub fn query_in(&self, database: &str, sql: &str) -> String {
        let mut command = self.command(sql);
        self.replication.run_in(&mut command, database);
        self.run(command)
            .unwrap_or_else(|message| self.fail(sql, &message))
    }

    /// Waits until an SQL condition holds on this node.
    ///
    /// # Errors
    /// What the client program says, when it doesn't within `limit`.
    pub fn wait_for(&self, condition: &str, limit: Duration) -> Result<(), String> {
        let port = self.address.port();
        let command = self
            .replication
            .waiting_command(&self.directory, port, condition, limit);
        self.run(command).map(|_| ())
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Keeps what the server has stored, should it end by itself: [`start_again`](Node::start_again) starts it then.
    pub(super) fn expect_end(&self) {
        self.supervisor().expect_end();
    }

    /// Ends the server, if it runs, by a signal to it alone.
    pub(super) fn stop(&self, signal: &str) {
        if self.is_frozen() {
            self.thaw();
        }
        self.supervisor().stop(signal);
    }

    /// Kills those whom a killed server has left behind: it can't start while they use its memory and files.
    pub(super) fn kill_orphans(&self) {
        let data = self.directory.join("data");
        loop {
            let orphans = processes_in(&data);
            if orphans.is_empty() {
                return;
            }
            send("KILL", &orphans);
        }
    }

    pub(super) fn command(&self, sql: &str) -> Command {
        self.replication
            .command(&self.directory, self.address.port(), sql)
    }

    /// Runs a program with the rights of the server.
    ///
    /// # Errors
    /// What it has printed, when it fails or takes too long.
    pub(super) fn run_as_server(&self, mut command: Command) -> Result<String, String> {
        use std::os::unix::process::CommandExt;
        if let Some(account) = self.account {
            command.uid(account.uid).gid(account.gid);
        }
        self.run(command)
    }

    pub(super) fn run(&self, mut command: Command) -> Result<String, String> {
        let output = run_within(&mut command, COMMAND_LIMIT).map_err(|error| error.to_string())?;
        let Output {
            status,
            stdout,
            stderr,
        } = output;
        if !status.success() {
            return Err(String::from_utf8_lossy(&stderr).trim_end().to_owned());
        }
        Ok(String::from_utf8_lossy(&stdout).trim_end().to_owned())
    }

    /// Ends a test with what is known about the failure.
    pub(super) fn fail(&self, what: &str, message: &str) -> ! {
        panic!(
            "{}: `{what}` failed: {message}\nits log:\n{}",
            self.name,
            self.log()
        )
    }

    fn supervisor(&self) -> MutexGuard<'_, Supervisor> {
        self.supervisor
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // A server waits for its children as it ends, and frozen ones make that five seconds.
        if self.is_frozen() && self.is_running() {
            self.thaw();
        }
    }
}
