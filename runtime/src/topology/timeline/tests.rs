use super::*;
use crate::driver::GtidSet;

const CLUSTER: u64 = 7;

/// On timeline 4, which came from 3 at 0x300, which came from 1 at 0x100. Timeline 2 is somebody else's.
fn postgres() -> Lineage {
    let switch = |timeline, lsn| Switch { timeline, lsn };
    Lineage {
        cluster: Some(CLUSTER),
        primary: Some(NodeId(1)),
        timeline: Some(4),
        switches: vec![switch(1, 0x100), switch(3, 0x300)],
        is_complete: true,
        ..Lineage::new(Dialect::Postgres)
    }
}

/// Server 2 is the primary. Server 1 was, and its transactions beyond 100 were lost. Server 7 wrote long ago.
fn mariadb() -> Lineage {
    Lineage {
        primary: Some(NodeId(1)),
        server: Some(2),
        gtids: GtidState::parse("0-7-50,0-1-100,0-2-103").unwrap(),
        former: [1].into(),
        ..Lineage::new(Dialect::MySql)
    }
}

fn lsn_token(timeline: u32, lsn: Option<u64>) -> CausalToken {
    CausalToken {
        engine: Dialect::Postgres,
        cluster: Some(CLUSTER),
        timeline: Some(timeline),
        position: lsn.map(Position::Lsn),
    }
}

fn gtid_token(set: &str) -> CausalToken {
    CausalToken {
        engine: Dialect::MySql,
        cluster: None,
        timeline: None,
        position: Some(Position::Gtid(GtidSet::parse(set).unwrap())),
    }
}

fn said(containment: &Containment) -> String {
    match containment {
        Containment::Lost(tail) => tail.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_place_in_the_log_is_weighed_against_the_ends_of_timelines() {
    for (timeline, lsn, expected) in [
        (4, Some(0x900), "Contained"),
        (4, None, "Contained"),
        (3, Some(0x300), "Contained"),
        (
            3,
            Some(0x301),
            "what was written up to 0/301 on timeline 3 is gone beyond 0/300",
        ),
        (3, None, "Unknown"),
        (
            2,
            Some(0x50),
            "what was written up to 0/50 on timeline 2 is gone",
        ),
        (1, Some(0x100), "Contained"),
        (
            1,
            Some(0x200),
            "what was written up to 0/200 on timeline 1 is gone beyond 0/100",
        ),
        (5, Some(0x50), "Behind"),
        (5, None, "Behind"),
    ] {
        let containment = postgres().contains(&lsn_token(timeline, lsn));
        assert_eq!(said(&containment), expected, "{timeline} {lsn:?}");
    }
}

#[test]
fn a_history_with_gaps_decides_only_what_it_knows() {
    let lineage = Lineage {
        is_complete: false,
        ..postgres()
    };
    for (timeline, lsn, expected) in [
        (3, 0x300, "Contained"),
        (
            3,
            0x301,
            "what was written up to 0/301 on timeline 3 is gone beyond 0/300",
        ),
        (2, 0x50, "Unknown"),
    ] {
        let containment = lineage.contains(&lsn_token(timeline, Some(lsn)));
        assert_eq!(said(&containment), expected, "{timeline} {lsn}");
    }
}

#[test]
fn a_transaction_counts_by_the_server_that_wrote_it() {
    for (set, expected) in [
        ("", "Contained"),
        ("0-1-100", "Contained"),
        ("0-2-103", "Contained"),
        ("0-2-110", "Contained"),
        ("0-7-50", "Contained"),
        ("0-1-101", "what was written up to 0-1-101 is gone"),
        ("0-1-999", "what was written up to 0-1-999 is gone"),
        ("0-9-60", "what was written up to 0-9-60 is gone"),
        ("0-9-104", "Behind"),
        ("1-9-1", "Behind"),
        (
            "0-9-104,1-1-1",
            "what was written up to 0-9-104,1-1-1 is gone",
        ),
    ] {
        assert_eq!(
            said(&mariadb().contains(&gtid_token(set))),
            expected,
            "{set}"
        );
    }
}

#[test]
fn a_token_of_another_cluster_or_engine_is_foreign() {
    let elsewhere = CausalToken {
        cluster: Some(8),
        ..lsn_token(4, Some(1))
    };
    assert_eq!(postgres().contains(&elsewhere), Containment::Foreign);
    assert_eq!(
        postgres().contains(&gtid_token("0-1-1")),
        Containment::Foreign
    );
    let unnamed = CausalToken {
        cluster: None,
        ..lsn_token(4, Some(1))
    };
    assert_eq!(postgres().contains(&unnamed), Containment::Contained);
}

#[test]
fn before_the_first_primary_everything_is_ahead() {
    let lineage = Lineage::new(Dialect::Postgres);
    assert_eq!(
        lineage.contains(&lsn_token(1, Some(1))),
        Containment::Behind
    );
}

#[test]
fn of_a_reign_that_nobody_looked_at_any_more_something_may_be_gone() {
    let reign = |timeline, server| Reign {
        timeline,
        server,
        is_synchronous: false,
    };
    let postgres = postgres();
    let said_of = |timeline| {
        let token = postgres.all_of(&reign(Some(timeline), None));
        said(&postgres.contains(&token))
    };
    assert_eq!(
        said_of(3),
        "what was seen on the former primary after the last look at it on timeline 3 may be gone beyond 0/300"
    );
    assert_eq!(said_of(4), "Contained", "it isn't over");
    assert!(postgres.is_of(&reign(Some(4), None)) && !postgres.is_of(&reign(Some(3), None)));

    let mariadb = mariadb();
    for server in [1, 3] {
        let token = mariadb.all_of(&reign(None, Some(server)));
        assert_eq!(
            said(&mariadb.contains(&token)),
            "what was seen on the former primary after the last look at it may be gone",
            "also of a server that had written nothing before"
        );
        // Nor if it becomes the primary again: then nobody would ever be that far.
        let again = Lineage {
            server: Some(server),
            former: [2].into(),
            ..mariadb.clone()
        };
        assert!(matches!(again.contains(&token), Containment::Lost(_)));
    }
}
