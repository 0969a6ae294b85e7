//! A database that is being described.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Database, Shared};
use crate::driver::Endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::policy::breaker::BreakerConfig;
use crate::policy::budget::{Budget, Deposits};
use crate::policy::time_limit::{self, SetBy, Subject, TimeLimit};
use crate::pool::PoolConfig;
use crate::routing::{Guarding, Route, Router, Routing};
use crate::task_group::TaskGroup;
use crate::topology::{
    Cluster, DeclaredRole, HealthConfig, NodeConfig, NodeOptions, Settings, node_problems,
};

/// How long a call waits for a node that may serve it, unless told otherwise.
const DEFAULT_FAILOVER: Duration = Duration::from_secs(10);
const LONGEST_FAILOVER: Duration = Duration::from_secs(60 * 60);
/// How long guard rows are kept: longer than any caller asks again.
const GUARD_RETENTION: Duration = Duration::from_secs(24 * 60 * 60);
/// Half of it must be longer than any commit waits, and than clocks differ.
const SHORTEST_RETENTION: Duration = Duration::from_secs(60 * 60);
/// A thousand days: every database can still count back so far.
const LONGEST_RETENTION: Duration = Duration::from_secs(1_000 * 24 * 60 * 60);

/// A database that is being described; made by [`Database::builder`].
#[derive(Debug, Clone)]
#[must_use = "a database is opened by `connect`"]
pub struct DatabaseBuilder {
    nodes: Vec<NodeConfig>,
    routing: Routing,
    health: HealthConfig,
    breaker: BreakerConfig,
    failover_timeout: Duration,
    retry_budget: f64,
    pool: PoolConfig,
    trace_statements: bool,
    statement_timeout: Option<Duration>,
    guard_commits: bool,
    guard_retention: Duration,
}

impl DatabaseBuilder {
    pub(super) fn new() -> Self {
        Self {
            nodes: Vec::new(),
            routing: Routing::new(),
            health: HealthConfig::new(),
            breaker: BreakerConfig::new(),
            failover_timeout: DEFAULT_FAILOVER,
            retry_budget: Deposits::RETRIES.ratio,
            pool: PoolConfig::new(),
            trace_statements: false,
            statement_timeout: None,
            guard_commits: false,
            guard_retention: GUARD_RETENTION,
        }
    }

    /// The node that takes the writes: its URL, or a [`NodeConfig`] with all that there is to say about it.
    ///
    /// With a single node this is all that is needed. With replicas, which node takes writes is found out, and found out
    /// again after every failover: this one is where the search begins.
    pub fn primary(self, node: impl Into<NodeConfig>) -> Self {
        self.with(node.into().declared(DeclaredRole::Primary))
    }

    /// A node that may serve reads. May be called for several.
    pub fn replica(self, node: impl Into<NodeConfig>) -> Self {
        self.with(node.into().declared(DeclaredRole::Replica))
    }

    /// A node whose role is found out. May be called for several.
    pub fn node(self, node: impl Into<NodeConfig>) -> Self {
        self.with(node.into().declared(DeclaredRole::Found))
    }

    fn with(mut self, node: NodeConfig) -> Self {
        self.nodes.push(node);
        self
    }

    /// How connections are pooled.
    pub fn pool(mut self, pool: PoolConfig) -> Self {
        self.pool = pool;
        self
    }

    /// Whether spans carry the statements' texts (never their parameters). Default: no.
    pub fn trace_statements(mut self, on: bool) -> Self {
        self.trace_statements = on;
        self
    }

