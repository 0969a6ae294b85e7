//! All nodes of a database: who is there, who is the primary, and who is told when that changes.
//!
//! What is known is decided by the machine in `state.rs` behind one short lock; what follows from it is published as one
//! [`Picture`], which readers take without a lock. Sends nothing: the monitors do.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::config::{HealthConfig, NodeConfig};
use super::member::{Member, Sample};
use super::monitor;
use super::node::{Node, NodeOptions};
use super::state::{Step, Topology};
use super::view::{NodeId, TopologySnapshot, View};
use crate::driver::{Dialect, Endpoint, ProbeFailure, Report, WorkerFailure};
use crate::error::{Error, ErrorKind, Result};
use crate::policy::breaker::{BreakerConfig, BreakerState};
use crate::pool::{Caller, CloseReport, PoolConfig, PoolStats, Position};
use crate::task_group::TaskGroup;

/// All nodes of a database.
#[derive(Debug)]
pub(crate) struct Cluster {
    dialect: Dialect,
    settings: Settings,
    tasks: Arc<TaskGroup>,
    /// Guards what is known.
    machine: Mutex<Topology>,
    picture: ArcSwap<Picture>,
    /// Counts the pictures, for those who wait for another one.
    pictures: watch::Sender<u64>,
    /// Counts the positions that were taken, for those who wait for one.
    samples: watch::Sender<u64>,
    /// How many wait for a position now: the monitors look more often then.
    waiting: AtomicU32,
    /// Whether there is, or ever was, more than one node, so that somebody has to look after them.
    is_routed: AtomicBool,
}

/// What goes for all nodes.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) pool: PoolConfig,
    pub(crate) node: NodeOptions,
    pub(crate) health: HealthConfig,
    pub(crate) breaker: BreakerConfig,
}

/// The nodes at one moment.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) view: Arc<View>,
    pub(crate) members: Vec<Arc<Member>>,
}

impl Picture {
    pub(crate) fn member(&self, id: NodeId) -> Option<&Arc<Member>> {
        self.members.iter().find(|member| member.id == id)
    }
}

impl Cluster {
    /// Nodes that are all of one engine; opens nothing yet.
    ///
    /// # Errors
    /// [`ErrorKind::ForeignCluster`] when they aren't.
    pub(crate) fn start(
        nodes: Vec<(NodeConfig, Endpoint)>,
        settings: Settings,
        tasks: Arc<TaskGroup>,
    ) -> Result<(Arc<Self>, Arc<Member>)> {
        let mut nodes = nodes.into_iter();
        let Some((config, endpoint)) = nodes.next() else {
            return Err(Error::new(ErrorKind::Configuration, "no node was named"));
        };
        let dialect = endpoint.dialect();
        let is_routed = nodes.len() > 0;
        let machine = Topology::new(Instant::now(), dialect, settings.health.clone());
        let cluster = Arc::new(Self {
            dialect,
            settings,
            tasks,
            picture: ArcSwap::from_pointee(Picture {
                view: machine.view().clone(),
                members: Vec::new(),
            }),
            machine: Mutex::new(machine),
            pictures: watch::Sender::default(),
            samples: watch::Sender::default(),
            waiting: AtomicU32::new(0),
            is_routed: AtomicBool::new(is_routed),
        });
        let first = cluster.add(config, endpoint)?;
        for (config, endpoint) in nodes {
            cluster.add(config, endpoint)?;
        }
        Ok((cluster, first))
    }

