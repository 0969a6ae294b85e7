//! The words of `#[value(..)]`, on a type and on a variant.

use proc_macro2::Span;
use syn::{Attribute, LitStr};

use crate::{
    case::Case,
    errors::Errors,
    suggest::alternatives,
    word::{Word, set_once},
};

/// What `#[value(..)]` says about a type.
#[derive(Debug, Default)]
pub(super) struct TypeWords {
    pub(super) rename_all: Option<(Span, Case)>,
    pub(super) integer: Option<Span>,
}

impl TypeWords {
    pub(super) fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut words = Self::default();
        for word in value_words(attributes, errors) {
            match word.name.to_string().as_str() {
                "rename_all" => {
                    if let Some(text) = word.text("snake_case", errors)
                        && let Some(case) = case(&text, errors)
                    {
                        set_once(
                            &mut words.rename_all,
                            (word.span(), case),
                            &word.name,
                            errors,
                        );
                    }
                }
                "integer" => {
                    word.flag(errors);
                    set_once(&mut words.integer, word.span(), &word.name, errors);
                }
                _ => word.unknown(
                    "value attribute",
                    &["rename_all = \"...\"", "integer"],
                    errors,
                ),
            }
        }
        words
    }
}

fn case(text: &LitStr, errors: &mut Errors) -> Option<Case> {
    let case = Case::named(&text.value());
    if case.is_none() {
        let known = Case::ALL.map(|(name, _)| name);
        errors.at(
            text.span(),
            format!("expected one of {}", alternatives(&known)),
        );
    }
    case
}

/// The name that `#[value(name = "..")]` gives a variant.
pub(super) fn variant_name(attributes: &[Attribute], errors: &mut Errors) -> Option<LitStr> {
    let mut name = None;
    for word in value_words(attributes, errors) {
        if word.name == "name" {
            if let Some(text) = word.text("in transit", errors) {
                set_once(&mut name, text, &word.name, errors);
            }
        } else {
            word.unknown("variant attribute", &["name = \"...\""], errors);
        }
    }
    name
}

/// Notes words on a field: it has none.
pub(super) fn refuse_on_field(attributes: &[Attribute], errors: &mut Errors) {
    for attribute in attributes {
        if attribute.path().is_ident("value") {
            errors.on(attribute, "a field of a newtype has no `#[value(...)]`");
        }
    }
}

fn value_words(attributes: &[Attribute], errors: &mut Errors) -> Vec<Word> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("value"))
        .flat_map(|attribute| Word::all(attribute, errors))
        .collect()
}
