//! The conditions of a name, and the choice between the ways to read them.

use super::{Mistake, Place, condition::Condition, order, order::Sort};
use crate::repository::methods::argument::Argument;

/// One way to read what follows `_by_`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) conditions: Vec<Vec<Condition>>,
    pub(super) orders: Vec<Sort>,
    /// How many fields are called like their argument.
    named: usize,
    /// How many keywords were taken for a part of a field's name.
    cost: usize,
}

/// Gives up on names that can be read in more ways than anybody would want to know.
const MAX_STEPS: usize = 20_000;

impl Reading {
    /// The reading that fits the arguments best.
    pub(super) fn best(
        name: &str,
        words: &[&str],
        may_order: bool,
        arguments: &[Argument],
    ) -> Result<Self, Mistake> {
        let mut search = Search {
            words,
            may_order,
            arguments,
            found: Vec::new(),
            steps: 0,
        };
        search.from(0, Self::default(), 0);
        if search.steps > MAX_STEPS {
            return Err(Mistake::in_name(
                "this name can be read in too many ways: write `#[query(\"...\")]`",
            ));
        }
        let mut found = search.found;
        found.sort_by_key(|reading| (usize::MAX - reading.named, reading.cost));
        match &found[..] {
            [] => Err(why_none(name, words, may_order, arguments)),
            [one, other, ..] if (one.named, one.cost) == (other.named, other.cost) => {
                Err(Mistake::in_name(format!(
                    "`{name}` can be read as {} and as {}: name the arguments like the fields",
                    one.describe(),
                    other.describe()
                )))
            }
            [best, ..] => Ok(best.clone()),
        }
    }

    fn describe(&self) -> String {
        let all = |conditions: &Vec<Condition>| {
            let conditions: Vec<_> = conditions.iter().map(Condition::describe).collect();
            conditions.join(" and ")
        };
        let any: Vec<_> = self.conditions.iter().map(all).collect();
        any.join(" or ")
    }

    /// The same with one more condition, which begins a new alternative or joins the last one.
    fn with(&self, condition: Condition, joins: bool) -> Self {
        let mut longer = self.clone();
        match longer.conditions.last_mut() {
            Some(last) if joins => last.push(condition),
            _ => longer.conditions.push(vec![condition]),
        }
        longer
    }
}

/// What ends a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Name,
    And,
    Or,
    OrderBy,
}

impl End {
    /// What ends a condition before a place; a keyword is one only if something follows it.
    fn at(words: &[&str], place: usize, may_order: bool) -> Option<Self> {
        match words.get(place..)? {
            [] => Some(Self::Name),
            ["and", _, ..] => Some(Self::And),
            ["or", _, ..] => Some(Self::Or),
            ["order", "by", _, ..] if may_order => Some(Self::OrderBy),
            _ => None,
        }
    }
}

/// The search for the readings that fit the arguments.
struct Search<'a> {
    words: &'a [&'a str],
    may_order: bool,
    arguments: &'a [Argument],
    found: Vec<Reading>,
    steps: usize,
}

impl Search<'_> {
    /// Reads on from a place, where a condition begins.
    fn from(&mut self, start: usize, so_far: Reading, used: usize) {
        let mut overlooked = 0;
        for place in start + 1..=self.words.len() {
            let Some(end) = End::at(self.words, place, self.may_order) else {
                continue;
            };
            let joins = start > 0 && self.words[start - 1] == "and";
            for (condition, cost) in Condition::readings(&self.words[start..place]) {
                self.steps += 1;
                if self.steps > MAX_STEPS {
                    return;
                }
                let until = used + condition.op.arity();
                let Some(arguments) = self.arguments.get(used..until) else {
                    continue;
                };
                let unfit = condition.ignore_case && !condition.op.may_ignore_case();
                if unfit || condition.refuses(arguments).is_some() {
                    continue;
                }
                let named = usize::from(condition.is_named_by(arguments));
                let mut longer = so_far.with(condition, joins);
                longer.named += named;
                longer.cost += cost + overlooked;
                self.go_on(end, place, longer, until);
            }
            overlooked += 1;
        }
    }

    fn go_on(&mut self, end: End, place: usize, mut reading: Reading, used: usize) {
        match end {
            End::And | End::Or => self.from(place + 1, reading, used),
            End::Name | End::OrderBy if used < self.arguments.len() => {}
            End::Name => self.found.push(reading),
            End::OrderBy => {
                if let Some(orders) = order::read(&self.words[place + 2..]) {
                    reading.orders = orders;
                    self.found.push(reading);
                }
            }
        }
    }
}

/// Why no reading fits, told by the one that takes every word that can be a keyword for one.
fn why_none(name: &str, words: &[&str], may_order: bool, arguments: &[Argument]) -> Mistake {
    let mut conditions = Vec::new();
    let mut start = 0;
    for place in 1..=words.len() {
        let Some(end) = End::at(words, place, may_order) else {
            continue;
        };
        if place <= start {
            return Mistake::in_name(format!(
                "`{name}` leaves out a field: each `_and_` and `_or_` joins two"
            ));
        }
        conditions.extend(Condition::readings(&words[start..place]).into_iter().next());
        start = place + 1;
        if end == End::OrderBy {
            if order::read(&words[place + 2..]).is_none() {
                return Mistake::in_name(format!(
                    "after `_order_by_` come fields with `_asc` or `_desc`, joined by `_and_`: `{name}` leaves one out"
                ));
            }
            break;
        }
    }
    let mut wanted = Vec::new();
    for (condition, _) in &conditions {
        if condition.ignore_case && !condition.op.may_ignore_case() {
            return Mistake::in_name(format!(
                "`_ignore_case` compares texts, and `{}` doesn't",
                condition.op.suffix()
            ));
        }
        let field = &condition.field;
        match condition.op.arity() {
            0 => {}
            1 => wanted.push(format!("`{field}`")),
            _ => wanted.extend([format!("`{field}` from"), format!("`{field}` to")]),
        }
    }
    if wanted.len() != arguments.len() {
        let wanted_list = if wanted.is_empty() {
            String::new()
        } else {
            format!(" ({})", wanted.join(", "))
        };
        return Mistake::in_name(format!(
            "`{name}` takes {}{wanted_list} after where to run, and has {}",
            count(wanted.len()),
            arguments.len()
        ));
    }
    let mut used = 0;
    for (condition, _) in &conditions {
        let until = used + condition.op.arity();
        if let Some((place, message)) = condition.refuses(&arguments[used..until]) {
            return Mistake {
                place: Place::Argument(used + place),
                message,
            };
        }
        used = until;
    }
    Mistake::in_name(format!("`{name}` can't be read: write `#[query(\"...\")]`"))
}

fn count(arguments: usize) -> String {
    match arguments {
        0 => "no argument".to_owned(),
        1 => "1 argument".to_owned(),
        many => format!("{many} arguments"),
    }
}
