//! Signals to a server's process and to those it has started.

use std::fs;
use std::process::Command;

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
fn send(signal: &str, processes: &[u32]) {
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
