//! Nobody reads behind what they have written or read, whichever node answers.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use wharf::{CausalToken, Consistency, ErrorKind, Routing};

use crate::harness::{Notes, eventually, node, note, on_clusters};

const DELAY: Duration = Duration::from_millis(400);

on_clusters! { wharf_tests::cluster::ClusterOptions::default();

async fn own_writes_are_read_while_replicas_apply_late(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new()).await?;
    for index in [1, 2] {
        trio.cluster.delay_apply(index, DELAY);
    }
    let session = db.session("writer").open()?;
    for id in 0..50 {
        // By itself, and in a unit, whose commit says where it is.
        if id % 2 == 0 {
            Notes::insert(&session, &note(id, "mine")).await?;
        } else {
            session
                .transaction(async |uow| Notes::insert(uow, &note(id, "mine")).await)
                .await?;
        }
        assert!(Notes::find(&session, id).await?.is_some(), "{id} is the session's own");
    }
    db.close().await;
}

async fn replicas_serve_own_writes_as_soon_as_they_have_them(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new()).await?;
    let session = db.session("writer").open()?;
    session
        .transaction(async |uow| Notes::insert(uow, &note(1, "mine")).await)
        .await?;
    eventually("a replica is said to be far enough", async || {
        let explanation = session.explain_read();
        Ok(explanation.node.as_deref().is_some_and(|name| name != "n0"))
    })
    .await?;
    assert!(Notes::find(&session, 1).await?.is_some());
    db.close().await;
}

async fn reads_of_a_session_never_go_back(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new()).await?;
    Notes::insert(&db, &note(1, "0")).await?;
    trio.cluster.wait_caught_up(1);
    trio.cluster.wait_caught_up(2);
    // One replica lives in the past.
    trio.cluster.delay_apply(2, DELAY);
    let is_over = AtomicBool::new(false);
    let written = AtomicI64::new(0);
    let write = async {
        for number in 1..=150_i64 {
            let mut first = Notes::get(&db, 1).await?;
            first.text = number.to_string();
            Notes::update(&db, &first).await?;
            written.store(number, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
        is_over.store(true, Ordering::Relaxed);
        Ok::<_, wharf::Error>(())
    };
    let read = async {
        // Each of them has seen nothing when it begins, and may begin anywhere.
        let mut sessions = Vec::new();
        for number in 0..4 {
            sessions.push((db.session(format!("reader {number}")).open()?, 0_i64));
        }
        while !is_over.load(Ordering::Relaxed) {
            for (session, last) in &mut sessions {
                let now: i64 = Notes::get(&*session, 1).await?.text.parse().expect("a number");
                assert!(now >= *last, "{now} after {last}");
                *last = now;
            }
        }
        Ok(())
    };
    tokio::try_join!(write, read)?;
    db.close().await;
}

async fn a_token_travels_as_text(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new()).await?;
    let elsewhere = trio.open(Routing::new()).await?;
    for index in [1, 2] {
        trio.cluster.delay_apply(index, DELAY);
    }
    let writer = db.session("writer").open()?;
    let nobody = elsewhere.session("nobody").open()?;
    assert!(nobody.token().is_none(), "it has seen nothing");
    assert!(writer.token().is_some(), "it begins with what made the table");
    for id in 0..10 {
        if id % 2 == 0 {
            Notes::insert(&writer, &note(id, "mine")).await?;
        } else {
            writer.transaction(async |uow| Notes::insert(uow, &note(id, "mine")).await).await?;
        }
        let text = writer.token().expect("it has written").to_string();
        let reader = elsewhere.session("reader").open()?;
        let token: CausalToken = text.parse()?;
        reader.observe(&token)?;
        assert!(Notes::find(&reader, id).await?.is_some(), "{id}, by {text}");
    }
    elsewhere.close().await;
    db.close().await;
}

async fn tokens_that_make_no_sense_are_refused(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new()).await?;
    let session = db.session("reader").open()?;
    for text in ["", "w1", "hello", &"w1.".repeat(2_000)] {
        let error = text.parse::<CausalToken>().expect_err("no token");
        assert_eq!(error.kind(), ErrorKind::InvalidToken, "{error}");
    }
    Notes::insert(&session, &note(1, "mine")).await?;
    let text = session.token().expect("it has written").to_string();
    let torn = text.get(..text.len() - 1).expect("ASCII");
    assert_eq!(torn.parse::<CausalToken>().expect_err("torn").kind(), ErrorKind::InvalidToken);
    db.close().await;
}

async fn a_replica_that_never_catches_up_is_not_waited_for_long(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new().causal_wait(Duration::from_millis(20))).await?;
    let session = db.session("writer").open()?;
    // It begins with what was done on `db`, and with that alone its reads would stay on the primary.
    eventually("the tables are on the replicas", async || {
        Ok(session.explain_read().node.is_some_and(|node| node != "n0"))
    })
    .await?;
    for index in [1, 2] {
        trio.cluster.pause_replay(index);
    }
    session.transaction(async |uow| Notes::insert(uow, &note(1, "mine")).await).await?;
    assert!(Notes::find(&session, 1).await?.is_some());
    let stats = db.routing_stats();
    assert!(stats.waits_for_position >= 1 && stats.waits_in_vain >= 1, "{stats:?}");
    for index in [1, 2] {
        trio.cluster.resume_replay(index);
    }
    db.close().await;
}

async fn a_lone_write_that_nobody_looked_for_in_time_may_be_gone(trio: &Trio) {
    let db = trio.open_that_hardly_looks().await?;
    let session = db.session("writer").open()?;
    Notes::insert(&session, &note(1, "mine")).await?;
    // Dying one after the other, its processes would answer a last look.
    trio.cluster.node(0).freeze();
    trio.cluster.node(0).kill();
    trio.promote_one();
    // Once: from then on it goes by what is left.
    let told = Notes::find(&session, 1).await.expect_err("nobody knows");
    assert_eq!(told.kind(), ErrorKind::CausalityLost);
    assert!(told.to_string().contains("may be gone"), "{told}");
    Notes::find(&session, 1).await?;
    db.close().await;
}

async fn a_unit_that_only_reads_stays_on_one_replica_that_is_far_enough(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new()).await?;
    trio.cluster.delay_apply(1, DELAY);
    let session = db.session("writer").open()?;
    let options = wharf::TransactionOptions::new().read_only();
    for id in 0..20 {
        session.transaction(async |uow| Notes::insert(uow, &note(id, "mine")).await).await?;
        let seen = session
            .transaction_with(options, async |uow| {
                let found = Notes::find(uow, id).await?;
                Ok::<_, wharf::Error>(found.is_some() && Notes::count(uow).await? >= u64::try_from(id).unwrap_or(0))
            })
            .await?;
        assert!(seen, "{id}");
    }
    db.close().await;
}

async fn positions_are_watched(trio: &Trio) {
    let db = trio.open_with_notes(Routing::new().consistency(Consistency::Any)).await?;
    let before = node(&db, "n1").position;
    Notes::insert(&db, &note(1, "more")).await?;
    eventually("the replica is seen to move", async || Ok(node(&db, "n1").position != before)).await?;
    db.close().await;
}
}
