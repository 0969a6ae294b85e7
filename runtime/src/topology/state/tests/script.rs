//! A script is one event a line, `<ms> <node> <event> [args]`, and its trace says what came of each.
//!
//! `add [primary|replica] [read-only]`, `remove`, `drain`, `resume`. `writes 1 0/100`, `reads 1 0/100`: a probe finds a
//! primary or a replica of PostgreSQL on a timeline, `-` for one that isn't known; `switch=1@0/100` is the history,
//! `began=0/100` what is known without it, `cluster=8` another cluster, `alone` a replica that is connected to nobody.
//! `writes 0-1-100 of=0-1-100`, `reads ..`: the same on MariaDB. `silent`, `lost`, `refused`, `full`, `starting`,
//! `closing`: a probe fails. `hurt`, `readonly`, `crowded`: a call failed there. The trace begins after the last
//! line with `--`.
#![expect(
    clippy::disallowed_methods,
    reason = "a test has no caller who says what time it is"
)]

use std::fmt::Write as _;

use expect_test::Expect;

use super::super::*;
use crate::driver::{GtidSet, GtidState, History, Position, Switch, parse_lsn};
use crate::topology::config::DeclaredRole;

pub(super) struct Scripted {
    pub(super) topology: Topology,
    pub(super) base: Instant,
    names: Vec<(String, NodeId)>,
}

/// Runs a script over PostgreSQL, and compares its trace.
pub(super) fn postgres(script: &str, expected: Expect) -> Scripted {
    check(Dialect::Postgres, script, expected)
}

/// Runs a script over MariaDB, and compares its trace.
pub(super) fn mariadb(script: &str, expected: Expect) -> Scripted {
    check(Dialect::MySql, script, expected)
}

/// Runs a script over PostgreSQL.
pub(super) fn quiet(script: &str) -> Scripted {
    run(Dialect::Postgres, script).0
}

fn check(dialect: Dialect, script: &str, expected: Expect) -> Scripted {
    let (scripted, trace) = run(dialect, script);
    expected.assert_eq(&trace);
    scripted
}

fn run(dialect: Dialect, script: &str) -> (Scripted, String) {
    let base = Instant::now();
    let mut scripted = Scripted {
        topology: Topology::new(base, dialect, HealthConfig::new()),
        base,
        names: Vec::new(),
    };
    let mut trace = String::new();
    for line in script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        if line == "--" {
            trace.clear();
            continue;
        }
        let said = scripted.line(line);
        writeln!(trace, "{}", format!("{line:<38} {said}").trim_end()).unwrap();
    }
    (scripted, trace)
}

impl Scripted {
    fn line(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let now = self.base + Duration::from_millis(words[0].parse().unwrap());
        let (node, event, args) = (words[1], words[2], &words[3..]);
        let steps = if event == "add" {
            let mut config = NodeConfig::new("").name(node);
            for arg in args {
                config = match *arg {
                    "primary" => config.declared(DeclaredRole::Primary),
                    "replica" => config.declared(DeclaredRole::Replica),
                    "read-only" => config.read_only(),
                    other => panic!("{other}"),
                };
            }
            let (id, steps) = self.topology.add(now, &config);
            self.names.push((node.to_owned(), id));
            steps
        } else {
            self.event(now, self.id(node), event, args)
        };
        self.said(&steps)
    }

    fn event(&mut self, now: Instant, id: NodeId, event: &str, args: &[&str]) -> Vec<Step> {
        let topology = &mut self.topology;
        let failure = match event {
            "remove" => return topology.remove(now, id),
            "drain" => return topology.drain(now, id),
            "resume" => return topology.resume(now, id),
            "writes" | "reads" => {
                let report = report(now, id, event == "writes", args);
                return topology.probed(now, id, report);
            }
            "hurt" => return topology.worker_failed(now, id, WorkerFailure::Lost),
            "readonly" => return topology.worker_failed(now, id, WorkerFailure::WrongRole),
            "crowded" => return topology.worker_failed(now, id, WorkerFailure::Full),
            "silent" => ProbeFailure::Silent,
            "lost" => ProbeFailure::Lost,
            "refused" => ProbeFailure::Refused("refused".into()),
            "full" => ProbeFailure::Full,
            "starting" => ProbeFailure::StartingUp,
            "closing" => ProbeFailure::ShuttingDown,
            other => panic!("{other}"),
        };
        topology.probe_failed(now, id, &failure)
    }

