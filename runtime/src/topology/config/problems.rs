//! What is wrong with a list of nodes, or with how they are watched: everything at once.
#![deny(clippy::disallowed_methods)]

use std::time::Duration;

use super::address::Address;
use super::{DeclaredRole, HealthConfig, NodeConfig};

const MOST_WEIGHT: u32 = 1_000;
const MOST_PROBES: u32 = 100;
const MILLISECOND: Duration = Duration::from_millis(1);
/// No server answers sooner on a busy machine.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(10);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(60);
const LONGEST_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Everything that is wrong with a list of nodes.
pub(crate) fn node_problems(nodes: &[NodeConfig]) -> Vec<String> {
    let mut problems = Vec::new();
    problems.extend(wrong_roles(nodes));
    let addresses: Vec<Address> = nodes.iter().map(|node| Address::of(&node.url)).collect();
    for (place, address) in addresses.iter().enumerate() {
        let name = nodes[place].shown_name();
        if addresses[..place].contains(address) {
            problems.push(format!("node {name} is given twice ({address})"));
        }
        if address.is_in_memory() && nodes.len() > 1 {
            problems.push(format!(
                "node {name} is a database in memory, which nobody else can share"
            ));
        }
        if let Some(first) = addresses.first()
            && address.engine != first.engine
        {
            problems.push(format!(
                "node {name} is on {}, and the first node on {}: all must be on one engine",
                address.engine, first.engine
            ));
        }
    }
    problems.extend(wrong_names(nodes));
    for node in nodes {
        let name = node.shown_name();
        if !(1..=MOST_WEIGHT).contains(&node.weight) {
            problems.push(format!(
                "weight of node {name} is {}, and 1 to {MOST_WEIGHT} is allowed",
                node.weight
            ));
        }
        if node.tags.iter().any(String::is_empty) {
            problems.push(format!("a tag of node {name} is empty"));
        }
        if let Some(pool) = &node.pool {
            let own = pool.problems().into_iter();
            problems.extend(own.map(|problem| format!("pool of node {name}: {problem}")));
        }
    }
    problems
}

fn wrong_roles(nodes: &[NodeConfig]) -> Option<String> {
    let is_sqlite = |node: &NodeConfig| Address::of(&node.url).engine == "sqlite";
    let primaries = nodes
        .iter()
        .filter(|node| node.declared == DeclaredRole::Primary);
    match primaries.count() {
        1 => {}
        0 if nodes.is_empty() => return Some("there is no node".to_owned()),
        0 if nodes
            .iter()
            .all(|node| node.declared == DeclaredRole::Replica) =>
        {
            return Some("there are only replicas, and one node must take the writes".to_owned());
        }
        0 if nodes.len() > 1 && nodes.iter().any(is_sqlite) => {
            return Some("one of the files must be the primary: files can't be asked".to_owned());
        }
        0 => {}
        count => return Some(format!("{count} primaries are given, and 1 is allowed")),
    }
    nodes
        .iter()
        .all(|node| node.is_read_only)
        .then(|| "all nodes are read-only, and one must take the writes".to_owned())
}

fn wrong_names(nodes: &[NodeConfig]) -> Vec<String> {
    let mut problems = Vec::new();
    for (place, node) in nodes.iter().enumerate() {
        let Some(name) = &node.name else { continue };
        if name.is_empty() {
            problems.push("the name of a node is empty".to_owned());
        } else if nodes[..place]
            .iter()
            .any(|other| other.name.as_ref() == Some(name))
        {
            problems.push(format!("two nodes are named {name}"));
        }
    }
    problems
}

impl HealthConfig {
    /// Everything that is wrong.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut time = |name: &str, value: Duration, least: Duration, most: Duration| {
            if value < least || value > most {
                problems.push(format!(
                    "{name} is {value:?}, and {least:?} to {most:?} is allowed"
                ));
            }
        };
        for (name, interval) in [
            ("probe_interval", self.probe_interval),
            ("suspect_interval", self.suspect_interval),
            ("vacancy_interval", self.vacancy_interval),
            ("replica_interval", self.replica_interval),
        ] {
            time(name, interval, MILLISECOND, LONGEST_INTERVAL);
        }
        for (name, timeout) in [
            ("probe_timeout", self.probe_timeout),
            ("suspect_timeout", self.suspect_timeout),
        ] {
            time(name, timeout, SHORTEST_TIMEOUT, LONGEST_TIMEOUT);
        }
        for (name, count) in [
            ("misses", self.misses),
            ("confirmations", self.confirmations),
        ] {
            if !(1..=MOST_PROBES).contains(&count) {
                problems.push(format!(
                    "{name} is {count}, and 1 to {MOST_PROBES} is allowed"
                ));
            }
        }
        problems
    }
}
