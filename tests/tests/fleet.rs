//! The main example, on every engine: it must end with its proof that the money is all there.

use std::process::Command;

use wharf_tests::server::Server;

/// Runs the example, and returns what it printed.
fn fleet(url: Option<&str>, options: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(["run", "-q", "-p", "wharf-examples", "--example", "fleet"])
        .args(["--", "--agents", "20", "--accounts", "2000"])
        .args(options);
    if let Some(url) = url {
        command.args(["--url", url]);
    }
    let output = command.output().expect("cargo runs");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let problems = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "on {url:?}:\n{printed}\n{problems}"
    );
    assert!(
        printed.contains("proof"),
        "on {url:?} there is no proof:\n{printed}"
    );
    printed
}

fn calm(url: Option<&str>) {
    fleet(url, &["--seconds", "2"]);
}

/// What a run in chaos printed, after a look at whether there was any.
fn chaos(url: Option<&str>) -> String {
    let printed = fleet(url, &["--seconds", "3", "--chaos"]);
    assert!(
        count(&printed, "futures dropped") > 0,
        "on {url:?} nothing was dropped:\n{printed}"
    );
    assert!(
        printed.contains("ok     0 connections are left in a transaction"),
        "on {url:?} nobody looked for open transactions:\n{printed}"
    );
    printed
}

fn chaos_with_kills(url: &str) {
    let printed = chaos(Some(url));
    assert!(
        count(&printed, "backends killed") > 0,
        "on {url} nothing was killed:\n{printed}"
    );
}

/// The number before a text in the table.
fn count(printed: &str, what: &str) -> u64 {
    let row = printed.lines().find_map(|line| line.strip_suffix(what));
    let row = row.unwrap_or_else(|| panic!("no row of {what}:\n{printed}"));
    let digits = row.replace(',', "");
    digits.trim().parse().expect("a number in the row")
}

#[test]
fn the_money_is_all_there_on_sqlite() {
    calm(None);
}

#[test]
fn the_money_is_all_there_on_postgres() {
    calm(Some(&Server::postgres().database()));
}

#[test]
fn the_money_is_all_there_on_mariadb() {
    calm(Some(&Server::mariadb().database()));
}

#[test]
fn the_money_is_all_there_after_chaos_on_sqlite() {
    chaos(None);
}

#[test]
fn the_money_is_all_there_after_chaos_on_postgres() {
    chaos_with_kills(&Server::postgres().database());
}

#[test]
fn the_money_is_all_there_after_chaos_on_mariadb() {
    chaos_with_kills(&Server::mariadb().database());
}
