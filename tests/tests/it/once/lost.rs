//! Commits that are lost on the wire.

use wharf::CommitOutcome;
use wharf::prelude::*;
use wharf_tests::proxy::{Fault, Proxy};
use wharf_tests::server::Server;

use super::{Bank, Guard, Owner, id, open_bank};
use crate::entities::balance;
use crate::harness::{Engine, Place, eventually, refused, refused_saying};

/// A bank behind a proxy.
struct Behind {
    proxy: Proxy,
    db: Database,
}

impl Behind {
    async fn open(engine: Engine, guards: bool) -> Result<Self> {
        let server = match engine {
            Engine::Postgres => Server::postgres(),
            _ => Server::mariadb(),
        };
        let proxy = Proxy::start(server.address()).await;
        let db = Database::builder()
            .primary(server.database_through(proxy.address()))
            .guard_commits(guards)
            .connect()
            .await?;
        open_bank(&db).await?;
        Ok(Self { proxy, db })
    }
}

/// What can become of a COMMIT, and whether it is applied.
const FAULTS: [(Fault, bool); 3] = [
    (Fault::AckLost, true),
    (Fault::RequestLost, false),
    (Fault::AckHang, true),
];

on_servers! {
    async fn a_lost_commit_is_neither_doubled_nor_lost(_db: &Database, place: &Place) {
        let Behind { proxy, db } = Behind::open(place.engine, false).await?;
        let mut paid = 100;
        for (fault, is_applied) in FAULTS {
            let bank = Bank::default();
            proxy.arm(b"COMMIT", fault);
            paid += 1;
            assert_eq!(bank.pay(&db).await?, paid, "doubled by {fault:?}");
            assert!(!proxy.is_armed());
            assert_eq!(balance(&db, 1).await?, paid, "doubled or lost by {fault:?}");
            let runs = if is_applied { 1 } else { 2 };
            assert_eq!(bank.counts(), (runs, 1, runs - 1), "{fault:?}");
        }
        db.close().await;
    }

    async fn a_lost_commit_under_a_key_returns_its_value(_db: &Database, place: &Place) {
        let Behind { proxy, db } = Behind::open(place.engine, false).await?;
        for (place, (fault, _)) in FAULTS.into_iter().enumerate() {
            let bank = Bank::default();
            let key = place.to_string();
            proxy.arm(b"COMMIT", fault);
            let paid = bank.pay_for(&db, &key, "n".into()).await?;
            assert_eq!(paid, ("n".to_owned(), 101 + place as i64), "{fault:?}");
            assert_eq!(bank.pay_for(&db, &key, "n".into()).await?, paid, "{fault:?}");
            assert_eq!(bank.counts().1, 1, "{fault:?}");
        }
        db.close().await;
    }

    async fn a_commit_by_hand_is_resolved(_db: &Database, place: &Place) {
        let Behind { proxy, db } = Behind::open(place.engine, false).await?;
        for (fault, is_applied) in FAULTS {
            let bank = Bank::default();
            let unit = db.begin_with(TransactionOptions::new().exactly_once()).await?;
            bank.add(&unit).await?;
            proxy.arm(b"COMMIT", fault);
            let committed = unit.commit().await;
            if is_applied {
                committed?;
                assert_eq!(bank.counts(), (1, 1, 0));
            } else {
                let error = refused(committed, ErrorKind::RolledBack);
                assert!(error.is_retryable() && error.commit_id().is_some(), "{error:?}");
                assert_eq!(error.outcome(), Outcome::RolledBack);
                assert_eq!(bank.counts(), (1, 0, 1));
            }
        }
        assert_eq!(balance(&db, 1).await?, 102);
        db.close().await;
    }

    async fn a_lost_commit_that_left_a_row_can_be_asked_about(_db: &Database, place: &Place) {
        let Behind { proxy, db } = Behind::open(place.engine, true).await?;
        for (fault, outcome) in [
            (Fault::AckLost, CommitOutcome::Committed),
            (Fault::RequestLost, CommitOutcome::RolledBack),
        ] {
            let bank = Bank::default();
            let unit = db.begin().await?;
            bank.add(&unit).await?;
            proxy.arm(b"COMMIT", fault);
            let error = refused_saying(unit.commit().await, ErrorKind::CommitUnknown, &["resolve"]);
            assert!(!error.is_retryable());
            assert_eq!(bank.counts(), (1, 0, 0), "no hook runs while nothing is known");
            let id = error.commit_id().expect("an id");
            assert_eq!(db.resolve(id).await?, outcome);
            assert_eq!(db.resolve(id.to_string().parse()?).await?, outcome, "and again");
        }
        assert_eq!(balance(&db, 1).await?, 101);
        db.close().await;
    }

    async fn a_lost_commit_without_a_row_says_how_to_have_one(_db: &Database, place: &Place) {
        let Behind { proxy, db } = Behind::open(place.engine, false).await?;
        let unit = db.begin().await?;
        Bank::default().add(&unit).await?;
        proxy.arm(b"COMMIT", Fault::AckLost);
        let error = refused_saying(unit.commit().await, ErrorKind::CommitUnknown, &["exactly_once", "guard_commits"]);
        assert_eq!(error.commit_id(), None);
        db.close().await;
    }

    async fn a_unit_that_only_reads_waits_for_its_end_no_longer_than_its_time(_db: &Database, place: &Place) {
        let Behind { proxy, db } = Behind::open(place.engine, false).await?;
        let options = TransactionOptions::new().read_only().timeout(Duration::from_millis(500));
        let unit = db.begin_with(options).await?;
        balance(&unit, 1).await?;
        proxy.arm(b"COMMIT", Fault::AckHang);
        let error = refused_saying(unit.commit().await, ErrorKind::RolledBack, &["time is up"]);
        assert_eq!(error.outcome(), Outcome::RolledBack);
        db.close().await;
    }

    /// It waits in its very first message.
    async fn a_call_that_waits_for_another_one_with_its_key_can_be_given_up(db: &Database, place: &Place) {
        open_bank(db).await?;
        let calling = place.open(PoolConfig::new().max_connections(1)).await?;
        let mut owner = Owner::begin(db).await;
        let call = tokio::spawn({
            let (bank, calling) = (owner.bank.clone(), calling.clone());
            async move { bank.pay_for(&calling, "a", String::new()).await }
        });
        eventually("it waits", async || Ok(Guard::waiting(db).await? == 1)).await?;
        call.abort();
        eventually("nobody waits", async || Ok(Guard::waiting(db).await? == 0)).await?;
        assert_eq!(balance(&calling, 1).await?, 100);
        let stats = calling.pool_stats().swap_remove(0);
        assert!(stats.closed.is_empty(), "it was stopped, and the connection stays: {stats:?}");
        owner.commit().await?;
        assert_eq!(balance(&calling, 1).await?, 101);
        calling.close().await;
    }

    async fn who_asks_about_a_unit_in_progress_waits_for_its_end(db: &Database) {
        open_bank(db).await?;
        for is_committed in [true, false] {
            let mut owner = Owner::begin(db).await;
            let asked = tokio::spawn({
                let db = db.clone();
                async move { db.resolve(id(1, 0)).await }
            });
            eventually("the fence waits", async || Ok(Guard::waiting(db).await? == 1)).await?;
            if is_committed {
                owner.commit().await?;
            } else {
                owner.task.abort();
            }
            let outcome = asked.await.expect("no panic")?;
            assert_eq!(outcome, if is_committed { CommitOutcome::Committed } else { CommitOutcome::RolledBack });
            assert_eq!(owner.bank.counts().1, u32::from(is_committed));
            db.execute("DELETE FROM wharf_outcome").await?;
        }
        assert_eq!(balance(db, 1).await?, 101);
    }
}