    /// How long a statement may run, whoever sent it; then it is stopped on the server, and fails with
    /// [`ErrorKind::Timeout`]. A session may have a [shorter limit](crate::Limits::statement_timeout).
    ///
    /// Default: no limit. From 1 ms to 7 days. Counts from when the statement is sent, and of a stream until its last row is
    /// here: not the wait for a connection, and not a commit. [`Database::execute`] and migrations have no such limit.
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = Some(timeout);
        self
    }

    /// How reads are routed. Default: [`Routing::new`], with [`Consistency::ReadYourWrites`](crate::Consistency::ReadYourWrites).
    /// Means nothing as long as there is one node.
    pub fn routing(mut self, routing: impl Into<Routing>) -> Self {
        self.routing = routing.into();
        self
    }

    /// How nodes are watched.
    pub fn health(mut self, health: HealthConfig) -> Self {
        self.health = health;
        self
    }

    /// When a node that fails is left alone, and for how long.
    pub fn breaker(mut self, breaker: BreakerConfig) -> Self {
        self.breaker = breaker;
        self
    }

    /// How long a call waits for a node that may serve it, while there is none: for a new primary, say.
    ///
    /// Default: 10 s. From 0 (fail at once) to 1 hour. Includes what was tried before. See also
    /// [`PoolConfig::acquire_timeout`], which is about connections.
    pub fn failover_timeout(mut self, timeout: Duration) -> Self {
        self.failover_timeout = timeout;
        self
    }

    /// How many retries there may be, as a part of all calls, so that a database in trouble isn't drowned in them.
    ///
    /// Default: 0.1. From 0 to 1. A few retries a second are always allowed.
    pub fn retry_budget(mut self, ratio: f64) -> Self {
        self.retry_budget = ratio;
        self
    }

    /// Whether every unit of work that may write leaves a row in `wharf_outcome`, sent with its BEGIN, so that a commit
    /// whose answer is lost has an [id](Error::commit_id) that [`Database::resolve`] can be asked about. Default: no.
    ///
    /// Units that are `exactly_once` have one anyway, and are resolved by themselves. A write outside of any unit has none.
    /// Needs the table that [`Database::install_guard`] makes.
    pub fn guard_commits(mut self, on: bool) -> Self {
        self.guard_commits = on;
        self
    }

    /// How long the rows in `wharf_outcome` are kept before a task in the background deletes them, and with them how long a
    /// key of an `exactly_once` call is remembered. All programs on one database should say the same.
    ///
    /// Default: 24 h. From 1 h to 1,000 days. [`Database::resolve`] no longer decides about a commit that began more than half as long
    /// ago: its row may be gone soon.
    pub fn guard_retention(mut self, retention: Duration) -> Self {
        self.guard_retention = retention;
        self
    }

    /// Opens the database, and first connections to see that it is there.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] with everything that is wrong at once, or why the first connection failed. With
    /// several nodes, [`ErrorKind::NoPrimary`] when none takes writes within [`DatabaseBuilder::failover_timeout`].
    pub async fn connect(self) -> Result<Database> {
        let endpoints = self.endpoints()?;
        let settings = Settings {
            node: NodeOptions {
                traces_text: self.trace_statements,
                statement_limit: self
                    .statement_timeout
                    .map(|time| TimeLimit::new(Subject::Statement, SetBy::Program, time)),
            },
            health: self.health,
            breaker: self.breaker,
            pool: self.pool,
        };
        let deposits = Deposits {
            ratio: self.retry_budget,
            ..Deposits::RETRIES
        };
        let tasks = Arc::new(TaskGroup::default());
        let acquire_timeout = settings.pool.acquire_timeout;
        let nodes = self.nodes.into_iter().zip(endpoints).collect();
        let (cluster, first) = Cluster::start(nodes, settings, tasks.clone())?;
        let router = Router::new(
            cluster.clone(),
            first,
            self.failover_timeout,
            Budget::new(Instant::now(), deposits),
            Guarding::new(self.guard_commits, self.guard_retention, tasks.clone()),
        );
        let database = Database {
            route: Route::of_database(Arc::new(router), self.routing),
            shared: Arc::new(Shared {
                cluster,
                acquire_timeout,
                tasks,
            }),
        };
        match database.route.warm_up().await {
            Ok(()) => Ok(database),
            Err(error) => {
                database.close().await;
                Err(error)
            }
        }
    }

    /// Everything that is wrong, or how the nodes are reached.
    fn endpoints(&self) -> Result<Vec<Endpoint>> {
        let mut problems = Vec::new();
        if self.nodes.is_empty() {
            problems.push("no database was named; call `primary` with its URL".to_owned());
        } else {
            problems.extend(node_problems(&self.nodes));
        }
        problems.extend(self.pool.problems());
        let timeout = self.statement_timeout;
        problems.extend(timeout.and_then(|time| time_limit::problem("statement_timeout", time)));
        problems.extend(self.health.problems());
        problems.extend(self.breaker.problems());
        problems.extend(self.routing.problems());
        if !(0.0..=1.0).contains(&self.retry_budget) {
            let budget = self.retry_budget;
            problems.push(format!("retry_budget is {budget}, and 0 to 1 is allowed"));
        }
        if self.failover_timeout > LONGEST_FAILOVER {
            let timeout = self.failover_timeout;
            problems.push(format!(
                "failover_timeout is {timeout:?}, and up to {LONGEST_FAILOVER:?} is allowed"
            ));
        }
        if !(SHORTEST_RETENTION..=LONGEST_RETENTION).contains(&self.guard_retention) {
            problems.push(format!(
                "`guard_retention` is {:?}, and {SHORTEST_RETENTION:?} to 1,000 days is allowed",
                self.guard_retention
            ));
        }
        let mut endpoints = Vec::new();
        for node in &self.nodes {
            match Endpoint::parse(&node.url) {
                Ok(endpoint) => endpoints.push(endpoint),
                Err(error) => problems.insert(0, error.to_string()),
            }
        }
        if problems.is_empty() {
            return Ok(endpoints);
        }
        let error = Error::new(ErrorKind::Configuration, problems.join("; "));
        Err(error.attempting(|| "open the database".into()))
    }
}
