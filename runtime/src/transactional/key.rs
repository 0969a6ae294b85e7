//! A caller's key: what makes two calls the same one.
#![deny(clippy::disallowed_methods)]

use std::fmt::{Debug, Display};
use std::time::Duration;

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::driver::hex;
use crate::error::{CommitId, Error, ErrorKind, Result};
use crate::transaction::{CommitOutcome, Entry, GuardRow};

/// The longest key, in bytes.
const LONGEST: usize = 1024;

/// A caller's key, and what was asked for under it.
#[derive(Debug)]
pub(super) struct Key {
    text: String,
    unit: [u8; 16],
    /// The method and its other arguments.
    fingerprint: [u8; 16],
    method: &'static str,
}

/// What is to be done under a key.
#[derive(Debug, PartialEq)]
pub(super) enum Plan<T> {
    /// It was done before, and this is what came of it.
    Done(T),
    /// It is to be done, as this attempt.
    Do(GuardRow),
}

impl Key {
    pub(super) fn new(key: &dyn Display, method: &'static str, arguments: &[&dyn Debug]) -> Self {
        let text = key.to_string();
        let mut hash = Sha256::new();
        let mut add = |part: &str| {
            // With its length, so that no two lists of parts run together into one text.
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        };
        add(method);
        arguments
            .iter()
            .for_each(|argument| add(&format!("{argument:?}")));
        Self {
            unit: half(&Sha256::digest(&text)),
            fingerprint: half(&hash.finalize()),
            text,
            method,
        }
    }

    pub(super) fn unit(&self) -> &[u8; 16] {
        &self.unit
    }

    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for a key that can't be one.
    pub(super) fn check(&self) -> Result<()> {
        let length = self.text.len();
        if length == 0 || length > LONGEST {
            let message = format!("the key has {length} bytes, and 1 to {LONGEST} are allowed");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        Ok(())
    }

    /// What follows from what is known of the key.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyUsed`] when something else was done under it; [`ErrorKind::Decode`] when what is kept of its
    /// value is no `T`.
    pub(super) fn plan<T: DeserializeOwned>(
        &self,
        since_1970: Duration,
        entries: &[Entry],
    ) -> Result<Plan<T>> {
        let done = entries
            .iter()
            .find(|entry| entry.outcome == CommitOutcome::Committed);
        if let Some(done) = done {
            return self.result(done).map(Plan::Done);
        }
        // Every attempt so far has been fenced: none of them can happen any more.
        let last = entries.last().map_or(0, |entry| entry.attempt);
        let attempt = last
            .checked_add(1)
            .filter(|attempt| *attempt <= i16::MAX as u16);
        let attempt = attempt.ok_or_else(|| {
            let message = format!("the key `{}` has used up its {last} attempts", self.text);
            Error::new(ErrorKind::LimitExceeded, message)
        })?;
        Ok(Plan::Do(GuardRow {
            id: CommitId::new(self.unit, attempt, since_1970),
            fingerprint: Some(self.fingerprint),
        }))
    }

    fn result<T: DeserializeOwned>(&self, done: &Entry) -> Result<T> {
        if done.fingerprint.as_deref() != Some(&hex(&self.fingerprint)) {
            let message = format!(
                "the key `{}` was used at {} UTC, with other arguments or by another method than `{}`",
                self.text, done.at, self.method
            );
            return Err(Error::new(ErrorKind::AlreadyUsed, message));
        }
        // `null` isn't stored.
        let json = done.result.as_deref().unwrap_or("null");
        serde_json::from_str(json).map_err(|problem| {
            let message = format!(
                "what `{}` returned under the key `{}` at {} UTC doesn't fit what it returns now: {problem}",
                self.method, self.text, done.at
            );
            Error::new(ErrorKind::Decode, message)
        })
    }
}

fn half(hash: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_700_000_000);

    fn key(text: &str, amount: i64) -> Key {
        Key::new(&text, "pay", &[&"ada", &amount])
    }

    fn entry(attempt: u16, outcome: CommitOutcome) -> Entry {
        Entry {
            attempt,
            outcome,
            fingerprint: Some(hex(&key("a", 1).fingerprint)),
            at: "2023-11-14 22:13:20".into(),
            result: Some("7".into()),
        }
    }

    #[test]
    fn a_key_names_the_unit_and_the_arguments_make_the_fingerprint() {
        let (first, second) = (key("a", 1), key("a", 2));
        assert_eq!(first.unit, second.unit);
        assert_ne!(first.fingerprint, second.fingerprint);
        assert_ne!(first.unit, key("b", 1).unit);
        let other_method = Key::new(&"a", "refund", &[&"ada", &1i64]);
        assert_ne!(first.fingerprint, other_method.fingerprint);
        let [split, whole] = [["a", "bc"], ["ab", "c"]]
            .map(|[one, two]| Key::new(&"a", "pay", &[&one, &two]).fingerprint);
        assert_ne!(split, whole);
        // Kept in databases: it must not change.
        assert_eq!(hex(&first.unit), "ca978112ca1bbdcafac231b39a23dc4d");
    }

    #[test]
    fn the_next_attempt_comes_after_those_that_were_fenced() {
        let fenced = |attempt| entry(attempt, CommitOutcome::RolledBack);
        for (entries, expected) in [
            (vec![], 1),
            (vec![fenced(1)], 2),
            (vec![fenced(1), fenced(2)], 3),
        ] {
            let plan = key("a", 1).plan::<i64>(NOW, &entries).expect("a plan");
            let Plan::Do(row) = plan else {
                panic!("{plan:?}")
            };
            assert_eq!((row.id.attempt, row.id.unit), (expected, key("a", 1).unit));
            assert_eq!(row.fingerprint, Some(key("a", 1).fingerprint));
        }
        let last = [fenced(i16::MAX as u16)];
        let error = key("a", 1)
            .plan::<i64>(NOW, &last)
            .expect_err("no attempt is left");
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    }

    #[test]
    fn what_was_done_is_returned_to_whoever_asks_for_the_same() {
        let entries = [
            entry(1, CommitOutcome::RolledBack),
            entry(2, CommitOutcome::Committed),
        ];
        assert_eq!(
            key("a", 1).plan(NOW, &entries).expect("a value"),
            Plan::Done(7)
        );
        let error = key("a", 2)
            .plan::<i64>(NOW, &entries)
            .expect_err("other arguments");
        assert_eq!(error.kind(), ErrorKind::AlreadyUsed);
        assert_eq!(
            error.to_string(),
            "the key `a` was used at 2023-11-14 22:13:20 UTC, with other arguments or by another method than `pay`"
        );
        let error = key("a", 1)
            .plan::<String>(NOW, &entries)
            .expect_err("another type");
        assert_eq!(error.kind(), ErrorKind::Decode);
    }

    #[test]
    fn a_key_has_a_length() {
        for (text, is_allowed) in [
            (String::new(), false),
            ("a".into(), true),
            ("a".repeat(LONGEST), true),
            ("a".repeat(LONGEST + 1), false),
        ] {
            let checked = key(&text, 1).check();
            assert_eq!(checked.is_ok(), is_allowed, "{} bytes", text.len());
            if let Err(error) = checked {
                assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            }
        }
    }
}
