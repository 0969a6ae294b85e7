//! The mistakes found in one item, so that all of them are reported at once.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    all: Option<syn::Error>,
}

impl Errors {
    /// A mistake at one word.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// A mistake that is a whole phrase.
    pub(crate) fn on(&mut self, phrase: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(phrase, message));
    }

    /// A mistake that was found elsewhere.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.all {
            Some(all) => all.combine(error),
            None => self.all = Some(error),
        }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_none()
    }

    /// The value if there are no mistakes, all of them otherwise.
    pub(crate) fn or<T>(self, value: Option<T>) -> syn::Result<T> {
        match (self.all, value) {
            (Some(all), _) => Err(all),
            (None, Some(value)) => Ok(value),
            (None, None) => Err(syn::Error::new(
                Span::call_site(),
                "this can't be read, and no reason was found: please report it",
            )),
        }
    }

    /// One `compile_error!` for each mistake.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.all
            .map(syn::Error::into_compile_error)
            .unwrap_or_default()
    }
}
