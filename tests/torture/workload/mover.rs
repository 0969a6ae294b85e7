//! Moves money between accounts. Some of its futures are dropped in the middle.

use wharf::{ErrorKind, Result, Session};

use super::{Desk, PAUSE};
use crate::bank::{ACCOUNTS, Order, transfer, transfer_under_key};
use crate::dropper::Dropper;
use crate::history::Work;

const LARGEST_AMOUNT: i64 = 100;
/// Of how many calls under a key that were acknowledged one is repeated.
const REPEATED: u32 = 20;

#[derive(Debug)]
pub(super) struct Mover {
    desk: Desk,
    random: fastrand::Rng,
    dropper: Dropper,
    /// Whether it calls under a key, again and again until it is told that it was done, and sometimes once more.
    has_keys: bool,
}

impl Mover {
    pub(super) fn new(desk: Desk, mut random: fastrand::Rng, drops: u32, has_keys: bool) -> Self {
        Self {
            desk,
            dropper: Dropper::new(random.fork(), drops),
            random,
            has_keys,
        }
    }

    pub(super) async fn run(mut self) -> Result<()> {
        let session = self.desk.db.session("mover").open()?;
        while !self.desk.is_over() {
            let begun = self.desk.history.begin();
            let order = self.order(begun.number);
            let result = if self.has_keys {
                let first = transfer_under_key(&session, order);
                let first = self.dropper.run(first).await;
                self.repeat(&session, order, first).await
            } else {
                self.dropper.run(transfer(&session, order)).await
            };
            let history = &self.desk.history;
            if !history.end(begun, Work::Transfer, result.as_ref()) && result.is_some() {
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok(())
    }

    /// Calls once more under the same key: after a call that left it open what became of it, and sometimes after a good
    /// one. Whatever became of the first call, the second one is the same.
    async fn repeat(
        &mut self,
        session: &Session,
        order: Order,
        first: Option<Result<()>>,
    ) -> Option<Result<()>> {
        let is_due = match &first {
            None => true,
            Some(Ok(())) => self.random.u32(..REPEATED) == 0,
            Some(Err(error)) => error.kind() == ErrorKind::CommitUnknown,
        };
        if !is_due {
            return first;
        }
        match transfer_under_key(session, order).await {
            Ok(()) => Some(Ok(())),
            // It says nothing about the first one.
            Err(error) => {
                self.desk.history.told(&error);
                first
            }
        }
    }

    fn order(&mut self, call: i64) -> Order {
        let source = self.random.i64(0..ACCOUNTS);
        Order {
            call,
            source,
            target: (source + self.random.i64(1..ACCOUNTS)) % ACCOUNTS,
            amount: self.random.i64(1..=LARGEST_AMOUNT),
        }
    }
}
