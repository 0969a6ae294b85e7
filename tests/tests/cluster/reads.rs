//! Where reads go.

use std::time::Duration;

use wharf::prelude::*;
use wharf::{HealthConfig, Hedge, Strategy};

use crate::harness::{Notes, eventually, note, on_clusters};

on_clusters! { wharf_tests::cluster::ClusterOptions::default();

async fn reads_go_to_replicas_and_writes_to_the_primary(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new().consistency(Consistency::Any)).await?;
    Notes::insert(&db, &note(1, "kept")).await?;
    for index in [1, 2] {
        trio.cluster.wait_caught_up(index);
    }
    for _ in 0..20 {
        assert!(Notes::find(&db, 1).await?.is_some());
        assert!(["n1", "n2"].contains(&db.explain_read().node.as_deref().unwrap_or_default()));
    }
    // What was read left its traces on the replicas' pools, and on those alone.
    let stats = db.pool_stats();
    let reads: u64 = stats[1..].iter().map(|pool| pool.acquired).sum();
    assert!(reads >= 20, "{reads}");
    let primary = db.routed(Routing::new().consistency(Consistency::Primary));
    assert_eq!(primary.explain_read().node.as_deref(), Some("n0"));
    Notes::get(&primary, 1).await?;
    db.close().await;
}

async fn a_lone_write_is_read_by_its_writer_at_once_while_replay_stands_still(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new()).await?;
    for index in [1, 2] {
        trio.cluster.pause_replay(index);
    }
    let session = db.session("writer").open()?;
    for id in 1..=20 {
        Notes::insert(&session, &note(id, "mine")).await?;
        assert!(Notes::find(&session, id).await?.is_some(), "{id} is the session's own");
        Notes::insert(&db, &note(100 + id, "ours")).await?;
        assert!(Notes::find(&db, 100 + id).await?.is_some(), "{id} is everybody's own");
    }
    // Who asks for nothing may be told about the past.
    let anything = db.routed(Routing::new().consistency(Consistency::Any));
    assert!(Notes::find(&anything, 1).await?.is_none(), "replay stands still");
    for index in [1, 2] {
        trio.cluster.resume_replay(index);
    }
    db.close().await;
}

async fn tags_choose_among_replicas_and_an_unknown_one_is_refused(trio: &Trio) {
    let nodes = trio.cluster.nodes();
    let db = Database::builder()
        .health(HealthConfig::sharp())
        .primary(NodeConfig::new(nodes[0].url("app")).name("n0"))
        .replica(NodeConfig::new(nodes[1].url("app")).name("n1").tag("reports").zone("east"))
        .replica(NodeConfig::new(nodes[2].url("app")).name("n2").zone("west"))
        .connect()
        .await?;
    eventually("all nodes are up", async || Ok(crate::harness::are_up(&db, 3))).await?;
    let any = Routing::new().consistency(Consistency::Any);
    for (wish, expected) in [
        (any.clone().tag("reports"), "n1"),
        (any.clone().zone("west"), "n2"),
        (any.clone().zone("east"), "n1"),
    ] {
        let explanation = db.routed(wish).explain_read();
        assert_eq!(explanation.node.as_deref(), Some(expected), "{explanation}");
    }
    let typo = db.routed(any.tag("report"));
    let error = Notes::count(&typo).await.expect_err("no node has it");
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(error.to_string().contains("report"), "{error}");
    db.close().await;
}

async fn a_read_that_takes_long_is_sent_to_a_second_node(trio: &Trio) {
    let hedge = Hedge::new().min_samples(20).extra_load(0.5);
    let wishes = Routing::new()
        .consistency(Consistency::Any)
        .strategy(Strategy::RoundRobin)
        .hedge(hedge);
    let db = trio.open_with_notes(wishes).await?;
    for _ in 0..200 {
        Notes::count(&db).await?;
    }
    // It answers nobody, and nobody knows it yet: a read that went there is answered by another node.
    trio.cluster.node(1).freeze();
    for _ in 0..40 {
        Notes::count(&db).await?;
    }
    trio.cluster.node(1).thaw();
    let stats = db.routing_stats();
    assert!(stats.hedges_won >= 1, "{stats:?}");
    db.close().await;
}

async fn a_replica_that_lags_is_left_out_under_a_maximum(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new().consistency(Consistency::Any)).await?;
    trio.cluster.pause_replay(1);
    let fresh = db.routed(Routing::new().max_lag(Duration::from_millis(500)));
    Notes::insert(&db, &note(1, "new")).await?;
    eventually("only the other one is fresh enough", async || {
        Notes::insert(&db, &note(next_id(), "more")).await?;
        let explanation = fresh.explain_read();
        Ok(explanation.node.as_deref() == Some("n2")
            && explanation.rejected.iter().any(|(name, _)| name == "n1"))
    })
    .await?;
    trio.cluster.resume_replay(1);
    db.close().await;
}
}

fn next_id() -> i64 {
    use std::sync::atomic::{AtomicI64, Ordering};
    static NEXT: AtomicI64 = AtomicI64::new(1_000_000);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
