//! The grammar of derived names: `find_by_owner_and_balance_gte_order_by_id_desc`.
//!
//! A name is verb, conditions and orders, in words between `_`. A word such as `and` or `in` may also be a part of a
//! field's name, and which fields there are can't be seen here. So `reading` makes the readings that the arguments allow,
//! and takes the one whose fields are called like the arguments, else the one that takes the most words for keywords.
//! That the fields exist is checked by the compiler, in what is generated.

mod condition;
mod keyword;
mod order;
mod reading;
mod subject;

#[cfg(test)]
mod tests;

pub(super) use condition::Condition;
pub(super) use keyword::Op;
pub(super) use order::Sort;
pub(super) use subject::{Limit, Verb};

use self::{reading::Reading, subject::Subject};
use super::argument::Argument;

/// A name, as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) verb: Verb,
    pub(super) limit: Option<Limit>,
    /// Any of these, of each all; empty when every row is meant.
    pub(super) conditions: Vec<Vec<Condition>>,
    pub(super) orders: Vec<Sort>,
}

/// Why a name isn't understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) place: Place,
    pub(super) message: String,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The name itself.
    Name,
    /// The type of the argument at this place.
    Argument(usize),
}

impl Mistake {
    fn in_name(message: impl Into<String>) -> Self {
        Self {
            place: Place::Name,
            message: message.into(),
        }
    }
}

impl Name {
    /// # Errors
    /// When the name isn't in the grammar, no reading fits the arguments, or two fit equally well.
    pub(super) fn read(name: &str, arguments: &[Argument]) -> Result<Self, Mistake> {
        let words: Vec<&str> = name.split('_').collect();
        if words.iter().any(|word| word.is_empty()) {
            return Err(Mistake::in_name(format!(
                "`{name}` has an empty word: there is one `_` between words, and none at an end"
            )));
        }
        let Subject {
            verb,
            limit,
            conditions,
            orders,
        } = Subject::read(name, &words)?;
        let reading = match conditions {
            Some(words) => Reading::best(name, words, verb.may_order(), arguments)?,
            None if arguments.is_empty() => Reading::default(),
            None => {
                return Err(Mistake {
                    place: Place::Argument(0),
                    message: format!("`{name}` has no condition that takes an argument"),
                });
            }
        };
        let orders = match orders {
            Some(words) => order::read(words).ok_or_else(|| {
                Mistake::in_name(format!(
                    "after `_order_by_` come fields with `_asc` or `_desc`, joined by `_and_`: `{name}` leaves one out"
                ))
            })?,
            None => reading.orders,
        };
        if let Some(limit) = limit
            && orders.is_empty()
        {
            return Err(Mistake::in_name(match limit {
                Limit::First => "which one is first is arbitrary: add `_order_by_...`".to_owned(),
                Limit::Top(number) => {
                    format!("which {number} are the top is arbitrary: add `_order_by_...`")
                }
            }));
        }
        Ok(Self {
            verb,
            limit,
            conditions: reading.conditions,
            orders,
        })
    }
}
