//! The words of `#[column(..)]`.

use proc_macro2::Span;
use syn::{Attribute, LitStr};

use crate::{
    errors::Errors,
    word::{Word, set_once},
};

/// What `#[column(..)]` says about a field.
#[derive(Default)]
pub(crate) struct ColumnWords {
    pub(crate) name: Option<LitStr>,
    pub(crate) json: Option<Span>,
    pub(crate) skip: Option<Span>,
}

impl ColumnWords {
    /// Adds the words of one attribute.
    pub(crate) fn read(&mut self, attribute: &Attribute, errors: &mut Errors) {
        for word in Word::all(attribute, errors) {
            match word.name.to_string().as_str() {
                "name" => {
                    if let Some(name) = word.text("owner_name", errors) {
                        set_once(&mut self.name, name, &word.name, errors);
                    }
                }
                "json" => {
                    word.flag(errors);
                    set_once(&mut self.json, word.span(), &word.name, errors);
                }
                "skip" => {
                    word.flag(errors);
                    set_once(&mut self.skip, word.span(), &word.name, errors);
                }
                _ => word.unknown(
                    "column attribute",
                    &["name = \"...\"", "json", "skip"],
                    errors,
                ),
            }
        }
    }
}
