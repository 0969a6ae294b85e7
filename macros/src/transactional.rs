//! `#[transactional]`: an async function whose body runs in a unit of work.

mod attrs;
mod expand;
mod model;

#[cfg(test)]
mod tests;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Item;

use crate::{errors::Errors, function::Function};

/// The function, begun, committed and retried as its options say.
pub(crate) fn attribute(options: TokenStream, item: TokenStream) -> TokenStream {
    let function: Function = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => return no_function(item, error),
    };
    let mut errors = Errors::default();
    let options = attrs::Options::read(options, &mut errors);
    let model = model::Transactional::read(function, options, &mut errors);
    match model {
        Ok(transactional) if errors.is_empty() => expand::transactional(&transactional),
        Ok(transactional) => expand::stand_in(&transactional.function, errors),
        Err(function) => expand::stand_in(&function, errors),
    }
}

/// Leaves an item that is no function as it is, and says what it should be.
fn no_function(item: TokenStream, error: syn::Error) -> TokenStream {
    let message = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Fn(_)) | Err(_) => error,
        Ok(_) => syn::Error::new(
            Span::call_site(),
            "`#[transactional]` goes on an `async fn` with a `&UnitOfWork` parameter",
        ),
    };
    let message = message.into_compile_error();
    quote!(#message #item)
}
