use expect_test::expect;

use super::script::mariadb;
use crate::driver::{Dialect, GtidSet, Position};
use crate::topology::{CausalToken, Containment};

const TRIO: &str = "
    0 m1 add primary
    0 m2 add replica
    0 m3 add replica
    1 m1 writes 0-1-100 of=0-1-100
    1 m2 reads 0-1-100 of=0-1-100
    1 m3 reads 0-1-100 of=0-1-100
    2 m1 writes 0-1-100 of=0-1-100
    --
";

fn token(set: &str) -> CausalToken {
    CausalToken {
        engine: Dialect::MySql,
        cluster: None,
        timeline: None,
        position: Some(Position::Gtid(GtidSet::parse(set).unwrap())),
    }
}

#[test]
fn a_lost_tail_is_told_and_a_replica_that_has_it_is_refused() {
    let failed_over = mariadb(
        &format!(
            "{TRIO}
             50 m3 reads 0-1-105 of=0-1-105
             100 m1 refused
             120 m2 writes 0-1-100 of=0-1-100
             121 m2 writes 0-1-100 of=0-1-100
             130 m3 reads 0-1-105 of=0-1-105
             140 m2 writes 0-2-110 of=0-1-100,0-2-110
             900 m1 writes 0-1-105 of=0-1-105
             901 m1 writes 0-1-105 of=0-1-105
             950 m1 reads 0-2-110 of=0-1-100,0-2-110
             951 m1 reads 0-2-110 of=0-1-100,0-2-110"
        ),
        expect![[r#"
            50 m3 reads 0-1-105 of=0-1-105
            100 m1 refused                         #2 (no node takes writes; the last was m1) m1?=down m2=up m3=up; cut m1 (the node is down: refused); probe m1
            120 m2 writes 0-1-100 of=0-1-100       #2 (node m2 is being confirmed) m1?=down m2?=up m3=up
            121 m2 writes 0-1-100 of=0-1-100       #3 m1?=down m2*=up m3=stale; cut m3 (the node has a history that the cluster has left)
            130 m3 reads 0-1-105 of=0-1-105
            140 m2 writes 0-2-110 of=0-1-100,0-2-110
            900 m1 writes 0-1-105 of=0-1-105       #3 m1?=stale m2*=up m3=stale; cut m1 (the node has a history that the cluster has left)
            901 m1 writes 0-1-105 of=0-1-105
            950 m1 reads 0-2-110 of=0-1-100,0-2-110 #3 m1=up m2*=up m3=stale
            951 m1 reads 0-2-110 of=0-1-100,0-2-110
        "#]],
    );
    let lineage = &failed_over.topology.view().lineage;
    assert_eq!(lineage.contains(&token("0-1-100")), Containment::Contained);
    assert_eq!(lineage.contains(&token("0-2-111")), Containment::Contained);
    assert!(matches!(
        lineage.contains(&token("0-1-105")),
        Containment::Lost(_)
    ));
    assert_eq!(failed_over.mark("m1"), "0-2-110");
    assert_eq!(
        failed_over.mark("m3"),
        "-",
        "what it shows isn't the primary's"
    );
}

#[test]
fn a_second_writer_waits_until_the_first_is_gone() {
    mariadb(
        &format!(
            "{TRIO}
             100 m2 writes 0-1-99 of=0-1-99
             101 m2 writes 0-1-101 of=0-1-101
             200 m1 refused
             201 m2 writes 0-1-101 of=0-1-101"
        ),
        expect![[r#"
            100 m2 writes 0-1-99 of=0-1-99         #1 m1*=up m2?=up m3=up
            101 m2 writes 0-1-101 of=0-1-101
            200 m1 refused                         #2 m1?=down m2*=up m3=up; cut m1 (node 2 is the primary now)
            201 m2 writes 0-1-101 of=0-1-101
        "#]],
    );
}

#[test]
fn a_second_writer_that_wrote_more_is_newer_and_one_that_went_another_way_stops_all_writes() {
    mariadb(
        &format!(
            "{TRIO}
             100 m2 writes 0-2-101 of=0-1-100,0-2-101
             101 m2 writes 0-2-102 of=0-1-100,0-2-102
             200 m1 reads 0-2-102 of=0-1-100,0-2-102
             300 m1 writes 0-1-103 of=0-2-102,0-1-103
             301 m2 writes 0-2-104 of=0-1-100,0-2-104"
        ),
        expect![[r#"
            100 m2 writes 0-2-101 of=0-1-100,0-2-101 #2 (node m2 is being confirmed) m1?=up m2?=up m3=up; probe m1
            101 m2 writes 0-2-102 of=0-1-100,0-2-102 #3 m1?=stale m2*=up m3=up; cut m1 (the node has a history that the cluster has left)
            200 m1 reads 0-2-102 of=0-1-100,0-2-102 #3 m1=up m2*=up m3=up
            300 m1 writes 0-1-103 of=0-2-102,0-1-103 #4 (node m1 is being confirmed) m1?=up m2?=up m3=up; probe m2
            301 m2 writes 0-2-104 of=0-1-100,0-2-104 #4 (more than one node takes writes: m1, m2) m1?=up m2?=up m3=up
        "#]],
    );
}
