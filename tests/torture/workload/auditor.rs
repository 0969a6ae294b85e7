//! Adds everything up in one snapshot after the other. No transfer may be there by half.

use wharf::{Consistency, Result, Routing};

use super::Desk;
use crate::bank::sums;
use crate::checker::Harm;

#[derive(Debug)]
pub(super) struct Auditor {
    desk: Desk,
}

impl Auditor {
    pub(super) fn new(desk: Desk) -> Self {
        Self { desk }
    }

    pub(super) async fn run(self) -> Result<()> {
        // However old, a snapshot is whole.
        let routing = Routing::new().consistency(Consistency::Any);
        let session = self.desk.db.session("auditor").routing(routing).open()?;
        while !self.desk.is_over() {
            match sums(&session).await {
                Ok(sums) => {
                    if !sums.are_whole() {
                        let evidence = format!("a snapshot shows {sums:?}");
                        self.desk.history.violated(Harm::Half, evidence);
                    }
                    self.desk.history.read();
                }
                Err(error) => self.desk.failed(&error).await,
            }
        }
        Ok(())
    }
}
