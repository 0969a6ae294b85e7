//! `#[repository(Account)]` on a unit struct, and `#[repository]` on an `impl` block whose methods have no bodies.

mod attrs;
mod functions;
mod methods;
mod model;

#[cfg(test)]
mod tests;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Item, ItemStruct};

use crate::errors::Errors;

/// The struct with a repository's functions, or the block with every method written.
pub(crate) fn attribute(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = attrs::Arguments::read(arguments, &mut errors);
    match syn::parse2(item) {
        Ok(Item::Struct(item)) => structure(&arguments, &item, errors),
        Ok(Item::Impl(item)) => methods::block(&arguments, item, errors),
        Ok(other) => {
            errors.at(
                Span::call_site(),
                "`#[repository]` goes on a unit struct, `#[repository(Account)] struct Accounts;`, or on an `impl` block",
            );
            let errors = errors.into_tokens();
            quote!(#errors #other)
        }
        Err(error) => {
            errors.push(error);
            errors.into_tokens()
        }
    }
}

fn structure(arguments: &attrs::Arguments, item: &ItemStruct, mut errors: Errors) -> TokenStream {
    let repository = model::Repository::read(arguments, item, &mut errors);
    let functions = repository.map(|repository| functions::functions(&repository));
    let errors = errors.into_tokens();
    quote!(#item #functions #errors)
}
