//! How to run MariaDB: where its programs are, how a fast throw-away instance is made, and when it is ready.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::programs::directory_of;
use crate::server::Engine;
use crate::supervisor::{Launch, hermetic_command};

const MISSING: &str = "MariaDB is not installed; on Debian and Ubuntu: apt-get install mariadb-server-core mariadb-client";

// Everything a test may want in its databases, and to see what others wait for (PROCESS). ALL PRIVILEGES would include
// READ ONLY ADMIN, which writes to a read-only server, so that a test of roles would prove nothing. Everyone may end
// their own statements.
pub(crate) const ACCOUNTS: &str = "\
CREATE USER wharf@'%' IDENTIFIED BY 'wharf';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, \
EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER, PROCESS ON *.* TO wharf@'%';
";

pub(crate) const SETUP: &str = "\
mariadb-install-db --no-defaults --datadir=\"$PWD/data\" --auth-root-authentication-method=normal --skip-test-db \
--innodb-log-file-size=16M >/dev/null
";

/// The programs that are installed.
#[derive(Debug)]
pub(crate) struct MariaDb {
    programs: PathBuf,
}

impl MariaDb {
    /// # Panics
    /// When a program is missing, saying how to install it.
    pub(crate) fn find() -> MariaDb {
        let programs = directory_of("mariadbd").expect(MISSING);
        assert!(
            directory_of("mariadb-install-db").is_some() && directory_of("mariadb").is_some(),
            "{MISSING}"
        );
        MariaDb { programs }
    }

    /// Where the programs are.
    pub(crate) fn programs(&self) -> &Path {
        &self.programs
    }

    /// The options of a server whose data, socket and number are in `directory`.
    pub(crate) fn options(&self, directory: &Path, port: u16) -> Vec<OsString> {
        let path = |option: &str, name: &str| {
            let mut argument = OsString::from(option);
            argument.push(directory.join(name));
            argument
        };
        let mut options = vec![
            path("--datadir=", "data"),
            path("--socket=", "socket"),
            path("--pid-file=", "pid"),
            format!("--port={port}").into(),
        ];
        options.extend(
            [
                "--bind-address=127.0.0.1",
                "--skip-name-resolve",
                "--max-connections=200",
                "--character-set-server=utf8mb4",
                "--default-time-zone=+00:00",
                "--innodb-flush-log-at-trx-commit=2",
                "--innodb-buffer-pool-size=32M",
                "--innodb-log-file-size=16M",
            ]
            .map(OsString::from),
        );
        options
    }
}

impl Engine for MariaDb {
    fn name(&self) -> &'static str {
        "mariadb"
    }

    fn account_name(&self) -> &'static str {
        "mysql"
    }

    fn launch(&self, directory: &Path, port: u16) -> Launch {
        // Executed by the server before it takes connections.
        fs::write(directory.join("accounts"), ACCOUNTS).expect("write a file for the server");
        let mut accounts = OsString::from("--init-file=");
        accounts.push(directory.join("accounts"));
        let mut server: Vec<OsString> = vec!["mariadbd".into(), "--no-defaults".into(), accounts];
        server.extend(self.options(directory, port));
        Launch {
            programs: self.programs.clone(),
            setup: SETUP.to_owned(),
            server,
            // One process; a shutdown that it takes part in would flush and write for nobody.
            stop_signal: "KILL",
        }
    }

    fn is_ready(&self, directory: &Path) -> bool {
        // The socket is open before the server takes statements. Then it speaks first.
        let greeting = UnixStream::connect(directory.join("socket")).and_then(|mut socket| {
            socket.set_read_timeout(Some(Duration::from_millis(200)))?;
            socket.read_exact(&mut [0])
        });
        greeting.is_ok()
    }

    fn command(&self, directory: &Path, _port: u16, sql: &str) -> Command {
        let mut command = hermetic_command("mariadb", &self.programs, directory);
        command.args([
            "--no-defaults",
            "--user=wharf",
            "--socket=socket",
            "--execute",
            sql,
        ]);
        // A password among the arguments makes the client warn.
        command.env("MYSQL_PWD", "wharf");
        command
    }

    fn shutdown_signal(&self) -> &'static str {
        "TERM"
    }

    fn url(&self, address: SocketAddr, database: &str) -> String {
        format!("mysql://wharf:wharf@{address}/{database}")
    }

    fn socket_url(&self, directory: &Path, port: u16, database: &str) -> String {
        format!(
            "mysql://wharf:wharf@localhost:{port}/{database}?socket={}",
            directory.join("socket").display()
        )
    }
}
