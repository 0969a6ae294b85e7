//! Where generated code finds the runtime, and how it is told to point at the user's words.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

/// The runtime's items for generated code.
pub(crate) fn private() -> TokenStream {
    private_at(Span::call_site())
}

/// The same, for code whose errors are to be shown at `span`.
pub(crate) fn private_at(span: Span) -> TokenStream {
    let span = located(span);
    quote_spanned!(span=> ::wharf::__private)
}

/// A local variable that no name of the user's can be; errors about it are shown at `span`.
pub(crate) fn local(name: &str, span: Span) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(span))
}

/// Shows errors at `span`, but resolves names where the macro was called.
///
/// The words of an item may come from different places when a `macro_rules!` wrote it; a local variable of ours that took
/// over such a word's context would not be found again.
pub(crate) fn located(span: Span) -> Span {
    Span::call_site().located_at(span)
}
