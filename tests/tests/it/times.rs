//! The times that Wharf sets: when a row was made, and when it was last written.

use chrono::{DateTime, Utc};
use time::OffsetDateTime;
use wharf::prelude::*;

/// Every type that can hold the time of a write, each as both.
macro_rules! stamped {
    ($($entity:ident $repository:ident $table:tt $type:ty, $nothing:expr;)+) => {$(
        #[derive(Entity, Debug, Clone, PartialEq)]
        #[entity(table = $table)]
        struct $entity {
            #[id]
            id: i64,
            text: String,
            #[created_at]
            made_at: $type,
            #[updated_at]
            written_at: $type,
        }

        #[repository($entity)]
        struct $repository;

        impl $entity {
            async fn keeps_its_times(db: &Database) -> Result<()> {
                db.create_table::<$entity>().await?;
                let new = $entity { id: 1, text: "a".to_owned(), made_at: $nothing, written_at: $nothing };
                let made = $repository::insert(db, &new).await?;
                assert_ne!(made.made_at, $nothing);
                assert_eq!(made.made_at, made.written_at, "one moment for both");
                assert_eq!($repository::get(db, 1).await?, made, "what was returned is what is stored");

                let mut last = made.clone();
                for text in ["b", "c", "d"] {
                    // Until the clock has moved on: the last write must show.
                    let written = loop {
                        let forged = $entity { text: text.to_owned(), made_at: $nothing, written_at: $nothing, ..last.clone() };
                        let written = match text {
                            "b" => $repository::update(db, &forged).await?,
                            "c" => $repository::update_many(db, &[forged]).await?.remove(0),
                            _ => $repository::upsert(db, &forged).await?,
                        };
                        if written.written_at > last.written_at {
                            break written;
                        }
                    };
                    let stored = $repository::get(db, 1).await?;
                    assert_eq!(stored.made_at, made.made_at, "kept by {text}");
                    assert_eq!((stored.written_at, &stored.text[..]), (written.written_at, text));
                    last = stored;
                }
                Ok(())
            }
        }
    )+};
}

stamped! {
    ByChrono ByChronos "by_chrono" DateTime<Utc>, DateTime::UNIX_EPOCH;
    ByTime ByTimes "by_time" OffsetDateTime, OffsetDateTime::UNIX_EPOCH;
    ByMillis ByMillisecond "by_millis" i64, 0;
}

on_all_engines! {
    async fn chrono_keeps_its_times(db: &Database) {
        ByChrono::keeps_its_times(db).await?;
    }

    async fn time_keeps_its_times(db: &Database) {
        ByTime::keeps_its_times(db).await?;
    }

    async fn milliseconds_keep_their_times(db: &Database) {
        ByMillis::keeps_its_times(db).await?;
    }

    async fn an_update_keeps_the_time_of_the_insert_whatever_the_entity_says(db: &Database) {
        db.create_table::<ByChrono>().await?;
        let new = ByChrono { id: 1, text: "a".to_owned(), made_at: Utc::now(), written_at: Utc::now() };
        let made = ByChronos::insert(db, &new).await?;
        let made_at = made.made_at;
        let forged = ByChrono { made_at: DateTime::UNIX_EPOCH, ..made };
        let updated = [ByChronos::update(db, &forged).await?, ByChronos::update_many(db, &[forged]).await?.remove(0)];
        for updated in updated {
            // MariaDB can't return what an update stored: it is put together, and the time of the insert is the entity's.
            let known = if db.dialect() == Dialect::MySql { DateTime::UNIX_EPOCH } else { made_at };
            assert_eq!(updated.made_at, known);
        }
        assert_eq!(ByChronos::get(db, 1).await?.made_at, made_at);
    }
}
