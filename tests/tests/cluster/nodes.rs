//! Nodes that come and go by hand.

use wharf::prelude::*;
use wharf::{BreakerCommand, Consistency, ErrorKind, NodeConfig, NodeState, Routing};

use crate::harness::{Notes, eventually, node, note, on_clusters};

on_clusters! { wharf_tests::cluster::ClusterOptions::default();

async fn nodes_are_added_drained_and_removed_while_work_goes_on(trio: &Trio) {
    let nodes = trio.cluster.nodes();
    let db = Database::connect(nodes[0].url("app")).await?;
    db.create_table::<crate::harness::Note>().await?;
    Notes::insert(&db, &note(1, "kept")).await?;
    trio.cluster.wait_caught_up(1);
    db.add_node(NodeConfig::new(nodes[1].url("app")).name("n1"))?;
    let error = db.add_node(nodes[1].url("app")).expect_err("it is there");
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    let reader = db.routed(Routing::new().consistency(Consistency::Any));
    eventually("the new node serves reads", async || {
        Notes::get(&reader, 1).await?;
        Ok(reader.explain_read().node.as_deref() == Some("n1"))
    })
    .await?;
    db.drain_node("n1", true)?;
    assert_eq!(node(&db, "n1").state, NodeState::Draining);
    Notes::get(&reader, 1).await?;
    assert_ne!(reader.explain_read().node.as_deref(), Some("n1"));
    db.drain_node("n1", false)?;
    eventually("it is back", async || Ok(reader.explain_read().node.as_deref() == Some("n1"))).await?;
    db.remove_node("n1").await?;
    Notes::get(&reader, 1).await?;
    let error = db.remove_node("n1").await.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    db.close().await;
}

async fn a_breaker_is_forced_open_and_closed(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new().consistency(Consistency::Any)).await?;
    db.command_breaker("n1", BreakerCommand::ForceOpen)?;
    for _ in 0..20 {
        Notes::count(&db).await?;
        assert_eq!(db.explain_read().node.as_deref(), Some("n2"));
    }
    db.command_breaker("n2", BreakerCommand::ForceOpen)?;
    Notes::count(&db).await?;
    assert_eq!(db.explain_read().node.as_deref(), Some("n0"), "the primary stands in");
    db.command_breaker("n1", BreakerCommand::Reset)?;
    assert_eq!(db.explain_read().node.as_deref(), Some("n1"));
    db.close().await;
}

async fn what_is_wrong_with_the_nodes_is_said_at_once(trio: &Trio) {
    let nodes = trio.cluster.nodes();
    let url = |index: usize| nodes[index].url("app");
    let cases: [(wharf::DatabaseBuilder, &str); 4] = [
        (Database::builder(), "no database was named"),
        (Database::builder().replica(url(1)).replica(url(2)), "only replicas"),
        (Database::builder().primary(url(0)).replica(url(1)).replica(url(1)), "given twice"),
        (Database::builder().primary(url(0)).replica("sqlite://x.db"), "one engine"),
    ];
    for (builder, words) in cases {
        let error = builder.connect().await.expect_err("it can't be opened");
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        assert!(error.to_string().contains(words), "`{words}` is missing from: {error}");
    }
}
}
