//! One condition of a name: a field, how it is compared, and which arguments it takes.

use super::keyword::Op;
use crate::repository::methods::argument::{Argument, Form};

/// One condition on a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Condition {
    pub(in super::super) field: String,
    pub(in super::super) op: Op,
    pub(in super::super) ignore_case: bool,
}

impl Condition {
    pub(super) fn describe(&self) -> String {
        let ignore_case = if self.ignore_case { "_ignore_case" } else { "" };
        match self.op {
            Op::Eq if !self.ignore_case => format!("`{}`", self.field),
            op => format!("`{}` with `{}{ignore_case}`", self.field, op.suffix()),
        }
    }

    /// The ways to read the words of one condition, each with the number of keywords it overlooks.
    pub(super) fn readings(words: &[&str]) -> Vec<(Self, usize)> {
        let mut found = Vec::new();
        let mut read = |words: &[&str], ignore_case: bool, overlooked: usize| {
            let suffixes = Op::suffixes_of(words);
            let plain = (words, Op::Eq);
            for (cost, (field, op)) in suffixes.into_iter().chain([plain]).enumerate() {
                let condition = Self {
                    field: field.join("_"),
                    op,
                    ignore_case,
                };
                found.push((condition, cost + overlooked));
            }
        };
        match words {
            [field @ .., "ignore", "case"] if !field.is_empty() => {
                read(field, true, 0);
                read(words, false, 1);
            }
            words => read(words, false, 0),
        }
        found
    }

    /// Why it can't take these arguments: which one, and what is wrong with it.
    pub(super) fn refuses(&self, arguments: &[Argument]) -> Option<(usize, String)> {
        arguments
            .iter()
            .enumerate()
            .find_map(|(place, argument)| Some((place, self.refuses_one(argument)?)))
    }

    fn refuses_one(&self, argument: &Argument) -> Option<String> {
        let (op, name) = (self.op, &argument.name);
        let is_text = op.compares_text() || self.ignore_case;
        match argument.form {
            Form::Slice | Form::Collection if !op.takes_list() => Some(format!(
                "a list goes with `_in` or `_not_in`, as in `{}_in`",
                self.field
            )),
            Form::Slice => None,
            _ if op.takes_list() => {
                Some(format!("`{}` takes a slice: `{name}: &[T]`", op.suffix()))
            }
            Form::Bytes | Form::Number if is_text => {
                let suffix = if self.ignore_case {
                    "_ignore_case".to_owned()
                } else {
                    op.suffix()
                };
                Some(format!("`{suffix}` compares texts: `{name}: &str`"))
            }
            _ => None,
        }
    }

    /// Whether its argument is called like its field.
    pub(super) fn is_named_by(&self, arguments: &[Argument]) -> bool {
        match arguments {
            [only] if self.op.takes_list() => {
                only.name == self.field || only.name.strip_suffix('s') == Some(&self.field)
            }
            [only] => only.name == self.field,
            _ => false,
        }
    }
}
