use expect_test::expect;

use super::script::{postgres, quiet};

/// A primary and two replicas that everybody has heard of.
const TRIO: &str = "
    0 p1 add primary
    0 p2 add replica
    0 p3 add replica
    1 p1 writes 1 0/100
    1 p2 reads 1 0/100
    1 p3 reads 1 0/100
    2 p1 writes 1 0/100
    --
";

fn trio(rest: &str) -> String {
    format!("{TRIO}{rest}")
}

#[test]
fn a_killed_primary_is_followed_by_the_promoted_replica() {
    postgres(
        &trio(
            "100 p1 hurt
             101 p1 refused
             110 p2 reads 1 0/100 alone
             120 p2 writes 2 0/120 switch=1@0/100
             121 p2 writes 2 0/120 switch=1@0/100
             130 p3 reads 2 0/120
             900 p1 reads 2 0/120
             901 p1 reads 2 0/120",
        ),
        expect![[r#"
            100 p1 hurt                            #1 tl 1 p1*=suspect p2=up p3=up; probe p1
            101 p1 refused                         #2 tl 1 (no node takes writes; the last was p1) p1?=down p2=up p3=up; cut p1 (the node is down: refused)
            110 p2 reads 1 0/100 alone
            120 p2 writes 2 0/120 switch=1@0/100   #2 tl 1 (node p2 is being confirmed) p1?=down p2?=up p3=up
            121 p2 writes 2 0/120 switch=1@0/100   #3 tl 2 p1?=down p2*=up p3=up
            130 p3 reads 2 0/120
            900 p1 reads 2 0/120                   #3 tl 2 p1=probation p2*=up p3=up
            901 p1 reads 2 0/120                   #3 tl 2 p1=up p2*=up p3=up
        "#]],
    );
}

#[test]
fn while_there_is_no_primary_those_who_may_become_it_are_asked_most_often() {
    let found = "100 p1 refused
                 105 p3 reads 1 0/100
                 111 p2 writes 2 0/120 switch=1@0/100";
    for (rest, node, due_ms) in [
        ("10 p1 writes 1 0/100", "p1", 260),
        ("10 p2 reads 1 0/100", "p2", 60),
        ("100 p1 refused", "p1", 125),
        ("60 p2 reads 1 0/100\n 100 p1 refused", "p2", 100),
        ("100 p1 refused\n 101 p2 reads 1 0/100", "p2", 111),
        ("100 p1 refused\n 101 p2 silent", "p2", 101),
        ("100 p1 refused\n 101 p2 silent\n 201 p2 silent", "p2", 226),
        ("100 p1 refused\n 125 p1 starting", "p1", 150),
        // Confirmed at once, and everybody else as before.
        (found, "p2", 111),
        (found, "p3", 115),
        (&format!("{found}\n 112 p2 writes 2 0/120"), "p2", 362),
        (
            &format!("{found}\n 112 p2 writes 2 0/120\n 115 p3 reads 1 0/100"),
            "p3",
            165,
        ),
    ] {
        assert_eq!(
            quiet(&trio(rest)).due_ms(node),
            due_ms,
            "{node} after {rest}"
        );
    }
}

#[test]
fn a_thawed_primary_is_refused_until_it_follows() {
    postgres(
        &trio(
            "750 p1 silent
             850 p1 silent
             860 p2 writes 2 0/120 switch=1@0/100
             861 p2 writes 2 0/120 switch=1@0/100
             975 p1 silent
             1300 p1 writes 1 0/180
             1325 p1 writes 1 0/180
             2000 p2 refused
             2100 p1 writes 1 0/190
             2200 p2 writes 2 0/130 switch=1@0/100
             2201 p2 writes 2 0/130 switch=1@0/100
             3000 p1 refused
             3500 p1 reads 2 0/130
             3501 p1 reads 2 0/130
             3526 p1 reads 2 0/130
             3551 p1 reads 2 0/130",
        ),
        expect![[r#"
            750 p1 silent                          #1 tl 1 p1*=suspect p2=up p3=up
            850 p1 silent
            860 p2 writes 2 0/120 switch=1@0/100   #2 tl 1 (node p2 is being confirmed) p1?=stale p2?=up p3=up; cut p1 (the node has a history that the cluster has left); probe p1
            861 p2 writes 2 0/120 switch=1@0/100   #3 tl 2 p1?=stale p2*=up p3=up
            975 p1 silent                          #3 tl 2 p1?=down p2*=up p3=up; cut p1 (the node is down: no answer in time)
            1300 p1 writes 1 0/180                 #3 tl 2 p1?=stale p2*=up p3=up; cut p1 (the node has a history that the cluster has left)
            1325 p1 writes 1 0/180
            2000 p2 refused                        #4 tl 2 (no node takes writes; the last was p2) p1?=stale p2?=down p3=up; cut p2 (the node is down: refused)
            2100 p1 writes 1 0/190
            2200 p2 writes 2 0/130 switch=1@0/100  #4 tl 2 (node p2 is being confirmed) p1?=stale p2?=probation p3=up
            2201 p2 writes 2 0/130 switch=1@0/100  #5 tl 2 p1?=stale p2*=up p3=up
            3000 p1 refused                        #5 tl 2 p1?=down p2*=up p3=up; cut p1 (the node is down: refused)
            3500 p1 reads 2 0/130                  #5 tl 2 p1=probation p2*=up p3=up
            3501 p1 reads 2 0/130
            3526 p1 reads 2 0/130
            3551 p1 reads 2 0/130                  #5 tl 2 p1=up p2*=up p3=up
        "#]],
    );
}

#[test]
fn a_timeline_that_a_replica_shows_fences_the_former_primary_before_the_new_one_is_seen() {
    postgres(
        &trio(
            "100 p3 reads 2 0/120
             101 p1 writes 1 0/180
             110 p2 writes 2 0/120 switch=1@0/100
             111 p2 writes 2 0/120 switch=1@0/100",
        ),
        expect![[r#"
            100 p3 reads 2 0/120                   #2 tl 1 (no node takes writes; the last was p1) p1?=stale p2=up p3=up; cut p1 (the node has a history that the cluster has left); probe p1
            101 p1 writes 1 0/180
            110 p2 writes 2 0/120 switch=1@0/100   #2 tl 1 (node p2 is being confirmed) p1?=stale p2?=up p3=up
            111 p2 writes 2 0/120 switch=1@0/100   #3 tl 2 p1?=stale p2*=up p3=up
        "#]],
    );
}

#[test]
fn two_on_one_timeline_stop_all_writes() {
    postgres(
        &trio(
            "100 p2 writes 1 0/100
             125 p1 writes 1 0/100
             200 p2 reads 1 0/100
             225 p1 writes 1 0/100",
        ),
        expect![[r#"
            100 p2 writes 1 0/100                  #2 tl 1 (more than one node takes writes: p1, p2) p1?=up p2?=up p3=up; probe p1
            125 p1 writes 1 0/100
            200 p2 reads 1 0/100                   #3 tl 1 p1*=up p2=up p3=up
            225 p1 writes 1 0/100
        "#]],
    );
}

#[test]
fn a_switchover_waits_for_the_new_primary() {
    postgres(
        &trio(
            "100 p1 readonly
             101 p1 reads 1 0/200
             110 p2 writes 2 0/210 switch=1@0/200
             111 p2 writes 2 0/210 switch=1@0/200
             150 p1 reads 2 0/210",
        ),
        expect![[r#"
            100 p1 readonly                        #1 tl 1 p1*=suspect p2=up p3=up; probe p1
            101 p1 reads 1 0/200                   #2 tl 1 (no node takes writes; the last was p1) p1=up p2=up p3=up
            110 p2 writes 2 0/210 switch=1@0/200   #2 tl 1 (node p2 is being confirmed) p1=up p2?=up p3=up
            111 p2 writes 2 0/210 switch=1@0/200   #3 tl 2 p1=up p2*=up p3=up
            150 p1 reads 2 0/210
        "#]],
    );
}

#[test]
fn a_primary_that_shuts_down_gets_nothing_new() {
    postgres(
        &trio(
            "100 p1 closing
             125 p1 refused
             400 p1 starting
             500 p1 writes 1 0/100
             501 p1 writes 1 0/100",
        ),
        expect![[r#"
            100 p1 closing                         #2 tl 1 (no node takes writes; the last was p1) p1?=draining p2=up p3=up; probe p1
            125 p1 refused                         #2 tl 1 (no node takes writes; the last was p1) p1?=down p2=up p3=up; cut p1 (the node is down: refused)
            400 p1 starting
            500 p1 writes 1 0/100                  #2 tl 1 (node p1 is being confirmed) p1?=probation p2=up p3=up
            501 p1 writes 1 0/100                  #3 tl 1 p1*=up p2=up p3=up
        "#]],
    );
}

#[test]
fn being_full_is_no_reason_to_leave() {
    postgres(
        &trio(
            "100 p1 crowded
             101 p1 full
             200 p1 full
             300 p1 full
             400 p1 full
             401 p1 crowded
             500 p1 writes 1 0/100",
        ),
        expect![[r#"
            100 p1 crowded
            101 p1 full
            200 p1 full
            300 p1 full
            400 p1 full
            401 p1 crowded
            500 p1 writes 1 0/100
        "#]],
    );
}

#[test]
fn one_broken_connection_changes_nothing_but_a_probe() {
    postgres(
        &trio(
            "100 p1 hurt
             100 p1 hurt
             101 p1 writes 1 0/100
             200 p1 lost
             201 p1 writes 1 0/100",
        ),
        expect![[r#"
            100 p1 hurt                            #1 tl 1 p1*=suspect p2=up p3=up; probe p1
            100 p1 hurt
            101 p1 writes 1 0/100                  #1 tl 1 p1*=up p2=up p3=up
            200 p1 lost                            #1 tl 1 p1*=suspect p2=up p3=up
            201 p1 writes 1 0/100                  #1 tl 1 p1*=up p2=up p3=up
        "#]],
    );
}

#[test]
fn a_flapping_link_makes_fewer_and_fewer_changes() {
    let mut script = TRIO.to_owned();
    // Two good probes, one refused, for two seconds.
    for step in 0..80 {
        let what = if step % 3 == 2 {
            "refused"
        } else {
            "writes 1 0/100"
        };
        script += &format!("{} p1 {what}\n", 100 + step * 25);
    }
    let flapping = quiet(&script);
    assert_eq!(
        flapping.topology.view().epoch,
        4,
        "up, down, up, down, and no more"
    );
}

#[test]
fn the_first_primary_is_chosen_when_everybody_was_heard() {
    postgres(
        "0 p1 add primary
         0 p2 add replica
         0 p3 add replica
         1 p1 writes 1 0/180
         2 p1 writes 1 0/180
         3 p2 writes 2 0/120 switch=1@0/100
         4 p2 writes 2 0/120 switch=1@0/100
         500 p3 silent",
        expect![[r#"
            0 p1 add primary                       #0 (not all nodes have been asked yet) p1?=down
            0 p2 add replica                       #0 (not all nodes have been asked yet) p1?=down p2?=down
            0 p3 add replica                       #0 (not all nodes have been asked yet) p1?=down p2?=down p3?=down
            1 p1 writes 1 0/180                    #0 (not all nodes have been asked yet) p1?=up p2?=down p3?=down
            2 p1 writes 1 0/180
            3 p2 writes 2 0/120 switch=1@0/100     #0 (not all nodes have been asked yet) p1?=stale p2?=up p3?=down; cut p1 (the node has a history that the cluster has left)
            4 p2 writes 2 0/120 switch=1@0/100
            500 p3 silent                          #1 tl 2 p1?=stale p2*=up p3?=down
        "#]],
    );
}
