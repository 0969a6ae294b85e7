//! `#[repository] impl Accounts { .. }`: writes the methods that have no body.
//!
//! `attrs` reads a method's words, `signature` what every method has in common; then `derived` reads a query out of the
//! name, by the grammar in `name`, or `query` reads SQL. `expand` writes the bodies.

mod argument;
mod attrs;
mod derived;
mod expand;
mod name;
mod query;
mod shape;
mod signature;
mod sql;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{ImplItem, ItemImpl, Type};

use self::attrs::MethodWords;
use super::attrs::Arguments;
use crate::{errors::Errors, function::Function};

/// The block, with every method written.
pub(super) fn block(arguments: &Arguments, mut item: ItemImpl, mut errors: Errors) -> TokenStream {
    check_block(arguments, &item, &mut errors);
    if !matches!(*item.self_ty, Type::Path(_)) {
        return errors.into_tokens();
    }
    let sound = errors.is_empty();
    let methods: Vec<_> = std::mem::take(&mut item.items)
        .into_iter()
        .map(|method| match method {
            ImplItem::Verbatim(tokens) => match syn::parse2::<Function>(tokens.clone()) {
                Ok(function) if sound => method_without_body(&item.self_ty, function, &mut errors),
                Ok(function) => function.stand_in(),
                Err(_) => tokens,
            },
            ImplItem::Fn(mut function) => {
                MethodWords::refuse_on_body(&mut function.attrs, &mut errors);
                function.into_token_stream()
            }
            other => other.into_token_stream(),
        })
        .collect();
    item.items = vec![ImplItem::Verbatim(quote!(#(#methods)*))];
    let errors = errors.into_tokens();
    quote!(#errors #item)
}

fn check_block(arguments: &Arguments, item: &ItemImpl, errors: &mut Errors) {
    if arguments.entity.is_some() {
        errors.on(
            &arguments.tokens,
            "the entity is named at the struct, `#[repository(Account)] struct Accounts;`: here it is `#[repository]` alone",
        );
    }
    if let Some((path, _)) = &item.trait_ {
        errors.on(
            path,
            "`#[repository]` goes on an `impl` of the repository itself, not of a trait",
        );
    }
    if !item.generics.params.is_empty() {
        errors.on(&item.generics, "a repository has no generics");
    }
    if !matches!(*item.self_ty, Type::Path(_)) {
        errors.on(&item.self_ty, "expected the name of a repository");
    }
}

/// The method with its body; a stand-in where there are mistakes.
fn method_without_body(
    repository: &Type,
    mut function: Function,
    errors: &mut Errors,
) -> TokenStream {
    let mut mistakes = Errors::default();
    let words = MethodWords::take(&mut function.attrs, &mut mistakes);
    let body = signature::Signature::read(&function.signature, &mut mistakes)
        .and_then(|signature| body(repository, &function, words, &signature, &mut mistakes));
    let tokens = match body {
        Some(body) if mistakes.is_empty() => expand::method(&function, &body),
        _ => expand::stand_in(&function),
    };
    if let Err(mistakes) = mistakes.or(Some(())) {
        errors.push(mistakes);
    }
    tokens
}

fn body(
    repository: &Type,
    function: &Function,
    words: MethodWords,
    signature: &signature::Signature,
    mistakes: &mut Errors,
) -> Option<TokenStream> {
    let method = expand::Method {
        repository,
        ident: &function.signature.ident,
        signature,
    };
    match words.query {
        Some(texts) => {
            let query = query::Query::read(&texts, &function.signature, signature, mistakes)?;
            Some(expand::query::body(&method, &query))
        }
        // A text that couldn't be read is no reason to read the name.
        None if !mistakes.is_empty() => None,
        None => {
            let derived = derived::Derived::read(&function.signature.ident, signature, mistakes)?;
            Some(expand::derived::body(&method, &derived))
        }
    }
}
