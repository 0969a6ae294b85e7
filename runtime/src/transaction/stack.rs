//! What is open in one transaction: units within units, named savepoints, what is doomed, and what is still to be undone.
//!
//! Pure. It is told what was sent ([`Stack::sent`]), and how that ended: by the one who sent it ([`Stack::answered`]),
//! or by whoever came next, when the sender was dropped in between ([`Stack::abandoned`]). `H` is a hook, kept in the
//! order in which hooks were added, so that undoing a part takes exactly the hooks of that part away.
//!
//! Invariant: a savepoint that exists on the server and belongs to nobody is undone before the next statement runs.
#![deny(clippy::disallowed_methods)]

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Outcome};
use crate::pool::Site;

/// One unit of work within a transaction; the outermost is 0, and no number is used twice.
pub(crate) type LevelId = u32;
/// A savepoint's number, from which its name on the server is made.
pub(crate) type Number = u32;

/// What is sent, as far as it concerns the stack.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Action {
    Statement {
        level: LevelId,
    },
    /// A statement whose rows are handed over as they come.
    Stream {
        level: LevelId,
    },
    /// Opens a nested unit.
    Open {
        number: Number,
        site: Site,
    },
    /// Rolls a nested unit back.
    Undo {
        number: Number,
    },
    /// Makes a nested unit a part of the one around it.
    Release {
        number: Number,
    },
    /// Sets a named savepoint.
    Mark {
        number: Number,
        level: LevelId,
    },
    /// Goes back to a named savepoint.
    RollbackTo {
        number: Number,
        level: LevelId,
    },
}

/// Why a unit can't be used.
#[derive(Debug, Clone)]
pub(crate) enum Refusal {
    Ended,
    Suspended { by: Site },
    Doomed { cause: Arc<Error> },
}

#[derive(Debug)]
struct Level {
    id: LevelId,
    /// The savepoint under it; the outermost has none.
    savepoint: Option<Number>,
    site: Site,
    doomed: Option<Arc<Error>>,
    /// Its handle was dropped: it is to be undone.
    is_orphan: bool,
    hooks_from: usize,
    marks: Vec<MarkPlace>,
}

#[derive(Debug, Clone, Copy)]
struct MarkPlace {
    number: Number,
    hooks_from: usize,
    was_doomed: bool,
}

#[derive(Debug)]
pub(crate) struct Stack<H> {
    levels: Vec<Level>,
    hooks: Vec<H>,
    next_level: LevelId,
    next_number: Number,
    /// What was sent and has not been answered.
    pending: Option<Action>,
    /// A savepoint that was opened for somebody who had gone by then.
    stray: Option<Number>,
}

impl<H> Stack<H> {
    pub(crate) fn new(site: Site) -> Self {
        let outermost = Level {
            id: 0,
            savepoint: None,
            site,
            doomed: None,
            is_orphan: false,
            hooks_from: 0,
            marks: Vec::new(),
        };
        Self {
            levels: vec![outermost],
            hooks: Vec::new(),
            next_level: 1,
            next_number: 1,
            pending: None,
            stray: None,
        }
    }

    /// Whether a unit can be used now.
    pub(crate) fn check(&self, level: LevelId) -> Result<(), Refusal> {
        let own = self
            .levels
            .iter()
            .position(|open| open.id == level)
            .ok_or(Refusal::Ended)?;
        if self.levels[own].is_orphan {
            return Err(Refusal::Ended);
        }
        if let Some(above) = self.levels[own + 1..].iter().find(|above| !above.is_orphan) {
            return Err(Refusal::Suspended { by: above.site });
        }
        match &self.levels[own].doomed {
            Some(cause) => Err(Refusal::Doomed {
                cause: cause.clone(),
            }),
            None => Ok(()),
        }
    }

    /// A number for a savepoint to come.
    pub(crate) fn number(&mut self) -> Number {
        self.next_number += 1;
        self.next_number - 1
    }

    /// The savepoint that must be undone before anything else is sent.
    pub(crate) fn next_repair(&self) -> Option<Number> {
        // The lowest orphan: undoing it undoes all that is above.
        let orphan = self
            .levels
            .iter()
            .find(|level| level.is_orphan)
            .and_then(|level| level.savepoint);
        orphan.or(self.stray)
    }

    /// Something is about to go out.
    pub(crate) fn sent(&mut self, action: Action) {
        self.pending = Some(action);
    }

    /// Its sender has the answer. Returns the hooks of what was undone, and the level that was opened.
    pub(crate) fn answered(&mut self, problem: Option<Arc<Error>>) -> (Option<LevelId>, Vec<H>) {
        let Some(action) = self.pending.take() else {
            return (None, Vec::new());
        };
        match (action, problem) {
            (Action::Open { number, site }, None) => {
                let id = self.next_level;
                self.next_level += 1;
                let hooks_from = self.hooks.len();
                let savepoint = Some(number);
                self.levels.push(Level {
                    id,
                    savepoint,
                    site,
                    doomed: None,
                    is_orphan: false,
                    hooks_from,
                    marks: Vec::new(),
                });
                (Some(id), Vec::new())
            }
            (Action::Mark { number, level }, None) => {
                let hooks_from = self.hooks.len();
                if let Some(level) = self.level(level) {
                    let was_doomed = level.doomed.is_some();
                    level.marks.push(MarkPlace {
                        number,
                        hooks_from,
                        was_doomed,
                    });
                }
                (None, Vec::new())
            }
            (action, problem) => (None, self.conclude(action, problem)),
        }
    }

