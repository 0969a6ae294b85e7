//! What the numbers were measured on: processor and versions.

use std::{fs, thread};

/// The versions that this program was built with.
const LOCK_FILE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));

/// "2 cores, Intel(R) Xeon(R) Processor @ 2.50GHz"
pub(crate) fn processor() -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let description = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = description
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    format!("{cores} cores, {model}")
}

/// "sqlx 0.9.0"
pub(crate) fn library(name: &str) -> String {
    let package = format!("name = \"{name}\"\nversion = \"");
    let version = LOCK_FILE
        .split_once(&package)
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("of unknown version", |(version, _)| version);
    format!("{name} {version}")
}
