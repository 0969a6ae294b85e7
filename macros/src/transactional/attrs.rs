//! The options of `#[transactional(..)]`.

use std::time::Duration;

use proc_macro2::TokenStream;
use syn::{Expr, LitStr};

use crate::{
    errors::Errors,
    word::{Word, set_once},
};

/// The most often that a unit of work is run again.
const MAX_RETRIES: u32 = 100;

/// The levels, as `wharf::Isolation` names them.
const ISOLATIONS: [&str; 4] = [
    "ReadUncommitted",
    "ReadCommitted",
    "RepeatableRead",
    "Serializable",
];

/// What the options say; `None` where they say nothing.
#[derive(Default)]
pub(super) struct Options {
    /// A variant of `wharf::Isolation`.
    pub(super) isolation: Option<&'static str>,
    pub(super) read_only: Option<()>,
    pub(super) timeout: Option<Duration>,
    pub(super) retry: Option<u32>,
    /// A variant of `wharf::Propagation`.
    pub(super) propagation: Option<&'static str>,
    pub(super) exactly_once: Option<Once>,
}

/// What makes two calls the same one.
pub(super) enum Once {
    /// Nothing: a call is the same as its own repetitions, and no other.
    Unkeyed,
    /// A key, which is an expression over the arguments.
    Keyed(Box<Expr>),
}

impl Options {
    /// Whether the body may run more than once.
    pub(super) fn run_again(&self) -> bool {
        self.retry.unwrap_or(0) > 0 || self.exactly_once.is_some()
    }

    /// Reads what stands in the parentheses.
    pub(super) fn read(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut options = Self::default();
        for word in Word::all_in(tokens, errors) {
            options.add(&word, errors);
        }
        options
    }

    fn add(&mut self, word: &Word, errors: &mut Errors) {
        match word.name.to_string().as_str() {
            "isolation" => {
                if let Some(place) = word.choice(&ISOLATIONS, errors) {
                    set_once(&mut self.isolation, ISOLATIONS[place], &word.name, errors);
                }
            }
            "read_only" => {
                word.flag(errors);
                set_once(&mut self.read_only, (), &word.name, errors);
            }
            "timeout" => {
                if let Some(text) = word.text("2s", errors)
                    && let Some(timeout) = duration(&text, errors)
                {
                    set_once(&mut self.timeout, timeout, &word.name, errors);
                }
            }
            "retry" => {
                if let Some(number) = word.number("5", errors) {
                    match number.base10_parse() {
                        Ok(retry) if retry <= MAX_RETRIES => {
                            set_once(&mut self.retry, retry, &word.name, errors);
                        }
                        _ => errors.at(
                            number.span(),
                            format!("`retry` is between 0 and {MAX_RETRIES}"),
                        ),
                    }
                }
            }
            "propagation" => {
                let variants = ["Nested", "Join", "RequiresNew"];
                if let Some(place) = word.choice(&["nested", "join", "requires_new"], errors) {
                    set_once(&mut self.propagation, variants[place], &word.name, errors);
                }
            }
            "exactly_once" => {
                word.no_list(errors);
                let key = word.value().cloned();
                let once = key.map_or(Once::Unkeyed, |key| Once::Keyed(Box::new(key)));
                set_once(&mut self.exactly_once, once, &word.name, errors);
            }
            _ => word.unknown(
                "option",
                &[
                    "isolation",
                    "read_only",
                    "timeout",
                    "retry",
                    "propagation",
                    "exactly_once",
                ],
                errors,
            ),
        }
    }
}

/// `"250ms"`, `"2s"` or `"1m"`.
fn duration(text: &LitStr, errors: &mut Errors) -> Option<Duration> {
    let value = text.value();
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = value.split_at(digits);
    let milliseconds = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        _ => None,
    };
    let duration = milliseconds
        .zip(number.parse::<u64>().ok())
        .and_then(|(factor, number)| number.checked_mul(factor))
        .map(Duration::from_millis);
    match duration {
        Some(duration) if !duration.is_zero() => Some(duration),
        Some(_) => {
            errors.at(text.span(), "a timeout is at least `\"1ms\"`");
            None
        }
        None => {
            errors.at(
                text.span(),
                "expected a whole number and a unit: `\"250ms\"`, `\"2s\"` or `\"1m\"`",
            );
            None
        }
    }
}
