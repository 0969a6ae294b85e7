//! Brings faults on the cluster, one after the other, and repairs each before the next.

use std::time::{Duration, Instant};

use crate::deck::{Deck, Fault};
use crate::ground::DATABASE;
use crate::manager::{Failover, Manager};
use crate::options::Engine;
use crate::storm;

/// What one fault takes at most, with its repair: none begins later than that before the end.
const EPISODE: Duration = Duration::from_secs(4);
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a former primary that is taken for the primary is left to take writes.
const FOOLED: Duration = Duration::from_millis(500);
/// Applied so much later, an own write is sure to be missing.
const DELAY: Duration = Duration::from_millis(400);

/// What happened, and when.
#[derive(Debug, Default)]
pub(crate) struct Incidents {
    pub(crate) failovers: Vec<Failover>,
    /// From a fault until Wharf knew that something is wrong with the primary.
    pub(crate) detections: Vec<Duration>,
    /// Faults that Wharf never saw.
    pub(crate) unseen: u64,
}

#[derive(Debug)]
pub(crate) struct Nemesis<'a> {
    pub(crate) manager: Manager<'a>,
    pub(crate) random: fastrand::Rng,
    pub(crate) incidents: Incidents,
}

impl Nemesis<'_> {
    /// Brings on one fault after the other. In the end all nodes are well.
    pub(crate) async fn rage(&mut self, until: Instant) {
        let mut deck = Deck::new(self.random.fork());
        loop {
            let calm = self.between(300, 800);
            tokio::time::sleep(calm).await;
            if Instant::now() + EPISODE > until {
                return tokio::time::sleep_until(until.into()).await;
            }
            self.strike(deck.draw()).await;
        }
    }

    /// Brings on a fault, and repairs it.
    pub(crate) async fn strike(&mut self, fault: Fault) {
        let primary = self.manager.primary();
        let (replica, any) = (self.replica(), self.any_node());
        let node = self.manager.ground.cluster.node(primary).name();
        eprintln!("torture: {fault:?} (the primary is {node})");
        match fault {
            Fault::Kill => self.kill(false).await,
            Fault::KillPostmaster => self.kill(true).await,
            Fault::Freeze => {
                let zombie = self.between(300, 1200);
                self.freeze(zombie).await;
            }
            Fault::Switchover => {
                let failover = self.manager.switch_over().await;
                self.incidents.failovers.push(failover);
            }
            Fault::Stall => self.stall().await,
            Fault::BlackHole => self.black_hole(primary).await,
            Fault::BlackHoleReplica => self.black_hole(replica).await,
            Fault::KillReplica => self.kill_replica(replica).await,
            Fault::PausedReplay => self.pause_replay(replica).await,
            Fault::DelayedApply => {
                self.delay_apply(DELAY).await;
                tokio::time::sleep(self.between(500, 1500)).await;
                self.delay_apply(Duration::ZERO).await;
            }
            Fault::Terminate => self.terminate(any).await,
            Fault::Storm => self.storm(any).await,
        }
        self.heal().await;
    }

    async fn kill(&mut self, postmaster_only: bool) {
        let old = self.manager.primary();
        let notice = self.between(100, 300);
        let began = Instant::now();
        let kill = self.manager.ground.administer(move |cluster| {
            let node = cluster.node(old);
            match postmaster_only {
                true => node.kill_postmaster_only(),
                false => node.kill(),
            }
        });
        let ((), seen) = tokio::join!(kill, self.manager.observer.not_up(old, PATIENCE / 4));
        self.detected(began, seen);
        let failover = self.manager.fail_over(began, notice).await;
        self.incidents.failovers.push(failover);
        self.manager.rejoin(old).await;
    }

    /// A primary that wakes up after another one was promoted is taken for the primary again, by those who can't tell.
    pub(crate) async fn fool(&mut self) {
        self.freeze(PATIENCE).await;
        self.heal().await;
    }

    /// The old primary wakes up after another one was promoted, and is left alone for `zombie`. Who falls for it sooner
    /// gets some time to write there.
    async fn freeze(&mut self, zombie: Duration) {
        let old = self.manager.primary();
        let (notice, sleep) = (self.between(100, 600), self.between(0, 1500));
        let began = Instant::now();
        let ground = self.manager.ground;
        ground
            .administer(move |cluster| cluster.node(old).freeze())
            .await;
        let seen = self.manager.observer.not_up(old, PATIENCE);
        let failover = self.manager.fail_over(began, notice);
        let (seen, failover) = tokio::join!(seen, failover);
        self.detected(began, seen);
        self.incidents.failovers.push(failover);
        tokio::time::sleep(sleep).await;
        ground
            .administer(move |cluster| cluster.node(old).thaw())
            .await;
        if self
            .manager
            .observer
            .primary_is(old, zombie)
            .await
            .is_some()
        {
            // Its breaker may still be open.
            self.manager.writes_arrive(old, PATIENCE).await;
            tokio::time::sleep(FOOLED).await;
        }
        self.manager.rejoin(old).await;
    }

    async fn stall(&mut self) {
        let primary = self.manager.primary();
        let length = self.between(100, 3000);
        let ground = self.manager.ground;
        ground
            .administer(move |cluster| cluster.node(primary).freeze())
            .await;
        tokio::time::sleep(length).await;
        ground
            .administer(move |cluster| cluster.node(primary).thaw())
            .await;
    }

    async fn black_hole(&mut self, node: usize) {
        let length = self.between(300, 1500);
        let is_reset = self.random.bool();
        let proxy = self.manager.ground.cluster.node(node).proxy();
        let began = Instant::now();
        proxy.black_hole();
        if node == self.manager.primary() {
            let seen = self.manager.observer.not_up(node, length).await;
            // A short one is over before anybody notices.
            if seen.is_some() {
                self.detected(began, seen);
            }
        }
        tokio::time::sleep(length.saturating_sub(began.elapsed())).await;
        if is_reset {
            proxy.reset_all();
        }
        proxy.pass();
    }

    async fn kill_replica(&mut self, node: usize) {
        let length = self.between(200, 1000);
        let ground = self.manager.ground;
        ground
            .administer(move |cluster| cluster.node(node).kill())
            .await;
        tokio::time::sleep(length).await;
        self.manager.rejoin(node).await;
    }

    async fn pause_replay(&mut self, node: usize) {
        let length = self.between(500, 1500);
        let ground = self.manager.ground;
        ground
            .administer(move |cluster| cluster.pause_replay(node))
            .await;
        tokio::time::sleep(length).await;
        ground
            .administer(move |cluster| cluster.resume_replay(node))
            .await;
    }

    /// From now on all replicas apply everything later.
    pub(crate) async fn delay_apply(&self, delay: Duration) {
        let set = move |cluster: &wharf_tests::cluster::Cluster| {
            let replicas = (0..cluster.nodes().len()).filter(|node| *node != cluster.primary());
            replicas.for_each(|node| cluster.delay_apply(node, delay));
        };
        self.manager.ground.administer(set).await;
    }

    async fn terminate(&self, node: usize) {
        let sql = match self.manager.ground.engine {
            Engine::Postgres => format!(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                 where datname = '{DATABASE}' and backend_type = 'client backend'"
            ),
            Engine::MySql => "kill user wharf".to_owned(),
        };
        let ground = self.manager.ground;
        ground
            .administer(move |cluster| cluster.execute(node, &sql))
            .await;
    }

    async fn storm(&mut self, node: usize) {
        let length = self.between(800, 1500);
        self.terminate(node).await;
        let database = match self.manager.ground.engine {
            Engine::Postgres => "postgres",
            Engine::MySql => DATABASE,
        };
        let url = self.manager.ground.cluster.node(node).url(database);
        match storm::rage(url, length).await {
            Ok(count) => eprintln!("torture: the storm took {count} connections"),
            Err(error) => eprintln!("torture: the storm took none: {error}"),
        }
    }

    /// Waits until all is well again, for Wharf too: else the next fault would be two at once.
    async fn heal(&self) {
        self.manager.ground.catch_up().await;
        let primary = self.manager.primary();
        if self
            .manager
            .observer
            .well(primary, PATIENCE)
            .await
            .is_none()
        {
            let topology = self.manager.ground.db.topology();
            eprintln!("torture: Wharf doesn't see that all is well again: {topology:?}");
        }
    }

    fn detected(&mut self, began: Instant, seen: Option<Instant>) {
        match seen {
            Some(seen) => self.incidents.detections.push(seen - began),
            None => self.incidents.unseen += 1,
        }
    }

    fn replica(&mut self) -> usize {
        let count = self.manager.ground.cluster.nodes().len();
        (self.manager.primary() + self.random.usize(1..count)) % count
    }

    fn any_node(&mut self) -> usize {
        self.random
            .usize(..self.manager.ground.cluster.nodes().len())
    }

    fn between(&mut self, least_ms: u64, most_ms: u64) -> Duration {
        Duration::from_millis(self.random.u64(least_ms..=most_ms))
    }
}
