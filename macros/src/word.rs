//! The words of an attribute: `word`, `word = value` and `word(…)`.

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, Expr, ExprLit, Ident, Lit, LitInt, LitStr, Meta, Token,
    ext::IdentExt as _,
    parenthesized,
    parse::{Parse, ParseStream, Parser as _},
    punctuated::Punctuated,
    token::Paren,
};

use crate::{errors::Errors, suggest::alternatives};

/// One word of an attribute, with what it was given.
pub(crate) struct Word {
    pub(crate) name: Ident,
    given: Given,
}

enum Given {
    Nothing,
    Value(Box<Expr>),
    List,
}

impl Parse for Word {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(Ident::parse_any)?;
        let given = if input.parse::<Option<Token![=]>>()?.is_some() {
            Given::Value(input.parse()?)
        } else if input.peek(Paren) {
            let list;
            parenthesized!(list in input);
            list.parse::<TokenStream>()?;
            Given::List
        } else {
            Given::Nothing
        };
        Ok(Self { name, given })
    }
}

impl Word {
    /// The words of `#[name(word, ..)]`; a syntax error ends the attribute, and is noted.
    pub(crate) fn all(attribute: &Attribute, errors: &mut Errors) -> Vec<Self> {
        match &attribute.meta {
            Meta::Path(_) => Vec::new(),
            Meta::List(list) => Self::all_in(list.tokens.clone(), errors),
            Meta::NameValue(pair) => {
                let name = path_name(&pair.path);
                errors.on(pair, format!("expected `#[{name}(...)]`"));
                Vec::new()
            }
        }
    }

    /// The words of a list without its parentheses.
    pub(crate) fn all_in(tokens: TokenStream, errors: &mut Errors) -> Vec<Self> {
        match Punctuated::<Self, Token![,]>::parse_terminated.parse2(tokens) {
            Ok(words) => words.into_iter().collect(),
            Err(error) => {
                errors.push(error);
                Vec::new()
            }
        }
    }

    /// Where it stands.
    pub(crate) fn span(&self) -> Span {
        self.name.span()
    }

    /// Notes that it was given something and takes nothing.
    pub(crate) fn flag(&self, errors: &mut Errors) {
        match &self.given {
            Given::Value(value) => errors.on(value, format!("`{}` takes no value", self.name)),
            _ => self.no_list(errors),
        }
    }

    /// Notes that it was given a list and takes none.
    pub(crate) fn no_list(&self, errors: &mut Errors) {
        if let Given::List = self.given {
            errors.at(self.span(), format!("`{}` takes no list", self.name));
        }
    }

    /// The value it was given, if any.
    pub(crate) fn value(&self) -> Option<&Expr> {
        match &self.given {
            Given::Value(value) => Some(value),
            _ => None,
        }
    }

    /// The string it was given; otherwise notes what was expected.
    pub(crate) fn text(&self, example: &str, errors: &mut Errors) -> Option<LitStr> {
        match self.literal() {
            Some(Lit::Str(text)) => Some(text.clone()),
            _ => self.expected(&format!("{} = \"{example}\"", self.name), errors),
        }
    }

    /// The whole number it was given; otherwise notes what was expected.
    pub(crate) fn number(&self, example: &str, errors: &mut Errors) -> Option<LitInt> {
        match self.literal() {
            Some(Lit::Int(number)) => Some(number.clone()),
            _ => self.expected(&format!("{} = {example}", self.name), errors),
        }
    }

    /// The place of the word it was given among those it may be given; otherwise notes them.
    pub(crate) fn choice(&self, choices: &[&str], errors: &mut Errors) -> Option<usize> {
        let chosen = match &self.given {
            Given::Value(value) => match ungrouped(value) {
                Expr::Path(path) => path.path.segments.last().map(|last| &last.ident),
                _ => None,
            },
            _ => None,
        };
        let place = chosen.and_then(|chosen| choices.iter().position(|choice| chosen == choice));
        if place.is_none() {
            let message = format!("`{}` is {}", self.name, alternatives(choices));
            match &self.given {
                Given::Value(value) => errors.on(value, message),
                _ => errors.at(self.span(), message),
            }
        }
        place
    }

    /// Notes that there is no such word.
    pub(crate) fn unknown(&self, what: &str, known: &[&str], errors: &mut Errors) {
        let known = match known {
            [only] => format!("`{only}`"),
            many => format!("one of {}", alternatives(many)),
        };
        errors.at(
            self.span(),
            format!("unknown {what} `{}`, expected {known}", self.name),
        );
    }

    /// Notes that there is such a word, but not yet.
    pub(crate) fn not_supported_yet(&self, errors: &mut Errors) {
        errors.at(self.span(), format!("`{}` is not supported yet", self.name));
    }

    fn literal(&self) -> Option<&Lit> {
        match &self.given {
            Given::Value(value) => match ungrouped(value) {
                Expr::Lit(ExprLit { lit, .. }) => Some(lit),
                _ => None,
            },
            _ => None,
        }
    }

    fn expected<T>(&self, form: &str, errors: &mut Errors) -> Option<T> {
        let message = format!("expected `{form}`");
        match &self.given {
            Given::Value(value) => errors.on(value, message),
            _ => errors.at(self.span(), message),
        }
        None
    }
}

/// Keeps the first of two, and notes the second.
pub(crate) fn set_once<T>(slot: &mut Option<T>, value: T, word: &Ident, errors: &mut Errors) {
    if slot.is_some() {
        errors.at(word.span(), format!("`{word}` is given twice"));
    } else {
        *slot = Some(value);
    }
}

/// An expression without the invisible group in which `macro_rules!` hands it on.
pub(crate) fn ungrouped(mut expression: &Expr) -> &Expr {
    while let Expr::Group(group) = expression {
        expression = &group.expr;
    }
    expression
}

/// The last name of a path.
pub(crate) fn path_name(path: &syn::Path) -> String {
    path.segments
        .last()
        .map(|last| last.ident.unraw().to_string())
        .unwrap_or_default()
}
