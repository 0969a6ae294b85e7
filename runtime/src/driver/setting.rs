//! What Wharf itself sets in a session of the server, and what takes it back.
//!
//! A text that sets something takes it back at its end, but a server that refuses a part of a text doesn't do what comes
//! after. So the connection notes what a text sets before the first byte goes out, and strikes it out when all was done.
//! What is left is known by name, and one round trip takes it back, where a session of which nothing is known has to be
//! discarded, or closed.
#![deny(clippy::disallowed_methods)]

/// Something that outlives its statement. MariaDB's alone: PostgreSQL's `SET LOCAL` ends with its transaction, and SQLite
/// is told when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    /// How long statements wait for a lock. What it was before is kept in `@wharf_wait`.
    LockWait,
    /// The isolation level of the next transaction. A statement that is refused before it is one, since its table isn't
    /// there, say, leaves the level to whoever begins a transaction next.
    NextIsolation,
}

impl Setting {
    /// What takes it back, wherever the text that set it has stopped.
    pub(crate) const fn taking_back(self) -> &'static str {
        match self {
            Self::LockWait => {
                "SET SESSION innodb_lock_wait_timeout = @wharf_wait, @wharf_wait = NULL"
            }
            // The end of a transaction ends it, also of none.
            Self::NextIsolation => "ROLLBACK",
        }
    }
}

/// What is set in one session of the server, and not yet taken back.
#[derive(Debug, Default)]
pub(crate) struct Settings(Vec<Setting>);

impl Settings {
    /// A text that sets this is about to go out.
    pub(super) fn note(&mut self, setting: Setting) {
        if !self.0.contains(&setting) {
            self.0.push(setting);
        }
    }

    /// The whole text was done, and has taken it back.
    pub(super) fn strike(&mut self, setting: Setting) {
        self.0.retain(|set| *set != setting);
    }

    /// All was taken back, or is gone with the session.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One message that takes all of it back.
    pub(super) fn taking_back(&self) -> String {
        let texts: Vec<_> = self.0.iter().map(|setting| setting.taking_back()).collect();
        texts.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_done_to_its_end_is_taken_back_in_one_message() {
        let mut settings = Settings::default();
        settings.note(Setting::LockWait);
        settings.strike(Setting::LockWait);
        assert!(settings.is_empty());
        settings.note(Setting::NextIsolation);
        settings.note(Setting::LockWait);
        settings.note(Setting::NextIsolation);
        assert_eq!(
            settings.taking_back(),
            "ROLLBACK; SET SESSION innodb_lock_wait_timeout = @wharf_wait, @wharf_wait = NULL"
        );
        settings.clear();
        assert!(settings.is_empty());
    }
}
