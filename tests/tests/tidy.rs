//! The structure that ARCHITECTURE promises: imports point down, sqlx stays behind its seam, pure files stay pure.

use std::fs;
use std::path::{Path, PathBuf};

/// The layers of the runtime, lowest first. A module may import from its own layer and from those below.
const LAYERS: &[&[&str]] = &[
    &[
        "clock",
        "error",
        "mechanism",
        "policy",
        "telemetry",
        "task_group",
    ],
    &["driver"],
    &["entity", "query", "pool", "topology"],
    &["routing", "transaction"],
    &["session"],
    &["unit_of_work"],
    &["database"],
    &["executor"],
    &["repository", "transactional"],
    &["__private", "prelude", "lib"],
];

/// Names at the root of the crate that are re-exports, and where they come from.
const ROOT_NAMES: &[(&str, &str)] = &[
    ("Error", "error"),
    ("ErrorKind", "error"),
    ("Result", "error"),
    ("UnitOfWork", "unit_of_work"),
    ("Cell", "driver"),
];

/// Files that decide and do nothing else: they must say so, and clippy then holds them to it.
const PURE: &[&str] = &[
    "driver/class.rs",
    "driver/position.rs",
    "driver/probe/answers.rs",
    "driver/report.rs",
    "driver/state.rs",
    "driver/statements.rs",
    "driver/text_time.rs",
    "policy/backoff.rs",
    "policy/balance.rs",
    "policy/breaker.rs",
    "policy/breaker/change.rs",
    "policy/breaker/config.rs",
    "policy/breaker/door.rs",
    "policy/breaker/window.rs",
    "policy/budget.rs",
    "policy/codel.rs",
    "policy/elastic.rs",
    "policy/freshness.rs",
    "policy/hedge.rs",
    "policy/histogram.rs",
    "policy/latency.rs",
    "policy/rate.rs",
    "policy/rendezvous.rs",
    "policy/time_limit.rs",
    "policy/usage.rs",
    "pool/age.rs",
    "pool/flow.rs",
    "pool/line.rs",
    "pool/queue.rs",
    "pool/rooms.rs",
    "pool/state.rs",
    "pool/state/asking.rs",
    "pool/state/census.rs",
    "pool/state/ending.rs",
    "pool/state/opening.rs",
    "pool/state/position.rs",
    "pool/state/resizing.rs",
    "pool/state/settle.rs",
    "pool/state/step.rs",
    "pool/tally.rs",
    "query/bulk.rs",
    "query/expr.rs",
    "query/keyset.rs",
    "query/lists.rs",
    "query/writer.rs",
    "routing/choice.rs",
    "routing/choice/candidate.rs",
    "routing/choice/reason.rs",
    "routing/config.rs",
    "session/ledger.rs",
    "session/limits.rs",
    "topology/config/address.rs",
    "topology/config/problems.rs",
    "topology/election.rs",
    "topology/health.rs",
    "topology/samples.rs",
    "topology/state.rs",
    "topology/state/entry.rs",
    "topology/state/marks.rs",
    "topology/state/settle.rs",
    "topology/state/step.rs",
    "topology/timeline.rs",
    "topology/token.rs",
    "topology/view/watermark.rs",
    "transaction/guard.rs",
    "transaction/options.rs",
    "transaction/stack.rs",
    "transactional/key.rs",
];

struct Source {
    path: String,
    /// The lines that are code, without comments.
    code: Vec<String>,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/src");
    let mut paths: Vec<PathBuf> = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(
                fs::read_dir(&path)
                    .expect("a readable folder")
                    .map(|entry| entry.expect("an entry").path()),
            );
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("tests.rs")
        {
            let text = fs::read_to_string(&path).expect("a readable file");
            // What follows `#[cfg(test)]` at the end of a file are its tests.
            let text = text
                .split("\n#[cfg(test)]\nmod tests")
                .next()
                .unwrap_or_default()
                .to_owned();
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .map(str::to_owned)
                .collect();
            let path = path
                .strip_prefix(&root)
                .expect("below the root")
                .to_string_lossy()
                .replace('\\', "/");
            sources.push(Source { path, code });
        }
    }
    assert!(sources.len() > 40, "the sources have moved");
    sources
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

#[test]
fn imports_point_down() {
    let mut wrong = Vec::new();
    for source in sources() {
        let module = source
            .path
            .split('/')
            .next()
            .expect("a name")
            .trim_end_matches(".rs")
            .to_owned();
        // These two only name what others made.
        if module == "lib" || module == "prelude" {
            continue;
        }
        let own =
            layer(&module).unwrap_or_else(|| panic!("`{module}` is in no layer: add it to LAYERS"));
        for line in &source.code {
            for (at, _) in line.match_indices("crate::") {
                let rest = &line[at + "crate::".len()..];
                let name: String = rest
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                let target = ROOT_NAMES
                    .iter()
                    .find(|(root, _)| *root == name)
                    .map_or(name.as_str(), |(_, from)| from);
                match layer(target) {
                    Some(other) if other <= own => {}
                    Some(_) => {
                        wrong.push(format!("{} imports upward: {}", source.path, line.trim()))
                    }
                    // A list at the root, or a name that isn't known here.
                    None => wrong.push(format!(
                        "{}: where is `{name}` from? {}",
                        source.path,
                        line.trim()
                    )),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sqlx_is_named_only_behind_the_seam() {
    let named: Vec<String> = sources()
        .into_iter()
        .filter(|source| {
            !source.path.starts_with("driver")
                && source.path != "__private.rs"
                && source.path != "lib.rs"
        })
        .filter(|source| source.code.iter().any(|line| line.contains("sqlx")))
        .map(|source| source.path)
        .collect();
    assert!(named.is_empty(), "sqlx is named in {named:?}");
}

#[test]
fn pure_files_say_so_and_are() {
    let sources = sources();
    for pure in PURE {
        let source = sources
            .iter()
            .find(|source| source.path == *pure)
            .unwrap_or_else(|| panic!("{pure} is gone"));
        let denies = source
            .code
            .iter()
            .any(|line| line.contains("#![deny(clippy::disallowed_methods)]"));
        assert!(
            denies,
            "{pure} doesn't say `#![deny(clippy::disallowed_methods)]`"
        );
    }
    for source in &sources {
        if !source
            .code
            .iter()
            .any(|line| line.contains("#![deny(clippy::disallowed_methods)]"))
        {
            continue;
        }
        for line in &source.code {
            let impure = ["async ", ".await", "tokio::", "sqlx", "fastrand"]
                .iter()
                .find(|word| line.contains(*word));
            assert!(
                impure.is_none(),
                "{} is pure and says `{}`",
                source.path,
                line.trim()
            );
        }
    }
}

#[test]
fn every_task_is_started_by_the_task_group() {
    for source in sources() {
        if source.path == "task_group.rs" || source.path.contains("/tests/") {
            continue;
        }
        let spawns = source.code.iter().find(|line| line.contains("spawn("));
        assert!(
            spawns.is_none(),
            "{} starts a task of its own: {spawns:?}",
            source.path
        );
    }
}
