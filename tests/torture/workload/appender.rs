//! Appends its calls' numbers to lists.

use wharf::Result;

use super::{Desk, PAUSE, register};
use crate::bank::append;
use crate::history::Work;

#[derive(Debug)]
pub(super) struct Appender {
    desk: Desk,
}

impl Appender {
    pub(super) fn new(desk: Desk) -> Self {
        Self { desk }
    }

    pub(super) async fn run(self) -> Result<()> {
        let Desk { db, history, .. } = &self.desk;
        while !self.desk.is_over() {
            let begun = history.begin();
            let result = append(db, register(begun.number), begun.number).await;
            if !history.end(begun, Work::Append, Some(&result)) {
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok(())
    }
}