    /// Its sender was dropped before the answer came. Returns the hooks of what was undone.
    pub(crate) fn abandoned(&mut self, done: bool) -> Vec<H> {
        let Some(action) = self.pending.take() else {
            return Vec::new();
        };
        let dropped = || {
            let message =
                "a statement was dropped before its answer was there, so what it did is unknown";
            Arc::new(Error::new(ErrorKind::Cancelled, message).with_outcome(Outcome::RolledBack))
        };
        match action {
            Action::Statement { level } => {
                self.doom(level, dropped());
                Vec::new()
            }
            // It was read as far as it was wanted; what counts is that it didn't fail after that.
            Action::Stream { level } => {
                if !done {
                    self.doom(level, failed_unseen());
                }
                Vec::new()
            }
            // Nobody has a handle to it, so nobody else will undo it.
            Action::Open { number, .. } if done => {
                self.stray = Some(number);
                Vec::new()
            }
            // A savepoint that nobody can name does no harm.
            Action::Mark { .. } if done => Vec::new(),
            action => self.conclude(action, (!done).then(dropped)),
        }
    }

    fn conclude(&mut self, action: Action, problem: Option<Arc<Error>>) -> Vec<H> {
        match (action, problem) {
            (
                Action::Statement { level } | Action::Stream { level } | Action::Mark { level, .. },
                Some(cause),
            ) => self.doom(level, cause),
            (Action::Open { .. } | Action::Release { .. }, Some(cause)) => {
                if let Some(top) = self.levels.last_mut() {
                    top.doomed.get_or_insert(cause);
                }
            }
            // What can't be undone alone is undone with everything.
            (Action::Undo { number }, Some(cause)) => {
                self.doom(0, cause);
                self.stray = None;
                self.pop(number);
            }
            (Action::RollbackTo { .. }, Some(cause)) => self.doom(0, cause),
            (Action::Undo { number }, None) => {
                self.forget_stray_from(number);
                return self.pop(number);
            }
            (Action::Release { number }, None) => {
                // Its hooks stay, and are its parent's from now on.
                if let Some(place) = self.place(number) {
                    self.levels.truncate(place);
                }
            }
            (Action::RollbackTo { number, level }, None) => {
                let Some(level) = self.level(level) else {
                    return Vec::new();
                };
                let Some(place) = level.marks.iter().position(|mark| mark.number == number) else {
                    return Vec::new();
                };
                let mark = level.marks[place];
                level.marks.truncate(place + 1);
                if !mark.was_doomed {
                    level.doomed = None;
                }
                self.forget_stray_from(number);
                return self.hooks.split_off(mark.hooks_from);
            }
            (
                Action::Statement { .. }
                | Action::Stream { .. }
                | Action::Open { .. }
                | Action::Mark { .. },
                None,
            ) => {}
        }
        Vec::new()
    }

    /// Undoing a savepoint undid all that were set after it.
    fn forget_stray_from(&mut self, number: Number) {
        self.stray = self.stray.filter(|stray| *stray < number);
    }

    /// Takes away the unit on a savepoint, with all that is in it.
    fn pop(&mut self, number: Number) -> Vec<H> {
        let Some(place) = self.place(number) else {
            return Vec::new();
        };
        let hooks_from = self.levels[place].hooks_from;
        self.levels.truncate(place);
        self.hooks.split_off(hooks_from)
    }

    /// A unit's handle was dropped without an end.
    pub(crate) fn orphan(&mut self, level: LevelId) {
        if let Some(level) = self.level(level) {
            level.is_orphan = true;
        }
    }

    /// From now on a unit can only be rolled back.
    pub(crate) fn doom(&mut self, level: LevelId, cause: Arc<Error>) {
        if let Some(level) = self.level(level) {
            level.doomed.get_or_insert(cause);
        }
    }

    /// What dooms a unit.
    /// From now on everything that is open can only be rolled back.
    pub(crate) fn doom_all(&mut self, cause: &Arc<Error>) {
        for level in &mut self.levels {
            level.doomed.get_or_insert_with(|| cause.clone());
        }
    }

    pub(crate) fn doomed(&self, level: LevelId) -> Option<Arc<Error>> {
        self.levels
            .iter()
            .find(|open| open.id == level)
            .and_then(|open| open.doomed.clone())
    }

    /// The savepoint under a nested unit.
    pub(crate) fn savepoint(&self, level: LevelId) -> Option<Number> {
        self.levels
            .iter()
            .find(|open| open.id == level)
            .and_then(|open| open.savepoint)
    }

    pub(crate) fn has_mark(&self, level: LevelId, number: Number) -> bool {
        let level = self.levels.iter().find(|open| open.id == level);
        level.is_some_and(|level| level.marks.iter().any(|mark| mark.number == number))
    }

    pub(crate) fn add_hook(&mut self, hook: H) {
        self.hooks.push(hook);
    }

    /// The transaction has ended: nothing can be used any more. Returns all hooks.
    pub(crate) fn end(&mut self) -> Vec<H> {
        self.levels.clear();
        self.stray = None;
        self.pending = None;
        std::mem::take(&mut self.hooks)
    }

    fn level(&mut self, id: LevelId) -> Option<&mut Level> {
        self.levels.iter_mut().find(|level| level.id == id)
    }

    fn place(&self, number: Number) -> Option<usize> {
        self.levels
            .iter()
            .position(|level| level.savepoint == Some(number))
    }
}

/// Why a unit is doomed by a stream that nobody read to its end.
fn failed_unseen() -> Arc<Error> {
    let message = "a stream was dropped, and failed before its last row";
    Arc::new(Error::new(ErrorKind::Cancelled, message).with_outcome(Outcome::RolledBack))
}

#[cfg(test)]
mod tests;
