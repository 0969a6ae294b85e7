use super::*;
use crate::driver::{GtidSet, Position};
use crate::policy::breaker::BreakerState;

fn gtids(text: &str) -> Position {
    Position::Gtid(GtidSet::parse(text).unwrap())
}

#[test]
fn a_watermark_only_rises() {
    let base = Instant::now();
    let mark = Watermark::new(base);
    assert!(mark.get().is_none() && !mark.reaches(&Position::Lsn(1)));
    mark.raise(&Position::Lsn(7));
    mark.raise(&Position::Lsn(5));
    assert_eq!(mark.get(), Some(Position::Lsn(7)));
    assert!(mark.reaches(&Position::Lsn(7)) && !mark.reaches(&Position::Lsn(8)));
    assert!(!mark.reaches(&gtids("0-1-1")), "another engine's");

    let mark = Watermark::new(base);
    mark.raise(&gtids("0-1-7"));
    mark.raise(&gtids("0-1-5,1-1-1"));
    assert_eq!(mark.get(), Some(gtids("0-1-7,1-1-1")));
    assert!(mark.reaches(&gtids("0-2-7")) && !mark.reaches(&gtids("2-1-1")));
    assert!(!mark.reaches(&Position::Lsn(1)), "another engine's");
}

#[test]
fn a_moment_before_the_first_one_counts_as_the_first() {
    let base = Instant::now() + Duration::from_secs(10);
    let mark = Watermark::new(base);
    assert_eq!(mark.as_of(), None);
    mark.raise_as_of(base - Duration::from_secs(1));
    assert_eq!(mark.as_of(), Some(base));
    mark.raise_as_of(base + Duration::from_millis(3));
    mark.raise_as_of(base + Duration::from_millis(2));
    assert_eq!(mark.as_of(), Some(base + Duration::from_millis(3)));
}

#[test]
fn a_snapshot_says_who_is_how_far_behind() {
    let base = Instant::now();
    let node = |id: u32, role, lsn, as_of: u64| {
        let position = Watermark::new(base);
        position.raise(&Position::Lsn(lsn));
        position.raise_as_of(base + Duration::from_millis(as_of));
        NodeView {
            id: NodeId(id),
            name: format!("p{id}").into(),
            role,
            state: NodeState::Up,
            position: Arc::new(position),
            tags: Arc::new([]),
            zone: None,
            weight: 1,
            priority: 0,
        }
    };
    let view = View {
        dialect: Dialect::Postgres,
        epoch: 1,
        timeline: Some(1),
        is_synchronous: false,
        primary: Ok(NodeId(1)),
        lineage: Arc::new(Lineage::new(Dialect::Postgres)),
        nodes: vec![
            node(1, Role::Primary, 0x3000148, 100),
            node(2, Role::Replica, 0x3000100, 60),
        ],
    };
    let snapshot = view.snapshot(base + Duration::from_millis(100), |_| BreakerState::Closed);
    expect_test::expect![[r#"{"epoch":1,"timeline":1,"primary":1,"no_primary":null,"nodes":[{"id":1,"name":"p1","role":"primary","state":"up","position":"0/3000148","lag_bytes":0,"lag":{"secs":0,"nanos":0},"breaker":"closed","tags":[],"zone":null,"weight":1,"priority":0},{"id":2,"name":"p2","role":"replica","state":"up","position":"0/3000100","lag_bytes":72,"lag":{"secs":0,"nanos":40000000},"breaker":"closed","tags":[],"zone":null,"weight":1,"priority":0}]}"#]]
        .assert_eq(&serde_json::to_string(&snapshot).unwrap());
}
