//! One round: workers and nemesis at the same time, and then the question of what became of everything.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wharf::__private::Mechanism;
use wharf::CommitOutcome;
use wharf::prelude::*;

use crate::bank::{Accounts, Ledger, Notes, Registers};
use crate::checker::{Checked, Evidence, Harm, Tail, Violation, check};
use crate::cutter;
use crate::ground::Ground;
use crate::history::{Fate, History};
use crate::manager::Manager;
use crate::nemesis::{Incidents, Nemesis};
use crate::observer::Observer;
use crate::options::Options;
use crate::workload::Workload;

/// Longer than the delay of MariaDB, which counts in seconds.
const DELAY: Duration = Duration::from_millis(400);
/// Without a mechanism harm comes soon, and is looked for often.
const SHORT_ROUND: Duration = Duration::from_secs(3);
const SETTLED: Duration = Duration::from_millis(50);

/// What has happened so far, in all rounds.
#[derive(Debug)]
pub(crate) struct Trial<'a> {
    options: &'a Options,
    ground: &'a Ground,
    observer: &'a Observer,
    random: fastrand::Rng,
    pub(crate) history: Arc<History>,
    pub(crate) incidents: Incidents,
}

/// How hard it is made.
#[derive(Debug, Clone, Copy)]
struct Severity {
    /// Of how many commits one is cut off.
    cuts: u64,
    /// Of how many transfers one is dropped.
    drops: u32,
}

impl<'a> Trial<'a> {
    pub(crate) fn new(options: &'a Options, ground: &'a Ground, observer: &'a Observer) -> Self {
        Self {
            options,
            ground,
            observer,
            random: fastrand::Rng::with_seed(options.seed),
            history: Arc::default(),
            incidents: Incidents::default(),
        }
    }

    /// Rounds until the time is up or something was found: one long one, or short ones when a mechanism is missing.
    ///
    /// # Errors
    /// When the nodes could not be read although all of them are well.
    pub(crate) async fn run(&mut self) -> Result<Checked> {
        let until = Instant::now() + Duration::from_secs(self.options.seconds);
        loop {
            self.round(until).await?;
            let checked = self.check().await?;
            if !checked.violations.is_empty() || Instant::now() >= until {
                return Ok(checked);
            }
        }
    }

    async fn round(&mut self, until: Instant) -> Result<()> {
        let severity = match self.options.without {
            Some(Mechanism::Guard) => Severity {
                cuts: 4,
                drops: 100,
            },
            Some(Mechanism::State) => Severity { cuts: 50, drops: 4 },
            _ => Severity {
                cuts: 50,
                drops: 100,
            },
        };
        let Self {
            ground, history, ..
        } = &*self;
        let (ground, history) = (*ground, history.clone());
        let random = &mut self.random;
        let workload = Workload::start(&ground.db, &history, random, severity.drops);
        let cluster = ground.cluster.clone();
        let cutter = tokio::spawn(cutter::run(cluster, history, random.fork(), severity.cuts));
        let mut nemesis = Nemesis {
            manager: Manager {
                ground,
                observer: self.observer,
            },
            random: random.fork(),
            incidents: std::mem::take(&mut self.incidents),
        };
        let soon = until.min(Instant::now() + SHORT_ROUND);
        match self.options.without {
            None => nemesis.rage(until).await,
            Some(Mechanism::Token) => {
                nemesis.delay_apply(DELAY).await;
                tokio::time::sleep_until(soon.into()).await;
                nemesis.delay_apply(Duration::ZERO).await;
            }
            Some(Mechanism::Timeline) => nemesis.fool().await,
            Some(_) => tokio::time::sleep_until(soon.into()).await,
        }
        self.incidents = nemesis.incidents;
        cutter.abort();
        let primary = ground.cluster.primary();
        eprintln!(
            "torture: the last calls end (the primary is node{})",
            primary + 1
        );
        workload.end().await
    }

    /// Asks what became of the commits that nobody knows about, and compares what was told with what is there.
    async fn check(&self) -> Result<Checked> {
        let mut unresolved = Vec::new();
        for call in self.history.calls() {
            let (Fate::Unknown, Some(commit)) = (call.fate, call.commit) else {
                continue;
            };
            match self.ground.db.resolve(commit).await {
                Ok(CommitOutcome::Committed) => self.history.settle(call.number, Fate::Acked),
                Ok(CommitOutcome::RolledBack) => self.history.settle(call.number, Fate::Failed),
                Err(error) => unresolved.push(format!("call {}: {error}", call.number)),
            }
        }
        for problem in unresolved {
            eprintln!("torture: unresolved: {problem}");
        }
        let evidence = self.settled().await?;
        let tails: Vec<Tail> = match self.options.is_synchronous {
            true => Vec::new(),
            false => {
                let failovers = self.incidents.failovers.iter();
                failovers.map(|failover| failover.tail()).collect()
            }
        };
        let mut checked = check(&self.history.calls(), &evidence, &tails);
        checked.violations.extend(self.history.violations());
        checked.violations.extend(self.compare(&evidence).await?);
        Ok(checked)
    }

    /// What the primary shows, once nobody works there any more: what was dropped may still be on its way.
    async fn settled(&self) -> Result<Evidence> {
        let primary = &self.ground.direct[self.ground.cluster.primary()];
        let mut last = gather(primary).await?;
        loop {
            tokio::time::sleep(SETTLED).await;
            let evidence = gather(primary).await?;
            if evidence == last {
                return Ok(evidence);
            }
            last = evidence;
        }
    }

    /// Whether the replicas show the same.
    async fn compare(&self, evidence: &Evidence) -> Result<Vec<Violation>> {
        self.ground.catch_up().await;
        let mut violations = Vec::new();
        for (node, db) in self.ground.direct.iter().enumerate() {
            if gather(db).await? != *evidence {
                violations.push(Violation {
                    harm: Harm::Lost,
                    evidence: format!("node{} shows something else than the primary", node + 1),
                });
            }
        }
        Ok(violations)
    }
}

async fn gather(db: &Database) -> Result<Evidence> {
    Ok(Evidence {
        accounts: Accounts::all(db).await?,
        entries: Ledger::all(db).await?,
        registers: Registers::all(db).await?,
        notes: Notes::all(db).await?,
    })
}
