//! Writes its note and reads it back, wherever reads go. It must see what it wrote.

use wharf::{CausalToken, Error, ErrorKind, Result, Session};

use super::Desk;
use crate::bank::{Notes, raise_note};
use crate::checker::Harm;
use crate::history::Work;

#[derive(Debug)]
pub(super) struct Author {
    desk: Desk,
    random: fastrand::Rng,
    note: i64,
    /// What was acknowledged last, and so must be seen.
    floor: i64,
}

impl Author {
    pub(super) fn new(desk: Desk, random: fastrand::Rng, note: i64) -> Self {
        Self {
            desk,
            random,
            note,
            floor: 0,
        }
    }

    pub(super) async fn run(mut self) -> Result<()> {
        let mut session = self.session()?;
        while !self.desk.is_over() {
            self.write(&session).await;
            // As somebody else who was told: a colleague, or the same program after a restart.
            let result = if self.random.u32(..4) == 0 {
                let other = self.session()?;
                match hand_over(&session, &other) {
                    Ok(()) => self.read(&other).await,
                    Err(error) => Err(error),
                }
            } else {
                self.read(&session).await
            };
            match result {
                Ok(()) => self.desk.history.read(),
                Err(error) => {
                    if error.kind() == ErrorKind::CausalityLost {
                        // It knows now, and begins anew.
                        session = self.session()?;
                        self.floor = 0;
                    }
                    self.desk.failed(&error).await;
                }
            }
        }
        Ok(())
    }

    fn session(&self) -> Result<Session> {
        self.desk.db.session(format!("author {}", self.note)).open()
    }

    async fn write(&mut self, session: &Session) {
        let history = &self.desk.history;
        let begun = history.begin();
        let (id, value) = (self.note, begun.number);
        let work = Work::Note { id, value };
        let is_acked = if self.random.bool() {
            let result = raise_note(session, id, value).await;
            history.end(begun, work, Some(&result))
        } else {
            let result = Notes::raise(session, id, value).await;
            history.end_unguarded(begun, work, &result)
        };
        if is_acked {
            self.floor = value;
        }
    }

    async fn read(&self, session: &Session) -> Result<()> {
        let found = Notes::get(session, self.note).await?.value;
        if found < self.floor {
            let Self { note, floor, .. } = self;
            let evidence = format!("note {note} had been set to {floor}, and was read as {found}");
            self.desk.history.violated(Harm::StaleOwn, evidence);
        }
        Ok(())
    }
}

/// Tells another session what it must not read behind, by way of a text.
fn hand_over(from: &Session, to: &Session) -> Result<(), Error> {
    match from.token() {
        Some(token) => {
            let token: CausalToken = token.to_string().parse()?;
            to.observe(&token)
        }
        None => Ok(()),
    }
}
