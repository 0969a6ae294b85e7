//! The children of these tests are this same binary: they start a server, say where, and wait to be killed.

use std::io::{BufRead, BufReader};
use std::process::ChildStdout;

use super::*;
use crate::server::Server;

#[test]
fn nothing_is_left_after_kill_9_while_postgres_works() {
    let Held {
        mut child,
        directory,
        ..
    } = Held::start("hold_postgres");
    let postmaster = first_number(&directory.join("data/postmaster.pid"));
    child.kill().expect("kill the child");
    child.wait().expect("wait for the child");
    assert_gone(&directory, Some(postmaster));
}

#[test]
fn nothing_is_left_after_kill_9_while_mariadb_works() {
    let Held {
        mut child,
        directory,
        ..
    } = Held::start("hold_mariadb");
    let server = first_number(&directory.join("pid"));
    child.kill().expect("kill the child");
    child.wait().expect("wait for the child");
    assert_gone(&directory, Some(server));
}

#[test]
fn nothing_is_left_after_kill_9_while_the_server_is_frozen() {
    let Held {
        mut child,
        directory,
        ..
    } = Held::start("hold_postgres");
    let postmaster = first_number(&directory.join("data/postmaster.pid"));
    let stop = format!("kill -s STOP {postmaster}");
    let stopped = Command::new("sh").args(["-c", &stop]).status();
    assert!(stopped.expect("run kill").success());
    child.kill().expect("kill the child");
    child.wait().expect("wait for the child");
    assert_gone(&directory, Some(postmaster));
}

#[test]
fn nothing_is_left_after_kill_9_during_the_setup() {
    // The directory's name comes from the child's number, so it is known before the server says anything.
    for (hold, kind) in [("hold_postgres", "postgres"), ("hold_mariadb", "mariadb")] {
        let mut child = Held::spawn(hold);
        let name = format!("wharf-{kind}-{}-0", child.id());
        let places = [PathBuf::from("/dev/shm"), std::env::temp_dir()];
        let mut directory = None;
        wait_until("the child has begun", || {
            directory = places
                .iter()
                .map(|place| place.join(&name))
                .find(|path| path.join("data").exists());
            directory.is_some()
        });
        child.kill().expect("kill the child");
        child.wait().expect("wait for the child");
        assert_gone(&directory.expect("found above"), None);
    }
}

#[test]
fn nothing_is_left_after_a_normal_end() {
    let Held {
        mut child,
        mut output,
        directory,
    } = Held::start("hold_postgres");
    drop(child.stdin.take());
    output
        .read_to_end(&mut Vec::new())
        .expect("read from the child");
    assert!(child.wait().expect("wait for the child").success());
    assert_gone(&directory, None);
}

#[test]
#[ignore = "is a child of other tests"]
fn hold_postgres() {
    hold(Server::postgres(), "select pg_sleep(600)");
}

#[test]
#[ignore = "is a child of other tests"]
fn hold_mariadb() {
    hold(Server::mariadb(), "select sleep(600)");
}

fn hold(server: &Server, sleep: &str) {
    // With a statement under way, since a busy backend doesn't notice by itself that the server is gone.
    let mut command = server.command(sleep);
    let mut client = command
        .stderr(Stdio::null())
        .spawn()
        .expect("run the client");
    println!("\ndirectory {}", server.directory().display());
    std::io::stdin()
        .read_to_end(&mut Vec::new())
        .expect("wait for the parent");
    client.kill().expect("end the client");
    client.wait().expect("wait for the client");
}

struct Held {
    child: Child,
    output: BufReader<ChildStdout>,
    directory: PathBuf,
}

impl Held {
    fn spawn(hold: &str) -> Child {
        let program = std::env::current_exe().expect("the path of this program");
        let mut command = Command::new(program);
        command.args([
            "--ignored",
            "--nocapture",
            "--exact",
            &format!("supervisor::tests::{hold}"),
        ]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.spawn().expect("run this program again")
    }

    #[expect(
        clippy::zombie_processes,
        reason = "who takes it apart waits for the child"
    )]
    fn start(hold: &str) -> Held {
        let mut child = Held::spawn(hold);
        let mut output = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(
                output.read_line(&mut line).expect("read from the child"),
                0,
                "the child ended"
            );
            if let Some(directory) = line.trim().strip_prefix("directory ") {
                return Held {
                    child,
                    output,
                    directory: PathBuf::from(directory),
                };
            }
        }
    }
}

fn first_number(path: &Path) -> u32 {
    let text = fs::read_to_string(path).expect("read the number of a process");
    text.lines()
        .next()
        .and_then(|line| line.trim().parse().ok())
        .expect("the number of a process")
}

fn assert_gone(directory: &Path, server: Option<u32>) {
    wait_until("the directory is gone", || !directory.exists());
    if let Some(server) = server {
        assert!(
            !PathBuf::from(format!("/proc/{server}")).exists(),
            "process {server} is still there"
        );
    }
    // Every process of the server has worked in the directory, also those in sessions of their own.
    wait_until("no process works there", || {
        working_in(directory).is_empty()
    });
}

fn working_in(directory: &Path) -> Vec<PathBuf> {
    let processes = fs::read_dir("/proc").expect("list the processes").flatten();
    let links = processes.filter_map(|process| fs::read_link(process.path().join("cwd")).ok());
    links.filter(|cwd| cwd.starts_with(directory)).collect()
}

fn wait_until(what: &str, mut is_true: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_true() {
        assert!(Instant::now() < deadline, "not within 20 s: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
