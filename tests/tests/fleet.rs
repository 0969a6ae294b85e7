//! The main example, on every engine: it must end with its proof that the money is all there.

use std::process::Command;

use wharf_tests::server::Server;

fn fleet(url: Option<String>) {
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args([
            "run",
            "-q",
            "-p",
            "wharf-examples",
            "--example",
            "fleet",
            "--",
            "--seconds",
            "2",
            "--agents",
            "20",
            "--accounts",
            "2000",
        ]);
    if let Some(url) = &url {
        command.args(["--url", url]);
    }
    let output = command.output().expect("cargo runs");
    let printed = String::from_utf8_lossy(&output.stdout);
    let problems = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "on {url:?}:\n{printed}\n{problems}"
    );
    assert!(
        printed.contains("proof"),
        "on {url:?} there is no proof:\n{printed}"
    );
}

#[test]
fn the_money_is_all_there_on_sqlite() {
    fleet(None);
}

#[test]
fn the_money_is_all_there_on_postgres() {
    fleet(Some(Server::postgres().database()));
}

#[test]
fn the_money_is_all_there_on_mariadb() {
    fleet(Some(Server::mariadb().database()));
}
