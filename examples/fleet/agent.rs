//! One agent: a session, and what it does with it, one thing after the other without a pause.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use wharf::prelude::*;

use crate::bank::{Accounts, Audited, Bank, BankError, Order};
use crate::dropper::Dropper;
use crate::tally::{Kind, Tally};

/// Every twentieth agent has an allowance that it is going to use up.
const SHORT_EVERY: u64 = 20;
const SHORT_OPERATIONS: u64 = 100;
/// The accounts that everybody pays to now and then, so that transfers get into each other's way.
const POPULAR: i64 = 10;
const SLICE: u64 = 50;
const LARGEST_AMOUNT: i64 = 1100;

#[derive(Debug)]
pub(crate) struct Agent {
    session: Session,
    bank: Arc<Bank>,
    /// How many operations all agents have done, for the progress bar.
    done: Arc<AtomicU64>,
    random: fastrand::Rng,
    /// Drops some of what it does.
    dropper: Option<Dropper>,
    /// Where its last slice ended.
    cursor: Option<Cursor>,
}

impl Agent {
    pub(crate) fn new(
        number: u64,
        db: &Database,
        bank: Arc<Bank>,
        done: Arc<AtomicU64>,
        random: fastrand::Rng,
    ) -> Result<Self> {
        let is_short = number % SHORT_EVERY == SHORT_EVERY - 1;
        let operations = if is_short {
            SHORT_OPERATIONS
        } else {
            10_000_000
        };
        let limits = Limits::new().max_connections(2).max_operations(operations);
        let session = db
            .session(format!("agent-{number}"))
            .limits(limits)
            .open()?;
        Ok(Self {
            session,
            bank,
            done,
            random,
            dropper: None,
            cursor: None,
        })
    }

    /// Drops a tenth of its futures.
    pub(crate) fn with_chaos(mut self) -> Self {
        self.dropper = Some(Dropper::new(self.random.fork()));
        self
    }

    /// Works until the time is up, or a limit says stop.
    pub(crate) async fn run(mut self, until: Instant) -> Tally {
        let mut tally = Tally::default();
        let mut dropper = self.dropper.take();
        while Instant::now() < until {
            let kind = self.next_kind();
            let started = Instant::now();
            let operation = self.operate(kind, &mut tally);
            let result = match &mut dropper {
                Some(dropper) => dropper.run(kind, operation).await,
                None => Some(operation.await),
            };
            self.done.fetch_add(1, Ordering::Relaxed);
            match result {
                Some(result) => tally.record(kind, started.elapsed(), result),
                None => tally.record_dropped(kind),
            }
            if self.session.usage().refused > 0 {
                break;
            }
        }
        tally
    }

    fn next_kind(&mut self) -> Kind {
        match self.random.u8(..100) {
            0..30 => Kind::Transfer,
            30..80 => Kind::LookUp,
            80..99 => Kind::Page,
            _ => Kind::Report,
        }
    }

    async fn operate(&mut self, kind: Kind, tally: &mut Tally) -> Result<(), BankError> {
        match kind {
            Kind::Transfer => self.transfer(tally).await,
            Kind::LookUp => self.look_up().await,
            Kind::Page => self.page().await,
            Kind::Report => self.bank.report(&self.session).await.map(drop),
        }
    }

    async fn transfer(&mut self, tally: &mut Tally) -> Result<(), BankError> {
        let source = self.account();
        let popular = self.random.u8(..10) == 0;
        let mut target = if popular {
            self.random.i64(1..=POPULAR)
        } else {
            self.account()
        };
        if target == source {
            target = source % self.bank.accounts as i64 + 1;
        }
        let order = Order {
            source,
            target,
            amount: self.random.i64(1..=LARGEST_AMOUNT),
        };
        let audited = self.bank.transfer(&self.session, order).await?;
        tally.transfers_committed += 1;
        match audited {
            Audited::Kept => tally.audits_kept += 1,
            Audited::Undone(BankError::RefusedByAudit) => tally.audits_refused += 1,
            // The money has moved all the same; the rest is as with any other call.
            Audited::Undone(problem) => return Err(problem),
        }
        Ok(())
    }

    async fn look_up(&mut self) -> Result<(), BankError> {
        let id = self.account();
        Accounts::get(&self.session, id).await?;
        Ok(())
    }

    async fn page(&mut self) -> Result<(), BankError> {
        let slice = Accounts::after(&self.session, self.cursor.as_ref(), SLICE).await?;
        self.cursor = slice.next;
        Ok(())
    }

    fn account(&mut self) -> i64 {
        self.random.i64(1..=self.bank.accounts as i64)
    }
}
