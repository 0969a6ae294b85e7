//! `#[derive(Entity)]`: a structure as the row of a table.

mod attrs;
mod expand;
mod model;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

/// Everything that makes a structure an entity.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    match syn::parse2(input).and_then(|input| model::Entity::read(&input)) {
        Ok(entity) => expand::entity(&entity),
        Err(mistakes) => mistakes.into_compile_error(),
    }
}
