//! How to run PostgreSQL: where its programs are, how a fast throw-away cluster is made, and when it is ready.
//!
//! `fsync=off` loses nothing when a process is killed, because the page cache survives it; it is no test of a power
//! failure.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::server::Engine;
use crate::supervisor::{Launch, hermetic_command, process_in};

const OLDEST_MAJOR: u32 = 14;

const MISSING: &str = "PostgreSQL 14 or later is not installed; on Debian and Ubuntu: apt-get install postgresql postgresql-client";

/// Everybody is let in as whom they say they are, but `locked` has to know the password.
const ACCESS: &str = "\
local all locked              scram-sha-256
host  all locked 127.0.0.1/32 scram-sha-256
local all all                 trust
host  all all    127.0.0.1/32 trust
host  replication all 127.0.0.1/32 trust
";

// Shared memory is in files of the data directory: what lies in /dev/shm or with the kernel would outlive the server.
const SETTINGS: &str = "\
listen_addresses = '127.0.0.1'
max_connections = 200
fsync = off
shared_buffers = 32MB
dynamic_shared_memory_type = mmap
min_wal_size = 4MB
max_wal_size = 256MB
autovacuum_naptime = 60
deadlock_timeout = 20ms
timezone = 'UTC'
log_line_prefix = '%m [%p] '
";

// The role is made in single-user mode: no client has to be started for it, and the server is complete when it is ready.
const SETUP: &str = "\
initdb -D data -U postgres -A trust -E UTF8 --no-locale --no-sync --wal-segsize=1 >/dev/null || exit
cat settings >>data/postgresql.conf && cat access >data/pg_hba.conf || exit
echo \"create role locked login password 'secret'\" | postgres --single -D data postgres >/dev/null
";

/// The programs of one installed version.
#[derive(Debug)]
pub(crate) struct Postgres {
    programs: PathBuf,
}

impl Postgres {
    /// The newest version that is installed the way Debian does it, else the one on `PATH`.
    ///
    /// # Panics
    /// When there is none, saying how to install it.
    pub(crate) fn find() -> Postgres {
        let programs = find_debian().or_else(find_on_path).expect(MISSING);
        Postgres { programs }
    }

    /// Where the programs are.
    pub(crate) fn programs(&self) -> &Path {
        &self.programs
    }
}

impl Engine for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn account_name(&self) -> &'static str {
        "postgres"
    }

    fn launch(&self, directory: &Path, port: u16) -> Launch {
        let write = |name, text: &str| {
            fs::write(directory.join(name), text).expect("write a file for the server")
        };
        write("access", ACCESS);
        write(
            "settings",
            &format!(
                "{SETTINGS}port = {port}\nunix_socket_directories = '{}'\n",
                directory.display()
            ),
        );
        Launch {
            programs: self.programs.clone(),
            setup: SETUP.to_owned(),
            server: ["postgres", "-D", "data"].map(Into::into).to_vec(),
            // An "immediate shutdown": the backends are sessions of their own, and only the server knows them all.
            stop_signal: "QUIT",
        }
    }

    fn is_ready(&self, directory: &Path) -> bool {
        // The port is open before the server takes statements. This line is what `pg_ctl start` waits for.
        let state = fs::read_to_string(directory.join("data/postmaster.pid")).unwrap_or_default();
        let mut lines = state.lines().map(str::trim);
        // A server that was killed leaves the file behind.
        let is_its_own = lines.next().and_then(|line| line.parse().ok()) == process_in(directory);
        is_its_own && lines.nth(6) == Some("ready")
    }

    fn command(&self, directory: &Path, port: u16, sql: &str) -> Command {
        let mut command = hermetic_command("psql", &self.programs, directory);
        command.args([
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "postgres",
            "-d",
            "postgres",
        ]);
        command
            .arg("-h")
            .arg(directory)
            .args(["-p", &port.to_string(), "-c", sql]);
        command
    }

    fn shutdown_signal(&self) -> &'static str {
        // A "fast shutdown".
        "INT"
    }

    fn url(&self, address: SocketAddr, database: &str) -> String {
        format!("postgres://postgres@{address}/{database}")
    }

    fn socket_url(&self, directory: &Path, port: u16, database: &str) -> String {
        format!(
            "postgres://postgres@localhost:{port}/{database}?host={}",
            directory.display()
        )
    }
}

fn find_debian() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let majors = versions.filter_map(|entry| {
        Some((
            entry.file_name().to_str()?.parse::<u32>().ok()?,
            entry.path(),
        ))
    });
    let programs = majors.map(|(major, path)| (major, path.join("bin")));
    // The directory of a version with its client programs alone has no `initdb`.
    let complete =
        programs.filter(|(major, bin)| *major >= OLDEST_MAJOR && bin.join("initdb").exists());
    complete.max().map(|(_, bin)| bin)
}

fn find_on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|bin| {
        bin.join("initdb").exists()
            && major_of(&bin.join("postgres")).is_some_and(|major| major >= OLDEST_MAJOR)
    })
}

/// 15 of "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", and 19 of "postgres (PostgreSQL) 19devel".
fn major_of(postgres: &Path) -> Option<u32> {
    let output = Command::new(postgres).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.split_whitespace().nth(2)?;
    version
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}