    /// Takes a node in. Nothing is sent to it before its monitor has found out what it is.
    ///
    /// # Errors
    /// [`ErrorKind::ForeignCluster`] when it is of another engine, [`ErrorKind::Configuration`] when it is there already.
    pub(crate) fn add(
        self: &Arc<Self>,
        config: NodeConfig,
        endpoint: Endpoint,
    ) -> Result<Arc<Member>> {
        if endpoint.dialect() != self.dialect {
            let message = format!(
                "{} is {}, and the other nodes are {}",
                config.shown_name(),
                endpoint.dialect().name(),
                self.dialect.name()
            );
            return Err(Error::new(ErrorKind::ForeignCluster, message));
        }
        let now = Instant::now();
        let pool = config.pool.as_ref().unwrap_or(&self.settings.pool).clone();
        let mut machine = self.machine();
        let mut members = self.picture().members.clone();
        if let Some(other) = members
            .iter()
            .find(|other| other.config.is_same_as(&config))
        {
            let message = format!(
                "node {} is there already, as {}",
                config.shown_name(),
                other.name
            );
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        let (id, _) = machine.add(now, &config);
        let node = Node::start(endpoint, pool, config.is_copy(), &self.tasks);
        let member = Arc::new(Member::new(
            id,
            config,
            node,
            self.settings.breaker.clone(),
            now,
        ));
        members.push(member.clone());
        let unwatched = if self.is_routed() {
            vec![member.clone()]
        } else if members.len() > 1 {
            // The second node: from now on the first one is looked after as well.
            self.is_routed.store(true, Ordering::Relaxed);
            members.clone()
        } else {
            Vec::new()
        };
        self.publish(&machine, members);
        drop(machine);
        for member in unwatched {
            monitor::start(self, member, &self.tasks);
        }
        Ok(member)
    }

    /// Sends nothing more to a node, and closes its connections when they come back.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none of that name.
    pub(crate) async fn remove(&self, name: &str) -> Result<()> {
        let member = self.named(name)?;
        let steps = {
            let mut machine = self.machine();
            let steps = machine.remove(Instant::now(), member.id);
            let mut members = self.picture().members.clone();
            members.retain(|other| other.id != member.id);
            self.publish(&machine, members);
            steps
        };
        member.remove();
        self.carry_out(steps);
        member.node.close().await;
        Ok(())
    }

    /// Has a node's running work end, and sends it no more; or takes it back.
    ///
    /// # Errors
    /// As [`Cluster::remove`].
    pub(crate) fn drain(&self, name: &str, on: bool) -> Result<()> {
        let member = self.named(name)?;
        self.tell(|machine, now| match on {
            true => machine.drain(now, member.id),
            false => machine.resume(now, member.id),
        });
        Ok(())
    }

    pub(crate) fn named(&self, name: &str) -> Result<Arc<Member>> {
        let picture = self.picture();
        let found = picture.members.iter().find(|member| *member.name == *name);
        found.cloned().ok_or_else(|| {
            let names: Vec<&str> = picture.members.iter().map(|member| &*member.name).collect();
            let message = format!("there is no node `{name}`; there are {}", names.join(", "));
            Error::new(ErrorKind::NotFound, message)
        })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether there is something to choose between. One node alone is used as it is, unwatched.
    #[inline]
    pub(crate) fn is_routed(&self) -> bool {
        self.is_routed.load(Ordering::Relaxed)
    }

    pub(crate) fn picture(&self) -> arc_swap::Guard<Arc<Picture>> {
        self.picture.load()
    }

    /// Told at every new picture.
    pub(crate) fn pictures(&self) -> watch::Receiver<u64> {
        self.pictures.subscribe()
    }

    /// Told at every position that was taken. While it is held, the monitors look more often.
    pub(crate) fn samples(&self) -> Samples<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let picture = self.picture();
        picture.members.iter().for_each(|member| member.look_now());
        Samples {
            cluster: self,
            receiver: self.samples.subscribe(),
        }
    }

    pub(super) fn is_awaited(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// A monitor's question was answered.
    pub(super) fn probed(&self, member: &Member, report: Report) {
        let now = Instant::now();
        let (position, asked_at) = (report.position.clone(), report.asked_at);
        let (timeline, is_writable) = (report.timeline, report.is_writable);
        self.tell(|machine, now| machine.probed(now, member.id, report));
        if let Some(position) = position {
            let sample = Sample {
                position,
                asked_at,
                answered_at: now,
                timeline: timeline.or(self.picture().view.timeline),
            };
            member.sampled(sample, is_writable);
            self.samples.send_modify(|count| *count += 1);
        }
    }

    /// A monitor's question was not answered.
    pub(super) fn not_probed(&self, member: &Member, failure: &ProbeFailure) {
        self.tell(|machine, now| machine.probe_failed(now, member.id, failure));
    }

    /// A call on a node failed in a way that says something about the node.
    pub(crate) fn failed(&self, id: NodeId, failure: WorkerFailure) {
        if self.is_routed() {
            self.tell(|machine, now| machine.worker_failed(now, id, failure));
        }
    }

    /// When a node is to be looked at next.
    pub(super) fn next_probe_at(&self, id: NodeId) -> Option<Instant> {
        self.machine().next_probe_at(id)
    }

    /// How its pools stand, node by node.
    pub(crate) fn pool_stats(&self) -> Vec<PoolStats> {
        let picture = self.picture();
        picture
            .members
            .iter()
            .flat_map(|member| member.node.stats())
            .collect()
    }

    /// Has every connection that is open now replaced before its next use.
    pub(crate) fn recycle_connections(&self) {
        for member in &self.picture().members {
            member.node.recycle_connections();
        }
    }

    /// Where a caller stands in the lines.
    pub(crate) fn positions(&self, caller: &Caller) -> Vec<Position> {
        let picture = self.picture();
        picture
            .members
            .iter()
            .flat_map(|member| member.node.positions(caller))
            .collect()
    }

    /// Ends what a caller does now.
    pub(crate) fn kill(&self, caller: &Caller, reason: &str) {
        for member in &self.picture().members {
            member.node.kill(caller, reason);
        }
    }

    /// Refuses new callers, waits for what is lent, and closes everything.
    pub(crate) async fn close(&self) -> CloseReport {
        self.abandon();
        let picture = self.picture().clone();
        let closing = picture.members.iter().map(|member| member.node.close());
        let reports = futures_util::future::join_all(closing).await;
        reports
            .into_iter()
            .fold(CloseReport::default(), CloseReport::and)
    }

    /// Nobody looks after the nodes any more.
    pub(crate) fn abandon(&self) {
        for member in &self.picture().members {
            member.remove();
        }
    }

    /// For programs.
    pub(crate) fn snapshot(&self, now: Instant) -> TopologySnapshot {
        let picture = self.picture();
        let breaker = |id| {
            let member = picture.member(id);
            member.map_or(BreakerState::Closed, |member| member.breaker())
        };
        picture.view.snapshot(now, breaker)
    }

    /// How long the next look at a node may take.
    pub(super) fn probe_timeout(&self, id: NodeId) -> Duration {
        self.machine().probe_timeout(id)
    }

    fn tell(&self, with: impl FnOnce(&mut Topology, Instant) -> Vec<Step>) {
        let steps = {
            let mut machine = self.machine();
            let steps = with(&mut machine, Instant::now());
            if steps.iter().any(|step| matches!(step, Step::Publish)) {
                let members = self.picture().members.clone();
                self.publish(&machine, members);
            }
            steps
        };
        self.carry_out(steps);
    }

    /// Under the machine's lock, so that pictures come in the order in which things were learnt.
    fn publish(&self, machine: &Topology, members: Vec<Arc<Member>>) {
        let view = machine.view().clone();
        self.picture.store(Arc::new(Picture { view, members }));
        self.pictures.send_modify(|count| *count += 1);
    }

    fn carry_out(&self, steps: Vec<Step>) {
        let picture = self.picture();
        for step in steps {
            match step {
                Step::Publish => {}
                Step::ProbeSoon { id } => {
                    if let Some(member) = picture.member(id) {
                        member.look_now();
                    }
                }
                Step::Sever { id, why } => {
                    if let Some(member) = picture.member(id) {
                        tracing::warn!(node = %member.name, %why, "a node is cut off");
                        member.node.sever(&why.to_string());
                    }
                }
            }
        }
    }

    fn machine(&self) -> MutexGuard<'_, Topology> {
        // The machine finishes what it was told or panics before it began.
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody waits for a position.
#[derive(Debug)]
pub(crate) struct Samples<'a> {
    cluster: &'a Cluster,
    receiver: watch::Receiver<u64>,
}

impl Samples<'_> {
    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        // The cluster holds the sender.
        let _ = self.receiver.changed().await;
    }
}

impl Drop for Samples<'_> {
    fn drop(&mut self) {
        self.cluster.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
