//! PgBouncer in front of a PostgreSQL server, sharing connections between transactions.

use std::fs;
use std::net::{SocketAddr, TcpStream};

use crate::address::free_address;
use crate::directory::Directory;
use crate::programs::directory_of;
use crate::server::Server;
use crate::supervisor::{Launch, Supervisor};

const MISSING: &str = "PgBouncer is not installed; on Debian and Ubuntu: apt-get install pgbouncer";

/// A proxy that gives each transaction another server connection. It ends when dropped.
#[derive(Debug)]
pub struct Bouncer {
    address: SocketAddr,
    _supervisor: Supervisor,
}

impl Bouncer {
    /// Starts one that shares so many connections to a server of PostgreSQL's.
    ///
    /// # Panics
    /// When PgBouncer isn't installed, saying how to install it, or doesn't start, showing its log.
    pub fn start(server: &Server, connections: u32) -> Self {
        let programs = directory_of("pgbouncer").expect(MISSING);
        let address = free_address();
        let directory = Directory::create("bouncer", "postgres");
        let settings = format!(
            "[databases]\n* = host={} port={} user=postgres\n\
             [pgbouncer]\nlisten_addr = {}\nlisten_port = {}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = {connections}\n\
             ignore_startup_parameters = extra_float_digits\n",
            server.address().ip(),
            server.address().port(),
            address.ip(),
            address.port()
        );
        fs::write(directory.path().join("settings"), settings).expect("write its settings");
        let launch = Launch {
            programs,
            setup: String::new(),
            server: ["pgbouncer", "settings"].map(Into::into).to_vec(),
            stop_signal: "KILL",
        };
        let mut supervisor = Supervisor::start(&directory, &launch);
        let is_ready = || TcpStream::connect(address).is_ok();
        if let Err(log) = supervisor.wait_until(is_ready) {
            panic!("PgBouncer ended instead of starting; its log:\n{log}");
        }
        Self {
            address,
            _supervisor: supervisor,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
