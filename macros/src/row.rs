//! `#[derive(Row)]`: a structure of a row's columns, by their names.

mod expand;
mod model;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

/// Everything that lets a structure be read from a row.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    match syn::parse2(input).and_then(|input| model::Row::read(&input)) {
        Ok(row) => expand::row(&row),
        Err(mistakes) => mistakes.into_compile_error(),
    }
}