    pub(super) fn id(&self, name: &str) -> NodeId {
        let mut names = self.names.iter().rev();
        names.find(|(own, _)| own == name).unwrap().1
    }

    fn name(&self, id: NodeId) -> &str {
        &self.names.iter().find(|(_, own)| *own == id).unwrap().0
    }

    fn said(&self, steps: &[Step]) -> String {
        let step = |step: &Step| match step {
            Step::Publish => self.view(),
            Step::ProbeSoon { id } => format!("probe {}", self.name(*id)),
            Step::Sever { id, why } => format!("cut {} ({why})", self.name(*id)),
        };
        steps.iter().map(step).collect::<Vec<_>>().join("; ")
    }

    fn view(&self) -> String {
        let view = self.topology.view();
        let mut said = format!("#{}", view.epoch);
        if let Some(timeline) = view.timeline {
            write!(said, " tl {timeline}").unwrap();
        }
        if let Some(why) = view.why_no_primary() {
            write!(said, " ({why})").unwrap();
        }
        for node in &view.nodes {
            let role = match node.role {
                crate::topology::Role::Primary => "*",
                crate::topology::Role::Replica => "",
                crate::topology::Role::Unknown => "?",
            };
            write!(said, " {}{role}={}", node.name, node.state.name()).unwrap();
        }
        said
    }

    /// How far reads on a node see.
    pub(super) fn mark(&self, name: &str) -> String {
        let node = self.topology.view().node(self.id(name)).unwrap();
        node.position
            .get()
            .map_or_else(|| "-".to_owned(), |position| position.to_string())
    }

    /// When a node is to be asked next.
    pub(super) fn due_ms(&self, name: &str) -> u128 {
        let at = self.topology.next_probe_at(self.id(name)).unwrap();
        (at - self.base).as_millis()
    }

    /// How old a node's data is at that moment.
    pub(super) fn lag_ms(&self, name: &str, ms: u64) -> Option<u128> {
        let node = self.topology.view().node(self.id(name)).unwrap();
        let lag = node.lag(self.base + Duration::from_millis(ms))?;
        Some(lag.as_millis())
    }
}

fn report(now: Instant, id: NodeId, is_writable: bool, args: &[&str]) -> Report {
    let mut report = Report {
        asked_at: now,
        cluster: None,
        server: None,
        is_writable,
        timeline: None,
        position: None,
        history: History::Unknown,
        receives: !is_writable,
        is_synchronous: false,
    };
    for arg in args {
        let (key, value) = arg.split_once('=').unwrap_or(("", arg));
        match (key, value) {
            ("cluster", cluster) => report.cluster = cluster.parse().ok(),
            ("began", lsn) => report.history = History::Began(parse_lsn(lsn).unwrap()),
            ("switch", list) => {
                let switch = |text: &str| {
                    let (timeline, lsn) = text.split_once('@').unwrap();
                    Switch {
                        timeline: timeline.parse().unwrap(),
                        lsn: parse_lsn(lsn).unwrap(),
                    }
                };
                report.history = History::Switches(list.split(',').map(switch).collect());
            }
            ("of", state) => report.history = History::Gtids(GtidState::parse(state).unwrap()),
            ("", "-") => {}
            ("", "alone") => report.receives = false,
            ("", "synchronous") => report.is_synchronous = true,
            ("", lsn) if lsn.contains('/') => report.position = parse_lsn(lsn).map(Position::Lsn),
            ("", set) if set.contains('-') => {
                report.position = GtidSet::parse(set).map(Position::Gtid);
                report.server = Some(id.0);
            }
            ("", timeline) => report.timeline = Some(timeline.parse().unwrap()),
            (key, _) => panic!("{key}"),
        }
    }
    report
}
