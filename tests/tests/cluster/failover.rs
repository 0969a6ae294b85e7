//! A primary that dies, freezes or steps back, and what callers notice of it.

use std::time::{Duration, Instant};

use wharf::{Consistency, ErrorKind, HealthConfig, NodeState, Outcome, Routing};
use wharf_tests::cluster::ClusterOptions;

use crate::harness::{Notes, eventually, node, note, on_clusters};

pub(crate) fn synchronous() -> ClusterOptions {
    ClusterOptions {
        synchronous: true,
        ..ClusterOptions::default()
    }
}

on_clusters! { crate::failover::synchronous();

async fn writes_go_on_after_a_kill_and_a_promotion(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new()).await?;
    Notes::insert(&db, &note(1, "before")).await?;
    trio.cluster.node(0).kill();
    // A call that finds no primary waits for one.
    let waiting = tokio::spawn({
        let db = db.clone();
        async move { db.transaction(async |uow| Notes::insert(uow, &note(2, "after")).await).await }
    });
    let heir = trio.promote_one();
    waiting.await.expect("no panic")?;
    let name = format!("n{heir}");
    let topology = db.topology();
    let primary = topology.nodes.iter().find(|node| Some(node.id) == topology.primary);
    assert_eq!(primary.map(|node| &*node.name), Some(&*name));
    assert!(Notes::find(&db, 1).await?.is_some(), "it was acknowledged");
    assert!(Notes::find(&db, 2).await?.is_some(), "it was acknowledged");
    db.close().await;
}

async fn a_lone_write_that_nobody_looked_for_is_there_since_a_replica_had_it(trio: &Trio) {
    let db = trio.open_that_hardly_looks().await?;
    let session = db.session("writer").open()?;
    Notes::insert(&session, &note(1, "mine")).await?;
    // Dying one after the other, its processes would answer a last look.
    trio.cluster.node(0).freeze();
    trio.cluster.node(0).kill();
    trio.promote_one();
    assert!(Notes::find(&session, 1).await?.is_some(), "and nothing is said of a loss");
    db.close().await;
}

async fn reads_go_on_while_there_is_no_primary(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new().consistency(Consistency::Any)).await?;
    Notes::insert(&db, &note(1, "kept")).await?;
    trio.cluster.wait_caught_up(1);
    trio.cluster.wait_caught_up(2);
    trio.cluster.node(0).kill();
    for _ in 0..50 {
        assert!(Notes::find(&db, 1).await?.is_some());
    }
    db.close().await;
}

async fn what_was_under_way_on_a_frozen_primary_ends_while_it_is_frozen(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new()).await?;
    let unit = db.begin().await?;
    Notes::insert(&unit, &note(1, "never")).await?;
    trio.cluster.node(0).freeze();
    let error = Notes::insert(&unit, &note(2, "never")).await.expect_err("nobody answers");
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert_eq!(error.outcome(), Outcome::RolledBack, "{error}");
    drop(unit);
    let heir = trio.promote_one();
    db.transaction(async |uow| Notes::insert(uow, &note(3, "there")).await).await?;
    // The old one wakes up and still believes that it is the primary.
    trio.cluster.node(0).thaw();
    for id in 10..30 {
        Notes::insert(&db, &note(id, "there")).await?;
    }
    assert_ne!(node(&db, "n0").state, NodeState::Up);
    let count = trio.cluster.node(heir).query_in("app", "SELECT count(*) FROM notes");
    assert_eq!(count.trim(), "21", "all of them are where the others read them");
    db.close().await;
}

async fn a_node_that_rejoins_serves_reads_again(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new().consistency(Consistency::Any)).await?;
    trio.cluster.node(0).kill();
    let heir = trio.promote_one();
    db.transaction(async |uow| Notes::insert(uow, &note(1, "kept")).await).await?;
    trio.cluster.rejoin(0, heir);
    eventually("all three are up", async || Ok(crate::harness::are_up(&db, 3))).await?;
    let old = node(&db, "n0");
    assert_eq!(old.role, wharf::Role::Replica);
    db.close().await;
}

async fn a_planned_switchover_loses_nothing(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new()).await?;
    let stop = Instant::now();
    let writer = tokio::spawn({
        let db = db.clone();
        async move {
            let mut id = 0;
            while stop.elapsed() < Duration::from_secs(60) && id < 400 {
                id += 1;
                db.transaction(async |uow| Notes::insert(uow, &note(id, "there")).await).await.or_else(|error| {
                    // It was in the middle of its commit, or of its body; whether it is there is looked up below.
                    if error.outcome() == Outcome::RolledBack || error.kind() == ErrorKind::CommitUnknown {
                        Ok(note(id, "perhaps"))
                    } else {
                        Err(error)
                    }
                })?;
            }
            Ok::<_, wharf::Error>(id)
        }
    });
    tokio::task::block_in_place(|| trio.cluster.switchover(1));
    let written = writer.await.expect("no panic")?;
    assert_eq!(written, 400);
    let last = Notes::find(&db, 400).await?;
    assert!(last.is_some(), "the last one went to the new primary");
    db.close().await;
}

async fn without_a_primary_callers_are_told_in_time_and_why(trio: &Trio) {
    let db = trio
        .builder()
        .health(HealthConfig::sharp())
        .failover_timeout(Duration::from_millis(300))
        .connect()
        .await?;
    db.create_table::<crate::harness::Note>().await?;
    trio.cluster.node(0).kill();
    eventually("it is known to be gone", async || Ok(db.topology().primary.is_none())).await?;
    let error = Notes::insert(&db, &note(1, "nowhere")).await.expect_err("no primary");
    assert_eq!(error.kind(), ErrorKind::NoPrimary, "{error}");
    assert_eq!(error.outcome(), Outcome::NotSent, "{error}");
    assert!(error.is_retryable() && error.to_string().contains("n0 is down"), "{error}");
    db.close().await;
}
}
