//! `#[derive(Value)]`: a newtype, or an enum without fields, as a column type.

mod attrs;
mod expand;
mod model;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

/// Everything that makes a type a column type.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    match syn::parse2(input).and_then(|input| model::Value::read(&input)) {
        Ok(value) => expand::value(&value),
        Err(mistakes) => mistakes.into_compile_error(),
    }
}
