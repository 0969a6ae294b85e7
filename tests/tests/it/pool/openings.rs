//! Opening connections: a few at a time, for whoever is there when one is ready, and no reason to miss one that comes back.

use std::net::TcpListener;
use std::sync::Arc;

use tokio::sync::Semaphore;
use wharf::prelude::*;

use super::{Held, end_all, readers, waiting, writers};
use crate::harness::{Place, eventually, refused_saying};

/// Openings go through one by one, as often as the gate says.
fn gated(pool: PoolConfig) -> (PoolConfig, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let hooked = gate.clone();
    let pool = pool
        .initial_connections(0)
        .connect_timeout(Duration::from_secs(600))
        .after_connect(move |_| {
            let gate = hooked.clone();
            Box::pin(async move {
                gate.acquire().await.expect("it is never closed").forget();
                Ok(())
            })
        });
    (pool, gate)
}

on_all_engines! {
    async fn only_a_few_are_opened_at_once(_db: &Database, place: &Place) {
        let (pool, gate) = gated(PoolConfig::new().max_connections(6).max_opening(2));
        let db = &place.open(pool).await?;
        let held: Vec<Held> = (0..6).map(|_| Held::start(db)).collect();
        for opened in [0, 2, 4] {
            eventually("two more are being opened", async || {
                let stats = readers(db);
                Ok((stats.opened, stats.opening, waiting(&stats)) == (opened, 2, 6 - opened as usize))
            })
            .await?;
            gate.add_permits(2);
        }
        for held in &held {
            held.begun().await;
        }
        assert_eq!((readers(db).opened, readers(db).lent), (6, 6));
        end_all(held).await?;
        db.close().await;
    }

    /// sqlx #1869: the connection that was being opened was thrown away with its waiter.
    async fn an_opening_outlives_who_asked_for_it_and_serves_the_next(_db: &Database, place: &Place) {
        let (pool, gate) = gated(PoolConfig::new());
        let db = &place.open(pool).await?;
        let gone = Held::start(db);
        eventually("one is being opened", async || Ok(readers(db).opening == 1)).await?;
        gone.task.abort();
        eventually("nobody waits", async || Ok(waiting(&readers(db)) == 0)).await?;
        gate.add_permits(1);
        Held::begin(db).await.end().await?;
        let stats = readers(db);
        assert_eq!((stats.opened, stats.opening, stats.left), (1, 0, 1));
        db.close().await;
    }

    /// deadpool #462: who had begun to open one couldn't take one that came back meanwhile.
    async fn who_waits_for_an_opening_takes_what_comes_back_first(_db: &Database, place: &Place) {
        let (pool, gate) = gated(PoolConfig::new().max_connections(2));
        let db = &place.open(pool).await?;
        gate.add_permits(1);
        let first = Held::begin(db).await;
        let second = Held::start(db);
        eventually("another is being opened", async || Ok(readers(db).opening == 1)).await?;
        first.end().await?;
        second.begun().await;
        assert_eq!((readers(db).opened, readers(db).opening), (1, 1));
        gate.add_permits(1);
        eventually("the new one idles", async || Ok(readers(db).idle == 1)).await?;
        second.end().await?;
        db.close().await;
    }

    async fn who_never_gets_a_connection_is_told_how_far_that_got(_db: &Database, place: &Place) {
        let (pool, gate) = gated(PoolConfig::new().acquire_timeout(Duration::from_millis(200)));
        let db = &place.open(pool).await?;
        let words = ["none came free", "0 of ", "1 being opened"];
        refused_saying(db.begin().await, ErrorKind::PoolTimeout, &words);
        assert_eq!(writers(db).timed_out, 1);
        gate.add_permits(2);
        db.begin().await?.rollback().await?;
        db.close().await;
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_found_missing_by_the_first_call() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    for scheme in ["postgres", "mysql"] {
        let pool = PoolConfig::new()
            .initial_connections(0)
            .connect_timeout(Duration::from_millis(300));
        let db = Database::builder()
            .primary(format!("{scheme}://user:hunter2@{address}/db"))
            .pool(pool);
        let db = db.connect().await.expect("nobody is asked yet");
        for _ in 0..2 {
            let error = refused_saying(db.begin().await, ErrorKind::Connect, &["127.0.0.1"]);
            assert!(!format!("{error:?}").contains("hunter2"));
            assert_eq!(error.outcome(), Outcome::NotSent);
        }
        assert!(writers(&db).open_failures > 0);
        assert_eq!(db.close().await.closed, 0);
    }
}
