//! The beginning of a name: what is done, and with how many rows.

use super::Mistake;

/// What a method does with the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Verb {
    Find,
    Get,
    Count,
    Exists,
    Delete,
}

/// How many rows are wanted at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Limit {
    First,
    Top(u64),
}

/// A name, cut into its parts.
pub(super) struct Subject<'a> {
    pub(super) verb: Verb,
    pub(super) limit: Option<Limit>,
    /// What follows `_by_`; an order may be at its end.
    pub(super) conditions: Option<&'a [&'a str]>,
    /// What follows `_order_by_` where there are no conditions.
    pub(super) orders: Option<&'a [&'a str]>,
}

const VERBS: [(&str, Verb); 5] = [
    ("find", Verb::Find),
    ("get", Verb::Get),
    ("count", Verb::Count),
    ("exists", Verb::Exists),
    ("delete", Verb::Delete),
];

impl Verb {
    /// Its word.
    pub(in super::super) fn word(self) -> &'static str {
        VERBS
            .iter()
            .find(|(_, verb)| *verb == self)
            .map(|(word, _)| *word)
            .unwrap_or_default()
    }

    /// Whether the order of rows means anything to it.
    pub(super) fn may_order(self) -> bool {
        matches!(self, Self::Find | Self::Get)
    }
}

impl<'a> Subject<'a> {
    pub(super) fn read(name: &str, words: &'a [&'a str]) -> Result<Self, Mistake> {
        let found = words.split_first().and_then(|(first, rest)| {
            Some((VERBS.iter().find(|(word, _)| word == first)?.1, rest))
        });
        let Some((verb, rest)) = found else {
            return Err(Mistake::in_name(format!(
                "`{name}` is no query: its name begins with `find_by_`, `get_by_`, `count_by_`, `exists_by_` or \
                 `delete_by_`, or it has `#[query(\"...\")]`, or a body"
            )));
        };
        let (limit, rest) = limit(verb, rest)?;
        let subject = |conditions, orders| Self {
            verb,
            limit,
            conditions,
            orders,
        };
        let rest_of_all = match rest {
            ["all", all @ ..] if verb == Verb::Find && limit.is_none() => all,
            rest => rest,
        };
        match (rest, rest_of_all) {
            (["by", conditions @ ..], _) if !conditions.is_empty() => {
                Ok(subject(Some(conditions), None))
            }
            (_, ["order", "by", orders @ ..]) if verb == Verb::Find => {
                Ok(subject(None, Some(orders)))
            }
            _ => Err(Mistake::in_name(expected(name, verb))),
        }
    }
}

/// Takes `first` or `top10` from the words.
fn limit<'a>(verb: Verb, words: &'a [&'a str]) -> Result<(Option<Limit>, &'a [&'a str]), Mistake> {
    let Some((&word, rest)) = words.split_first() else {
        return Ok((None, words));
    };
    let limit = if word == "first" {
        Limit::First
    } else if let Some(digits) = word.strip_prefix("top") {
        match digits.parse() {
            Ok(number) if number > 0 => Limit::Top(number),
            _ => {
                return Err(Mistake::in_name(
                    "how many? after `top` comes a number, as in `find_top10_by_`",
                ));
            }
        }
    } else {
        return Ok((None, words));
    };
    if verb != Verb::Find {
        return Err(Mistake::in_name(format!(
            "`_{word}` goes with `find`: `find_{word}_by_...`"
        )));
    }
    Ok((Some(limit), rest))
}

fn expected(name: &str, verb: Verb) -> String {
    let word = verb.word();
    let more = match verb {
        Verb::Find => ", `_first_by_`, `_top10_by_` or `_order_by_`",
        Verb::Get | Verb::Count | Verb::Exists | Verb::Delete => "",
    };
    format!(
        "`{name}` can't be read: after `{word}` comes `_by_` and a field{more}; for anything else there is `#[query(\"...\")]`"
    )
}
