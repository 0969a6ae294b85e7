#![expect(
    clippy::disallowed_methods,
    reason = "a test has no caller who says what time it is"
)]

use super::*;

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_primary_of_postgres() {
    let now = Instant::now();
    let row = (
        true,
        text("0/C47CB0"),
        Some(2),
        false,
        text("0/C47C80"),
        true,
    );
    let report = postgres(now, Some(7), row).unwrap();
    assert_eq!(
        report,
        Report {
            asked_at: now,
            cluster: Some(7),
            server: None,
            is_writable: true,
            timeline: Some(2),
            position: Some(Position::Lsn(0xC4_7CB0)),
            history: History::Began(0xC4_7C80),
            receives: false,
            is_synchronous: true,
        }
    );
}

#[test]
fn a_replica_of_postgres_that_is_connected_to_nobody() {
    let row = (false, text("0/C31C60"), None, false, None, false);
    let report = postgres(Instant::now(), None, row).unwrap();
    assert!(!report.is_writable && !report.receives);
    assert_eq!(report.timeline, None);
    assert_eq!(report.history, History::Unknown);
}

#[test]
fn an_answer_that_cant_be_read_is_an_error() {
    for row in [
        (true, text("nonsense"), Some(1), false, None, false),
        (true, None, Some(-1), false, None, false),
        (true, None, None, false, text("0/"), false),
    ] {
        let error = postgres(Instant::now(), None, row.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{row:?}");
    }
}

fn mariadb_row(server: &str, read_only: &str, texts: [&str; 3]) -> MariaDbRow {
    let [written, replicated, state] = texts.map(str::to_owned);
    (
        server.to_owned(),
        read_only.to_owned(),
        written,
        replicated,
        state,
        "0".to_owned(),
    )
}

fn position(row: MariaDbRow) -> String {
    let report = mariadb(Instant::now(), row).unwrap();
    report.position.unwrap().to_string()
}

#[test]
fn a_primary_of_mariadb_shows_what_it_wrote_and_what_it_replicated() {
    let row = mariadb_row("2", "OFF", ["0-2-110", "0-1-100,1-1-5", "0-1-100,0-2-110"]);
    let report = mariadb(Instant::now(), row.clone()).unwrap();
    assert!(report.is_writable && report.server == Some(2));
    let state = GtidState::parse("0-1-100,0-2-110").unwrap();
    assert_eq!(report.history, History::Gtids(state));
    assert_eq!(position(row.clone()), "0-2-110,1-1-5");

    assert!(!report.is_synchronous);
    let mut waits = row;
    waits.5 = "1".to_owned();
    assert!(mariadb(Instant::now(), waits).unwrap().is_synchronous);
}

#[test]
fn a_replica_of_mariadb_shows_what_can_be_read_there() {
    let own_log_is_ahead = mariadb_row("2", "1", ["0-1-101", "0-1-100", "0-1-101"]);
    assert_eq!(position(own_log_is_ahead), "0-1-100");
    let former_primary = mariadb_row("2", "ON", ["0-2-110", "0-1-100", "0-1-100,0-2-110"]);
    assert_eq!(position(former_primary), "0-2-110");
}

#[test]
fn an_empty_mariadb_has_a_position() {
    assert_eq!(position(mariadb_row("1", "0", ["", "", ""])), "");
    let row = mariadb_row("1", "0", ["0-1", "", ""]);
    assert_eq!(
        mariadb(Instant::now(), row).unwrap_err().kind(),
        ErrorKind::Decode
    );
}

#[test]
fn the_history_of_a_timeline() {
    let text = "1\t0/3000148\tno recovery target specified\n\n# a comment\n3\t16/B374D848\tbefore 2026-01-01\n";
    let switch = |timeline, lsn| Switch { timeline, lsn };
    assert_eq!(
        switches(text).unwrap(),
        [switch(1, 0x300_0148), switch(3, 0x16_B374_D848)]
    );
    assert_eq!(switches(""), Some(Vec::new()));
    for text in ["1", "x\t0/1", "1\t01"] {
        assert_eq!(switches(text), None, "{text}");
    }
}
