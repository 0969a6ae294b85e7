//! Signals to a server's process and to those it has started, and programs that must end in time.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Sends a signal to a process and its children, with none started in between.
///
/// The backends of PostgreSQL are sessions of their own, so that no process group has them all.
pub(crate) fn signal_family(parent: u32, signal: &str) {
    // A stopped parent starts no more children.
    send("STOP", &[parent]);
    let mut family = children_of(parent);
    family.push(parent);
    send(signal, &family);
    if signal != "STOP" {
        send("CONT", &family);
    }
}

/// Sends a signal; who is gone already doesn't need it.
pub(crate) fn send(signal: &str, processes: &[u32]) {
    let numbers: Vec<String> = processes.iter().map(u32::to_string).collect();
    let script = format!("kill -s {signal} {}", numbers.join(" "));
    let mut command = Command::new("sh");
    command.args(["-c", &script]);
    command.output().expect("run kill");
}

fn children_of(parent: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("list the processes").flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers
        .filter(|number| parent_of(*number) == Some(parent))
        .collect()
}

fn parent_of(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // "17 (a name (with anything)) S 1 ..": the state and the parent follow the last parenthesis.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

/// Those who work in a directory: a server in that of its data, and what it has started and left behind.
pub(crate) fn processes_in(directory: &Path) -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("list the processes").flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    // Of a process that has ended and waits to be noticed the link is gone, too.
    let works_there = |number: &u32| {
        fs::read_link(format!("/proc/{number}/cwd")).is_ok_and(|place| place == directory)
    };
    numbers.filter(works_there).collect()
}

/// Runs a program to its end.
///
/// # Errors
/// `TimedOut` when it has not ended by itself within `limit`; it is killed then.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> io::Result<Output> {
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn()?;
    let process = child.id();
    let (tell, ended) = mpsc::channel();
    // Nobody listens when the limit has passed.
    thread::spawn(move || tell.send(child.wait_with_output()).is_ok());
    ended.recv_timeout(limit).unwrap_or_else(|_| {
        send("KILL", &[process]);
        Err(io::Error::from(io::ErrorKind::TimedOut))
    })
}
