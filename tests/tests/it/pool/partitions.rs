//! Partitions: what callers may take together, and what is theirs when they want it.

use wharf::prelude::*;
use wharf::{PartitionKey, PartitionKind, PartitionLimits};

use super::{Held, end_all, readers, session, waiting};
use crate::harness::{Place, eventually, refused_saying};

fn tenant(name: &str) -> PartitionKey {
    PartitionKey::new(PartitionKind::Tenant, name)
}

/// A session of tenant acme.
fn of_acme(db: &Database, name: &str) -> Result<Session> {
    db.session(name).partition(tenant("acme")).open()
}

/// Waits until so many callers wait.
async fn wait_until_waiting(db: &Database, count: usize) -> Result<()> {
    eventually("callers wait", async || Ok(waiting(&readers(db)) == count)).await
}

on_all_engines! {
    async fn a_partition_at_its_limit_waits_for_itself_and_blocks_nobody(_db: &Database, place: &Place) {
        let limits = PartitionLimits::new().max_connections(1);
        let db = &place.open(PoolConfig::new().max_connections(2).partition(tenant("acme"), limits)).await?;
        let (one, two) = (of_acme(db, "one")?, of_acme(db, "two")?);
        let first = Held::begin(&one).await;
        let parked = Held::start(&two);
        wait_until_waiting(db, 1).await?;
        assert!(two.waiting()[0].is_parked);
        // It came later, and is served at once.
        Held::begin(&session(db, "other")?).await.end().await?;
        let stats = readers(db);
        let acme = &stats.partitions[0];
        assert_eq!((acme.kind, &acme.name[..], acme.in_use, acme.waiting), (PartitionKind::Tenant, "acme", 1, 1));
        first.end().await?;
        parked.begun().await;
        assert_eq!(two.waiting(), []);
        parked.end().await?;
        db.close().await;
    }

    async fn callers_have_partitions_of_every_kind(_db: &Database, place: &Place) {
        use PartitionKind::{Application, Custom, ResourceGroup, Service, Session, Tenant, User};
        for kind in [Session, User, Application, Service, Tenant, ResourceGroup, Custom] {
            let key = PartitionKey::new(kind, "acme");
            let limits = PartitionLimits::new().max_connections(1);
            let db = &place.open(PoolConfig::new().max_connections(2).partition(key.clone(), limits)).await?;
            // A session is a partition of its own, by its name.
            let of_it = || match kind {
                Session => session(db, "acme"),
                _ => db.session("one").partition(key.clone()).open(),
            };
            let (one, two) = (of_it()?, of_it()?);
            let first = Held::begin(&one).await;
            let parked = Held::start(&two);
            wait_until_waiting(db, 1).await?;
            assert!(two.waiting()[0].is_parked, "{kind:?}");
            end_all([first, parked]).await?;
            db.close().await;
        }
    }

    async fn turns_are_taken_by_what_the_pool_is_fair_by(_db: &Database, place: &Place) {
        for kind in [PartitionKind::Session, PartitionKind::Tenant] {
            let db = &place.open(PoolConfig::new().max_connections(1).fair_by(kind)).await?;
            let held = Held::begin(db).await;
            let mut of_one = Vec::new();
            for name in ["one", "two", "three"] {
                of_one.push(Held::start(&of_acme(db, name)?));
                wait_until_waiting(db, of_one.len()).await?;
            }
            let other = Held::start(&db.session("other").partition(tenant("other")).open()?);
            wait_until_waiting(db, 4).await?;
            held.end().await?;
            let first = of_one.remove(0);
            first.begun().await;
            first.end().await?;
            // All sessions wait for the first time. The second one of acme's is that tenant's second wait.
            let next = if kind == PartitionKind::Tenant { &other } else { &of_one[0] };
            next.begun().await;
            end_all(of_one.into_iter().chain([other])).await?;
            db.close().await;
        }
    }

    async fn each_partition_of_a_kind_has_its_own_limit(_db: &Database, place: &Place) {
        let limits = PartitionLimits::new().max_connections(1);
        let db = &place.open(PoolConfig::new().max_connections(3).each_partition(PartitionKind::Tenant, limits)).await?;
        let other = db.session("three").partition(tenant("other")).open()?;
        let held = [Held::begin(&of_acme(db, "one")?).await, Held::begin(&other).await];
        let parked = Held::start(&of_acme(db, "two")?);
        wait_until_waiting(db, 1).await?;
        assert_eq!(readers(db).lent, 2);
        end_all(held.into_iter().chain([parked])).await?;
        db.close().await;
    }

    async fn the_line_of_a_partition_is_bounded_too(_db: &Database, place: &Place) {
        let limits = PartitionLimits::new().max_connections(1).max_waiters(1);
        let db = &place.open(PoolConfig::new().max_connections(2).partition(tenant("acme"), limits)).await?;
        let acme = of_acme(db, "one")?;
        let (first, second) = (Held::begin(&acme).await, Held::start(&acme));
        wait_until_waiting(db, 1).await?;
        let words = ["1 callers of tenant acme wait", "its max_waiters is 1"];
        refused_saying(Held::start(&acme).end().await, ErrorKind::PoolOverloaded, &words);
        Held::begin(db).await.end().await?;
        first.end().await?;
        second.end().await?;
        db.close().await;
    }

    async fn what_is_guaranteed_comes_first_and_is_lent_to_others_until_then(_db: &Database, place: &Place) {
        let limits = PartitionLimits::new().guaranteed(1);
        let db = &place.open(PoolConfig::new().max_connections(2).partition(tenant("acme"), limits)).await?;
        let (one, two) = (Held::begin(db).await, Held::begin(db).await);
        let other = Held::start(db);
        wait_until_waiting(db, 1).await?;
        let acme = Held::start(&of_acme(db, "acme")?);
        wait_until_waiting(db, 2).await?;
        one.end().await?;
        acme.begun().await;
        assert_eq!(waiting(&readers(db)), 1, "the other one came first, and waits");
        // Beyond its share acme waits like everybody.
        let more = Held::start(&of_acme(db, "more")?);
        wait_until_waiting(db, 2).await?;
        two.end().await?;
        other.begun().await;
        assert_eq!(waiting(&readers(db)), 1);
        end_all([acme, other, more]).await?;
        db.close().await;
    }

    async fn who_leaves_gives_back_what_its_partition_had_lent_it(_db: &Database, place: &Place) {
        let limits = PartitionLimits::new().max_connections(1);
        let db = &place.open(PoolConfig::new().max_connections(1).partition(tenant("acme"), limits)).await?;
        let holder = Held::begin(db).await;
        // The first has acme's unit and waits for the connection; the second waits for the unit.
        let (one, two) = (of_acme(db, "one")?, of_acme(db, "two")?);
        let first = Held::start(&one);
        wait_until_waiting(db, 1).await?;
        let second = Held::start(&two);
        wait_until_waiting(db, 2).await?;
        assert_eq!((one.waiting()[0].is_parked, two.waiting()[0].is_parked), (false, true));
        first.task.abort();
        eventually("the second is next", async || Ok(!two.waiting()[0].is_parked)).await?;
        holder.end().await?;
        second.end().await?;
        eventually("nothing is in use", async || Ok(readers(db).partitions.iter().all(|acme| acme.in_use == 0))).await?;
        db.close().await;
    }
}
