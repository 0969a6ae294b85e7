use expect_test::{Expect, expect};

use super::*;

fn primary(url: &str) -> NodeConfig {
    NodeConfig::new(url).declared(DeclaredRole::Primary)
}

fn replica(url: &str) -> NodeConfig {
    NodeConfig::new(url).declared(DeclaredRole::Replica)
}

fn check(nodes: &[NodeConfig], expected: Expect) {
    expected.assert_eq(&node_problems(nodes).join("\n"));
}

#[test]
fn what_is_right_has_no_problems() {
    for nodes in [
        vec![primary("postgres://a/bank")],
        vec![NodeConfig::new("mysql://a/bank")],
        vec![NodeConfig::new("sqlite::memory:")],
        vec![primary("postgres://a/bank"), replica("postgres://b/bank")],
        vec![
            NodeConfig::new("mysql://a/bank"),
            replica("mariadb://b/bank"),
        ],
        vec![primary("sqlite:a.db"), replica("sqlite:b.db")],
    ] {
        assert_eq!(node_problems(&nodes), Vec::<String>::new(), "{nodes:?}");
    }
}

#[test]
fn somebody_must_take_the_writes() {
    check(&[], expect!["there is no node"]);
    check(
        &[replica("postgres://a/bank"), replica("postgres://b/bank")],
        expect!["there are only replicas, and one node must take the writes"],
    );
    check(
        &[primary("postgres://a/bank"), primary("postgres://b/bank")],
        expect!["2 primaries are given, and 1 is allowed"],
    );
    check(
        &[primary("postgres://a/bank").read_only()],
        expect!["all nodes are read-only, and one must take the writes"],
    );
    check(
        &[NodeConfig::new("sqlite:a.db"), replica("sqlite:b.db")],
        expect!["one of the files must be the primary: files can't be asked"],
    );
}

#[test]
fn a_node_is_recognized_by_where_its_url_leads() {
    let same = [
        "postgres://app:secret@db1/bank",
        "postgresql://other@DB1:5432/bank?sslmode=disable",
        "postgres:///?host=db1&dbname=bank",
    ];
    for url in same {
        check(
            &[primary("postgres://db1/bank"), replica(url)],
            expect!["node db1:5432/bank is given twice (db1:5432/bank)"],
        );
    }
    check(
        &[
            primary("sqlite:bank.db"),
            replica("sqlite://./bank.db?mode=ro"),
        ],
        expect!["node bank.db is given twice (bank.db)"],
    );
    for url in [
        "postgres://db1:5433/bank",
        "postgres://db1/shop",
        "postgres://[::1]/bank",
    ] {
        assert_eq!(
            node_problems(&[primary("postgres://db1/bank"), replica(url)]),
            Vec::<String>::new()
        );
    }
}

#[test]
fn everything_is_said_at_once() {
    check(
        &[
            replica("postgres://app:secret@a/bank").weight(0),
            replica("mysql://b/bank").name("b").tag(""),
            replica("sqlite::memory:")
                .name("b")
                .pool(PoolConfig::new().max_connections(0).initial_connections(0)),
        ],
        expect![[r#"
            there are only replicas, and one node must take the writes
            node b is on mysql, and the first node on postgres: all must be on one engine
            node b is a database in memory, which nobody else can share
            node b is on sqlite, and the first node on postgres: all must be on one engine
            two nodes are named b
            weight of node a:5432/bank is 0, and 1 to 1000 is allowed
            a tag of node b is empty
            pool of node b: max_connections is 0, and 1 to 10000 is allowed"#]],
    );
}

#[test]
fn absurd_times_are_named_with_what_is_allowed() {
    assert_eq!(HealthConfig::new().problems(), Vec::<String>::new());
    assert_eq!(HealthConfig::sharp().problems(), Vec::<String>::new());
    let health = HealthConfig::new()
        .probe_interval(Duration::ZERO)
        .probe_timeout(Duration::from_millis(1))
        .suspect_interval(Duration::from_secs(7_200))
        .vacancy_interval(Duration::ZERO)
        .misses(0)
        .confirmations(1_000);
    expect![[r#"
        probe_interval is 0ns, and 1ms to 3600s is allowed
        suspect_interval is 7200s, and 1ms to 3600s is allowed
        vacancy_interval is 0ns, and 1ms to 3600s is allowed
        probe_timeout is 1ms, and 10ms to 60s is allowed
        misses is 0, and 1 to 100 is allowed
        confirmations is 1000, and 1 to 100 is allowed"#]]
    .assert_eq(&health.problems().join("\n"));
}

#[test]
fn a_password_is_never_shown() {
    let node = NodeConfig::new("postgres://app:secret@db1/bank");
    assert_eq!(node.shown_name(), "db1:5432/bank");
    assert!(!format!("{node:?}").contains("secret"));
}
