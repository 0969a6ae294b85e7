//! Which connection a session gets when several are free.

use wharf::Affinity;
use wharf::prelude::*;

use super::{Held, Statements, end_all, readers, session};
use crate::harness::Place;

/// Three connections are open.
async fn open(place: &Place, affinity: Affinity) -> Result<Database> {
    let pool = PoolConfig::new()
        .max_connections(3)
        .initial_connections(3)
        .affinity(affinity);
    place.open(pool).await
}

on_servers! {
    async fn a_session_gets_the_connection_that_it_used_last(_db: &Database, place: &Place) {
        for affinity in [Affinity::Prefer, Affinity::Keep] {
            let db = &open(place, affinity).await?;
            let session = session(db, "agent-7")?;
            let other = Held::begin(db).await;
            let first = Statements::process(&session).await?;
            other.end().await?;
            for _ in 0..3 {
                assert_eq!(Statements::process(&session).await?, first, "{affinity:?}");
            }
            db.close().await;
        }
    }

    async fn a_connection_that_is_kept_is_left_alone_while_there_are_others(_db: &Database, place: &Place) {
        let db = &open(place, Affinity::Keep).await?;
        let kept = session(db, "agent-7")?;
        let process = Statements::process(&kept).await?;
        let others = [Held::begin(db).await, Held::begin(db).await];
        assert_eq!(Statements::process(&kept).await?, process);
        // The last one that is idle serves anybody.
        let third = Held::begin(db).await;
        assert_eq!((readers(db).lent, readers(db).opened), (3, 3));
        end_all(others.into_iter().chain([third])).await?;
        assert_eq!(Statements::process(&kept).await?, process);
        db.close().await;
    }

    async fn a_connection_that_is_taken_is_no_reason_to_wait(_db: &Database, place: &Place) {
        let db = &open(place, Affinity::Keep).await?;
        let session = session(db, "agent-7")?;
        let before = readers(db).waited;
        let held = Held::begin(&session).await;
        Statements::process(&session).await?;
        assert_eq!(readers(db).waited, before);
        held.end().await?;
        db.close().await;
    }
}
