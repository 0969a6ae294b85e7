use expect_test::expect;

use super::script::{postgres, quiet};

const PAIR: &str = "
    0 p1 add primary
    0 p2 add replica
    1 p2 reads 1 0/100
    1 p1 writes 1 0/100
    2 p1 writes 1 0/100
    --
";

#[test]
fn lag_is_the_age_of_the_last_sample_that_a_replica_has_reached() {
    let pair = quiet(&format!(
        "{PAIR}
         250 p1 writes 1 0/200
         260 p2 reads 1 0/200
         500 p1 writes 1 0/300
         510 p2 reads 1 0/280"
    ));
    assert_eq!(pair.mark("p2"), "0/280");
    assert_eq!(
        pair.lag_ms("p2", 510),
        Some(260),
        "it had all that the primary had at 250"
    );
    assert_eq!(pair.lag_ms("p1", 510), Some(10));
    let view = pair.topology.view();
    let lag = |name| view.lag_bytes(view.node(pair.id(name)).unwrap());
    assert_eq!((lag("p1"), lag("p2")), (Some(0), Some(0x80)));
}

#[test]
fn a_replica_that_reconnects_keeps_its_mark() {
    let pair = postgres(
        &format!(
            "{PAIR}
             50 p2 reads 1 0/180
             60 p2 reads - 0/180 alone
             70 p2 lost
             71 p2 refused
             80 p2 reads - 0/180 alone
             81 p2 reads - 0/180 alone
             90 p2 reads 1 0/200"
        ),
        expect![[r#"
            50 p2 reads 1 0/180
            60 p2 reads - 0/180 alone
            70 p2 lost                             #1 tl 1 p1*=up p2=suspect
            71 p2 refused                          #1 tl 1 p1*=up p2=down; cut p2 (the node is down: refused)
            80 p2 reads - 0/180 alone              #1 tl 1 p1*=up p2=probation
            81 p2 reads - 0/180 alone              #1 tl 1 p1*=up p2=up
            90 p2 reads 1 0/200
        "#]],
    );
    assert_eq!(pair.mark("p2"), "0/200");
}

#[test]
fn a_replica_that_was_made_anew_gets_a_new_mark() {
    let pair = quiet(&format!("{PAIR} 50 p2 reads 1 0/180\n"));
    let before = pair
        .topology
        .view()
        .node(pair.id("p2"))
        .unwrap()
        .position
        .clone();
    let pair = quiet(&format!(
        "{PAIR}
         50 p2 reads 1 0/180
         60 p2 refused
         70 p2 reads 1 0/150"
    ));
    assert_eq!(pair.mark("p2"), "0/150");
    assert_eq!(before.get().unwrap().to_string(), "0/180");
}

#[test]
fn a_mark_ends_where_its_timeline_ended() {
    let failed_over = |replica: &str| {
        quiet(&format!(
            "0 p1 add primary
             0 p2 add replica
             0 p3 add replica
             1 p1 writes 1 0/100
             1 p2 reads 1 0/100
             1 p3 reads 1 0/180
             2 p1 writes 1 0/180
             100 p1 refused
             110 p2 writes 2 0/160 switch=1@0/150
             111 p2 writes 2 0/160 switch=1@0/150
             120 p3 {replica}"
        ))
    };
    for (replica, mark, state) in [
        ("reads 1 0/140", "0/140", "up"),
        ("reads 1 0/150", "0/150", "up"),
        ("reads 1 0/180", "-", "stale"),
        ("reads 2 0/180", "0/180", "up"),
        ("reads - 0/140", "-", "up"),
    ] {
        let trio = failed_over(replica);
        let node = trio.topology.view().node(trio.id("p3")).unwrap().state;
        assert_eq!(
            (trio.mark("p3").as_str(), node.name()),
            (mark, state),
            "{replica}"
        );
    }
}

#[test]
fn a_login_that_may_not_know_the_timeline_is_believed_until_a_failover() {
    let pair = quiet(&format!("{PAIR} 50 p2 reads - 0/180\n"));
    assert_eq!(pair.mark("p2"), "0/180");
    let pair = quiet(&format!("{PAIR} 50 p2 reads - 0/180 alone\n"));
    assert_eq!(pair.mark("p2"), "0/100");
}

#[test]
fn without_the_history_the_end_is_where_the_promotion_was() {
    let pair = quiet(&format!(
        "{PAIR}
         100 p1 refused
         110 p2 writes 2 0/160 began=0/150
         111 p2 writes 2 0/160 began=0/150"
    ));
    let lineage = &pair.topology.view().lineage;
    assert_eq!(lineage.end_of(1), Some(0x150));
}
