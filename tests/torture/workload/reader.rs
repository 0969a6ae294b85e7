//! Reads wherever reads go, as one session. What it sees never becomes older.

use std::collections::BTreeMap;

use wharf::{ErrorKind, Result, Routing, Session, Strategy};

use super::{Desk, register};
use crate::bank::{Notes, Registers};
use crate::checker::Harm;

#[derive(Debug)]
pub(super) struct Reader {
    desk: Desk,
    random: fastrand::Rng,
    /// What it has seen, by the notes' ids.
    notes: BTreeMap<i64, i64>,
    /// And of the lists.
    lists: BTreeMap<i64, String>,
}

impl Reader {
    pub(super) fn new(desk: Desk, random: fastrand::Rng) -> Self {
        Self {
            desk,
            random,
            notes: BTreeMap::new(),
            lists: BTreeMap::new(),
        }
    }

    pub(super) async fn run(mut self) -> Result<()> {
        let mut session = self.session()?;
        while !self.desk.is_over() {
            let result = match self.random.bool() {
                true => self.read_notes(&session).await,
                false => self.read_list(&session).await,
            };
            match result {
                Ok(()) => self.desk.history.read(),
                Err(error) => {
                    if error.kind() == ErrorKind::CausalityLost {
                        // It knows now, and begins anew.
                        session = self.session()?;
                        self.notes.clear();
                        self.lists.clear();
                    }
                    self.desk.failed(&error).await;
                }
            }
        }
        Ok(())
    }

    fn session(&self) -> Result<Session> {
        // From one replica to the next: what one shows the other may not know yet.
        let routing = Routing::new().strategy(Strategy::RoundRobin);
        self.desk.db.session("reader").routing(routing).open()
    }

    async fn read_notes(&mut self, session: &Session) -> Result<()> {
        for note in Notes::all(session).await? {
            let last = self.notes.insert(note.id, note.value).unwrap_or(0);
            if note.value < last {
                let evidence = format!("note {} was {last}, and then {}", note.id, note.value);
                self.desk.history.violated(Harm::Backwards, evidence);
            }
        }
        Ok(())
    }

    async fn read_list(&mut self, session: &Session) -> Result<()> {
        // One that is being appended to, or was a moment ago.
        let now = self.desk.history.last_number();
        let id = register((now - self.random.i64(0..100)).max(0));
        let list = Registers::get(session, id).await?.list;
        let last = self.lists.insert(id, list.clone()).unwrap_or_default();
        if !list.starts_with(&last) {
            let evidence = format!("list {id} was {last:?}, and then {list:?}");
            self.desk.history.violated(Harm::Backwards, evidence);
        }
        Ok(())
    }
}
