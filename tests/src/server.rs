//! Real database servers for tests: one per kind and test process, started on first use, and others for tests that kill
//! theirs.
//!
//! A server is private to its process, so that tests of several binaries run at the same time and nothing is left from
//! the last run. Tests of one process share it and each take a database of their own. The server, its directory and its
//! sockets are gone when the process is, even after an abort or `kill -9`: see `supervisor`.
//!
//! What differs between the kinds is in `postgres` and `mariadb`, behind [`Engine`].

use std::fmt::Debug;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::address::free_address;
use crate::directory::Directory;
use crate::mariadb::MariaDb;
use crate::postgres::Postgres;
use crate::supervisor::{Launch, Supervisor, process_in};

/// The port is free when it is chosen, but another process may take it before the server does.
const PORT_ATTEMPTS: u32 = 3;

/// One running server.
///
/// Its methods block: starting takes about a second, creating a database some ten milliseconds.
#[derive(Debug)]
pub struct Server {
    engine: Box<dyn Engine>,
    supervisor: Supervisor,
    address: SocketAddr,
    /// How many databases have been created, which makes their names unique.
    databases: AtomicU32,
}

/// A kind of server.
pub(crate) trait Engine: Debug + Send + Sync {
    fn name(&self) -> &'static str;

    /// The account that runs such servers on most machines.
    fn account_name(&self) -> &'static str;

    /// Writes the server's files into `directory` and says what to run there.
    fn launch(&self, directory: &Path, port: u16) -> Launch;

    /// Whether the server takes statements.
    fn is_ready(&self, directory: &Path) -> bool;

    /// A command that executes `sql` as the user of the tests.
    fn command(&self, directory: &Path, port: u16, sql: &str) -> Command;

    /// What tells it to end its connections, and then itself.
    fn shutdown_signal(&self) -> &'static str;

    fn url(&self, address: SocketAddr, database: &str) -> String;

    fn socket_url(&self, directory: &Path, port: u16, database: &str) -> String;
}

impl Server {
    /// The PostgreSQL server of this process.
    ///
    /// User `postgres` needs no password. Role `locked` does: it is `secret`, for tests of a wrong one.
    ///
    /// # Panics
    /// When PostgreSQL isn't installed, saying how to install it, or doesn't start, showing its log.
    pub fn postgres() -> &'static Server {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| Server::start(Box::new(Postgres::find())))
    }

    /// The MariaDB server of this process.
    ///
    /// User `wharf` may do everything in every database, but has no privilege of an administrator: neither to write
    /// when the server is read-only nor to end the statements of others.
    ///
    /// # Panics
    /// When MariaDB isn't installed, saying how to install it, or doesn't start, showing its log.
    pub fn mariadb() -> &'static Server {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| Server::start(Box::new(MariaDb::find())))
    }

    /// A PostgreSQL server of the caller's own, which it may kill and freeze. It ends when dropped.
    ///
    /// # Panics
    /// As [`postgres`](Server::postgres).
    pub fn start_postgres() -> Server {
        Server::start(Box::new(Postgres::find()))
    }

    /// A MariaDB server of the caller's own, which it may kill and freeze. It ends when dropped.
    ///
    /// User `root` needs no password there.
    ///
    /// # Panics
    /// As [`mariadb`](Server::mariadb).
    pub fn start_mariadb() -> Server {
        Server::start(Box::new(MariaDb::find()))
    }

    fn start(engine: Box<dyn Engine>) -> Server {
        for attempt in 1.. {
            let address = free_address();
            let directory = Directory::create(engine.name(), engine.account_name());
            let launch = engine.launch(directory.path(), address.port());
            let mut supervisor = Supervisor::start(&directory, &launch);
            match supervisor.wait_until(|| engine.is_ready(directory.path())) {
                Ok(()) => {
                    return Server {
                        engine,
                        supervisor,
                        address,
                        databases: AtomicU32::new(0),
                    };
                }
                Err(log) if log.contains("Address already in use") && attempt < PORT_ATTEMPTS => {}
                Err(log) => panic!(
                    "{} ended instead of starting; its log:\n{log}",
                    engine.name()
                ),
            }
        }
        unreachable!("the last attempt returns or panics")
    }

    /// Where the server listens for TCP connections.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Creates an empty database with a name of its own and returns its URL:
    /// `postgres://postgres@127.0.0.1:PORT/NAME` or `mysql://wharf:wharf@127.0.0.1:PORT/NAME`.
    ///
    /// # Panics
    /// When the server refuses, with its message.
    pub fn database(&self) -> String {
        self.database_through(self.address)
    }

    /// The same as [`database`](Server::database), but the URL has another address: that of a proxy to this server.
    ///
    /// # Panics
    /// When the server refuses, with its message.
    pub fn database_through(&self, address: SocketAddr) -> String {
        self.engine.url(address, &self.create_database())
    }

    /// The same as [`database`](Server::database), but the URL leads through the server's Unix socket.
    ///
    /// # Panics
    /// When the server refuses, with its message.
    pub fn database_through_socket(&self) -> String {
        self.engine.socket_url(
            self.directory(),
            self.address.port(),
            &self.create_database(),
        )
    }

    /// The directory of the server, which holds its Unix socket.
    pub fn directory(&self) -> &Path {
        self.supervisor.directory()
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        self.supervisor.log()
    }

    /// Kills the server, as when its machine loses power; nobody is told. What was stored stays.
    ///
    /// # Panics
    /// When it doesn't run.
    pub fn kill(&self) {
        self.supervisor.kill();
    }

    /// Ends the server as an administrator does: whoever is connected is told, and nobody else is let in.
    ///
    /// # Panics
    /// When it doesn't end.
    pub fn shut_down(&self) {
        self.supervisor.stop(self.engine.shutdown_signal());
    }

    /// Starts a server that was killed or shut down, on the same port, and waits until it takes statements.
    ///
    /// # Panics
    /// When it was neither, or doesn't start.
    pub fn start_again(&mut self) {
        self.supervisor.start_again();
        let (engine, directory) = (&self.engine, self.supervisor.directory().to_owned());
        let started = self
            .supervisor
            .wait_until(|| process_in(&directory).is_some() && engine.is_ready(&directory));
        started
            .unwrap_or_else(|log| panic!("{} didn't start again; its log:\n{log}", engine.name()));
    }

    /// Stops all of its processes in the middle of whatever they do. Connections stay open, and nobody is answered.
    pub fn freeze(&self) {
        self.supervisor.signal("STOP");
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) {
        self.supervisor.signal("CONT");
    }

    fn create_database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed) + 1;
        let name = format!("test_{number}");
        self.execute(&format!("create database {name}"));
        name
    }

    fn execute(&self, sql: &str) {
        let output = self
            .command(sql)
            .output()
            .expect("run the client of the server");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "`{sql}` failed: {message}\nlog of the server:\n{}",
            self.log()
        );
    }

    /// A command that executes `sql` as the user of the tests, outside of their databases.
    pub(crate) fn command(&self, sql: &str) -> Command {
        let mut command = self
            .engine
            .command(self.directory(), self.address.port(), sql);
        command.stdin(Stdio::null());
        command
    }
}

#[cfg(test)]
mod tests;
