//! Keeps a server running exactly as long as this process, however it ends.
//!
//! A destructor can't promise that: statics are not dropped, and `abort` and `kill -9` run no code at all. What the
//! kernel does in every case is to close the descriptors of a dead process. So the server is the child of a small shell
//! script whose standard input is a pipe, and this process holds the only writing end: when it closes, the script stops
//! the server, waits for it and removes its directory. The descriptor is close-on-exec, so no other child inherits it.
//!
//! Knows nothing about databases: what is run comes from `postgres` and `mariadb`.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::directory::Directory;
use crate::process::{send, signal_family};

const SCRIPT: &str = include_str!("supervisor.sh");

/// A hundred times what it takes on an idle machine.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// There is no event to wait for in a process that isn't ours; this is short against what a start takes.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// What to run, in the directory of the server.
#[derive(Debug)]
pub(crate) struct Launch {
    /// Where the programs are looked for first.
    pub(crate) programs: PathBuf,
    /// Shell text that prepares the directory.
    pub(crate) setup: String,
    pub(crate) server: Vec<OsString>,
    /// The signal that ends the server, and its children, at once and without cleaning up its data.
    pub(crate) stop_signal: &'static str,
}

/// A supervised server. It ends when this is dropped, or with this process.
#[derive(Debug)]
pub(crate) struct Supervisor {
    /// Holds the pipe as well.
    script: Child,
    /// Still readable when the directory is gone.
    log: File,
    directory: PathBuf,
}

impl Supervisor {
    /// Runs `launch` in `directory`, as its account.
    pub(crate) fn start(directory: &Directory, launch: &Launch) -> Supervisor {
        let log_path = directory.path().join("log");
        let log = OpenOptions::new()
            .create_new(true)
            .read(true)
            .append(true)
            .open(log_path)
            .expect("create the log");
        let log_for_script = || {
            log.try_clone()
                .expect("duplicate the descriptor of the log")
        };

        let mut command = hermetic_command("sh", &launch.programs, directory.path());
        command
            .args(["-c", SCRIPT, "supervisor"])
            .arg(directory.path());
        command
            .args([launch.stop_signal, &launch.setup])
            .args(&launch.server);
        command.stdin(Stdio::piped());
        // Not ours: who reads our output would otherwise wait for the server, too.
        command.stdout(log_for_script()).stderr(log_for_script());
        // Else Ctrl-C would end the script together with us, before it has cleaned up.
        command.process_group(0);
        if let Some(account) = directory.account() {
            command.uid(account.uid).gid(account.gid);
        }
        let script = command.spawn().expect("run sh");
        Supervisor {
            script,
            log,
            directory: directory.path().to_owned(),
        }
    }

    /// Returns when `is_ready` says so.
    ///
    /// # Errors
    /// The log, when the server ended instead.
    ///
    /// # Panics
    /// When neither has happened within [`START_TIMEOUT`].
    pub(crate) fn wait_until(&mut self, is_ready: impl Fn() -> bool) -> Result<(), String> {
        let deadline = Instant::now() + START_TIMEOUT;
        while !is_ready() {
            if self
                .script
                .try_wait()
                .expect("ask for the state of a child")
                .is_some()
            {
                return Err(self.log());
            }
            assert!(
                Instant::now() < deadline,
                "the server was not ready within {START_TIMEOUT:?}; its log:\n{}",
                self.log()
            );
            thread::sleep(POLL_INTERVAL);
        }
        Ok(())
    }

    /// What the server has written so far.
    pub(crate) fn log(&self) -> String {
        let mut text = Vec::new();
        // Writing isn't disturbed: the log is open for appending.
        let mut log = &self.log;
        log.seek(SeekFrom::Start(0))
            .and_then(|_| log.read_to_end(&mut text))
            .expect("read the log of the server");
        String::from_utf8_lossy(&text).into_owned()
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Sends a signal to the server and its children.
    ///
    /// # Panics
    /// When it doesn't run.
    pub(crate) fn signal(&self, signal: &str) {
        let process = process_in(&self.directory).expect("the server runs");
        signal_family(process, signal);
    }

    /// Kills the server and its children, and keeps what it has stored.
    ///
    /// # Panics
    /// When it doesn't run.
    pub(crate) fn kill(&self) {
        self.expect_end();
        self.signal("KILL");
        self.wait_for_end();
    }

    /// Ends the server, if it runs, by a signal to it alone: its children end as it tells them, or not at all.
    ///
    /// # Panics
    /// When it doesn't end.
    pub(crate) fn stop(&self, signal: &str) {
        self.expect_end();
        if let Some(process) = process_in(&self.directory) {
            send(signal, &[process]);
        }
        self.wait_for_end();
    }

    /// Whether the server runs, frozen or not.
    pub(crate) fn is_running(&self) -> bool {
        process_in(&self.directory).is_some()
    }

    /// Tells the script that the server will be wanted again, should it end.
    pub(crate) fn expect_end(&self) {
        File::create(self.directory.join("ended")).expect("make a file");
    }

    fn wait_for_end(&self) {
        let deadline = Instant::now() + START_TIMEOUT;
        while self.is_running() {
            assert!(
                Instant::now() < deadline,
                "a server that was to end runs on; its log:\n{}",
                self.log()
            );
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// Has the server started again; see [`Supervisor::wait_until`].
    ///
    /// # Panics
    /// When it wasn't killed.
    pub(crate) fn start_again(&self) {
        let mut pipe = self.script.stdin.as_ref().expect("it was piped");
        pipe.write_all(b"again\n").expect("tell the script");
    }
}

/// The number of the server that runs in a directory.
pub(crate) fn process_in(directory: &Path) -> Option<u32> {
    let text = fs::read_to_string(directory.join("process")).ok()?;
    // Without the end of the line it is still being written.
    text.strip_suffix('\n')?.parse().ok()
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // Closes the pipe first. A failure leaves nothing to do here: the script needs no one to wait for it.
        let _ = self.script.wait();
    }
}

/// A command which the user's environment (`PGHOST`, `MYSQL_HOST`, `LC_ALL`, ..) and start-up files can't change.
pub(crate) fn hermetic_command(program: &str, programs: &Path, directory: &Path) -> Command {
    let usual = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";
    let mut path = OsString::from(programs);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    path.push(":");
    path.push(usual);

    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", path)
        .env("LC_ALL", "C")
        .env("HOME", directory)
        // Not shared: a starting MariaDB removes the temporary tables it finds there, whosever they are.
        .env("TMPDIR", directory)
        .current_dir(directory);
    command
}

#[cfg(test)]
mod tests;
