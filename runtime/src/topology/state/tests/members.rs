use expect_test::expect;

use super::script::postgres;

#[test]
fn a_node_of_another_cluster_is_refused() {
    postgres(
        "0 p1 add primary
         0 p2 add replica
         1 p2 reads 9 0/900 cluster=8
         2 p1 writes 1 0/100 cluster=7
         3 p1 writes 1 0/100 cluster=7
         10 p2 writes 9 0/900 cluster=8
         20 p2 reads 1 0/100 cluster=7",
        expect![[r#"
            0 p1 add primary                       #0 (not all nodes have been asked yet) p1?=down
            0 p2 add replica                       #0 (not all nodes have been asked yet) p1?=down p2?=down
            1 p2 reads 9 0/900 cluster=8           #0 (not all nodes have been asked yet) p1?=down p2=up
            2 p1 writes 1 0/100 cluster=7          #0 (node p1 is being confirmed) p1?=up p2=foreign; cut p2 (the node belongs to another cluster)
            3 p1 writes 1 0/100 cluster=7          #1 tl 1 p1*=up p2=foreign
            10 p2 writes 9 0/900 cluster=8         #1 tl 1 p1*=up p2?=foreign
            20 p2 reads 1 0/100 cluster=7          #1 tl 1 p1*=up p2=up
        "#]],
    );
}

#[test]
fn without_a_declared_primary_most_nodes_decide_which_cluster_it_is() {
    postgres(
        "0 p1 add
         0 p2 add
         0 p3 add
         1 p1 writes 5 0/100 cluster=8
         2 p2 writes 1 0/100 cluster=7
         3 p3 reads 1 0/100 cluster=7
         4 p2 writes 1 0/100 cluster=7",
        expect![[r#"
            0 p1 add                               #0 (not all nodes have been asked yet) p1?=down
            0 p2 add                               #0 (not all nodes have been asked yet) p1?=down p2?=down
            0 p3 add                               #0 (not all nodes have been asked yet) p1?=down p2?=down p3?=down
            1 p1 writes 5 0/100 cluster=8          #0 (not all nodes have been asked yet) p1?=up p2?=down p3?=down
            2 p2 writes 1 0/100 cluster=7          #0 (not all nodes have been asked yet) p1?=up p2?=foreign p3?=down; cut p2 (the node belongs to another cluster)
            3 p3 reads 1 0/100 cluster=7           #0 (node p2 is being confirmed) p1?=foreign p2?=up p3=up; cut p1 (the node belongs to another cluster)
            4 p2 writes 1 0/100 cluster=7          #1 tl 1 p1?=foreign p2*=up p3=up
        "#]],
    );
}

#[test]
fn nodes_come_and_go() {
    postgres(
        "0 p1 add primary
         1 p1 writes 1 0/100
         2 p1 writes 1 0/100
         10 p2 add replica
         11 p2 reads 1 0/100
         20 p2 drain
         21 p2 reads 1 0/100
         30 p2 resume
         40 p2 drain
         50 p2 remove
         60 p1 drain
         70 p1 resume
         80 p1 remove",
        expect![[r#"
            0 p1 add primary                       #0 (not all nodes have been asked yet) p1?=down
            1 p1 writes 1 0/100                    #0 (node p1 is being confirmed) p1?=up
            2 p1 writes 1 0/100                    #1 tl 1 p1*=up
            10 p2 add replica                      #1 tl 1 p1*=up p2?=down
            11 p2 reads 1 0/100                    #1 tl 1 p1*=up p2=up
            20 p2 drain                            #1 tl 1 p1*=up p2=draining
            21 p2 reads 1 0/100
            30 p2 resume                           #1 tl 1 p1*=up p2=up
            40 p2 drain                            #1 tl 1 p1*=up p2=draining
            50 p2 remove                           #1 tl 1 p1*=up; cut p2 (the node was removed)
            60 p1 drain                            #2 tl 1 (no node takes writes; the last was p1) p1?=draining; probe p1
            70 p1 resume                           #3 tl 1 p1*=up
            80 p1 remove                           #4 tl 1 (no node takes writes; the last was 1, which was removed); cut p1 (the node was removed)
        "#]],
    );
}

#[test]
fn a_node_that_is_only_to_be_read_is_never_the_primary() {
    postgres(
        "0 p1 add primary
         0 p2 add replica read-only
         1 p1 writes 1 0/100
         1 p2 reads 1 0/100
         2 p1 writes 1 0/100
         100 p1 refused
         110 p2 writes 2 0/100
         111 p2 writes 2 0/100",
        expect![[r#"
            0 p1 add primary                       #0 (not all nodes have been asked yet) p1?=down
            0 p2 add replica read-only             #0 (not all nodes have been asked yet) p1?=down p2?=down
            1 p1 writes 1 0/100                    #0 (not all nodes have been asked yet) p1?=up p2?=down
            1 p2 reads 1 0/100                     #0 (node p1 is being confirmed) p1?=up p2=up
            2 p1 writes 1 0/100                    #1 tl 1 p1*=up p2=up
            100 p1 refused                         #2 tl 1 (no node takes writes; the last was p1) p1?=down p2=up; cut p1 (the node is down: refused); probe p1
            110 p2 writes 2 0/100                  #2 tl 1 (no node takes writes; the last was p1) p1?=down p2?=up
            111 p2 writes 2 0/100
        "#]],
    );
}

#[test]
fn a_node_that_is_gone_says_nothing_any_more() {
    postgres(
        "0 p1 add primary
         1 p1 remove
         2 p1 writes 1 0/100
         3 p1 silent
         4 p1 hurt",
        expect![[r#"
            0 p1 add primary                       #0 (not all nodes have been asked yet) p1?=down
            1 p1 remove                            #0 (no node takes writes); cut p1 (the node was removed)
            2 p1 writes 1 0/100
            3 p1 silent
            4 p1 hurt
        "#]],
    );
}
